package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ollama/ollama/api"
)

// Request is one call of a model: a system and a user message, and how to
// answer. All calls of a run send the same Model, NumCtx and KeepAlive: another
// NumCtx makes the server reload the model, for everybody.
type Request struct {
	Model        string
	System       string // empty: no system message, so the model's own if it has one
	User         []byte // text, not JSON; read until Chat returns
	Format       []byte // JSON Schema of the reply, an object; empty: free text; read until Chat returns
	NumCtx       int    // tokens of prompt and reply together; 0: as the server is set
	NumPredict   int    // tokens of the reply at most; 0: as the server is set
	Temperature  float64
	Seed         int
	Think        string // JSON value as Model.ThinkValue gives it; empty: left out
	LogProbs     bool   // the probability of each token of the reply is told
	Alternatives int    // with LogProbs: tokens that are named in the place of each, at most MostAlternatives
	KeepAlive    string // JSON value as ParseKeepAlive gives it; empty: left out
	Left         int    // calls that are on their way or to come, with this one; 0: not known
}

// ParseKeepAlive reads how long a model stays loaded after a call, a duration
// (5m) or a number of seconds, below 0 for ever, and returns it as the JSON
// value for Request.KeepAlive. Empty stays empty: as the server is set.
func ParseKeepAlive(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return strconv.FormatInt(n, 10), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return "", fmt.Errorf("invalid keep-alive %q (want a duration like 5m or a number of seconds)", s)
	}
	return jsonString(d.String()), nil
}

// jsonString is s as a JSON value.
func jsonString(s string) string {
	text, _ := json.Marshal(s) // a string has always a value
	return string(text)
}

// Think is what the user wants of a model that can think before it answers.
type Think string

const (
	ThinkAuto Think = ""      // not to think, as far as the model can be told
	ThinkOn   Think = "true"  // to think
	ThinkOff  Think = "false" // the same as ThinkAuto
)

// ParseThink reads auto, true, false or a level that some models have: low,
// medium, high, max.
func ParseThink(s string) (Think, error) {
	switch s {
	case "", "auto":
		return ThinkAuto, nil
	case "true", "false", "low", "medium", "high", "max":
		return Think(s), nil
	}
	return "", fmt.Errorf("unknown think value %q (want auto, true, false, low, medium, high or max)", s)
}

// chatRequest is the body of a call of /api/chat without its format: the part of
// api.ChatRequest that PRISM sends, with values that are JSON already as they are.
type chatRequest struct {
	Model       string          `json:"model"`
	Messages    []api.Message   `json:"messages"`
	Stream      bool            `json:"stream"`
	Truncate    *bool           `json:"truncate,omitempty"`
	Shift       *bool           `json:"shift,omitempty"`
	Think       json.RawMessage `json:"think,omitempty"`
	LogProbs    bool            `json:"logprobs,omitempty"`
	TopLogProbs int             `json:"top_logprobs,omitempty"`
	KeepAlive   json.RawMessage `json:"keep_alive,omitempty"`
	Options     chatOptions     `json:"options"`
}

type chatOptions struct {
	// RepeatPenalty is always 1: the 1.1 over the last 64 tokens that servers up
	// to 0.24 use unasked makes a label less likely that a row before had, too.
	RepeatPenalty float64 `json:"repeat_penalty"`
	Temperature   float64 `json:"temperature"`
	Seed          int     `json:"seed"`
	NumCtx        int     `json:"num_ctx,omitempty"`
	NumPredict    int     `json:"num_predict,omitempty"`
}

// encodeRequest returns the body of a call of /api/chat. Servers that do not
// know truncate and shift (knowsTruncate false) do not get them. What comes
// before the user message is the same in all calls of a run.
func encodeRequest(r *Request, knowsTruncate bool) ([]byte, error) {
	body := chatRequest{
		Model:    r.Model,
		LogProbs: r.LogProbs, TopLogProbs: r.Alternatives,
		Think:     json.RawMessage(r.Think),
		KeepAlive: json.RawMessage(r.KeepAlive),
		Options: chatOptions{RepeatPenalty: 1, Temperature: r.Temperature, Seed: r.Seed,
			NumCtx: r.NumCtx, NumPredict: r.NumPredict},
	}
	if r.System != "" {
		body.Messages = append(body.Messages, api.Message{Role: "system", Content: r.System})
	}
	body.Messages = append(body.Messages, api.Message{Role: "user", Content: string(r.User)})
	if knowsTruncate {
		body.Truncate, body.Shift = new(bool), new(bool)
	}
	return encodeWithFormat(&body, r, `,"format":`, `}`)
}

// encodeWithFormat encodes the body of a call, with r's format at its end between two
// texts that make it a member. The format is most of a body, and JSON already: it is
// appended as it is, for a fraction of what encoding/json takes to write it or a parser to
// read it again. Whoever makes it answers for it.
func encodeWithFormat(body any, r *Request, before, after string) ([]byte, error) {
	if n := len(r.Format); n > 0 && (r.Format[0] != '{' || r.Format[n-1] != '}') {
		return nil, errors.New("encode request: the format is not a JSON object")
	}
	var out bytes.Buffer
	out.Grow(len(r.System) + len(r.User) + len(r.Format) + 1024) // nearly all of it
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	if len(r.Format) > 0 {
		out.Truncate(out.Len() - len("}\n"))
		out.WriteString(before)
		out.Write(r.Format)
		out.WriteString(after)
	}
	return out.Bytes(), nil
}
