package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	fastjson "github.com/go-json-experiment/json"
)

// Reply is what the model answered and what the server says it took.
type Reply struct {
	Text         string  // the content as the model gave it; may be empty; thinking is dropped
	Thought      bool    // the model thought before it answered
	LogProbs     []Token // what the model wrote, thinking included where the server tells of it; nil: the server did not tell
	DoneReason   string  // Stop, Length or Repeat; a server may have others
	Host         string  // who answered
	RemoteHost   string  // the server that it passed the call on to; empty: none
	PromptTokens int     // -1: not said, like the two below
	CachedTokens int     // those of the prompt that were in the server's cache; then PromptEval covers the others
	Tokens       int     // generated
	// Time in the server; -1: not said. Total covers waiting for a slot, too.
	Total, Load, PromptEval, Eval time.Duration
}

// Why a reply ended.
const (
	Stop   = "stop"   // the model was done
	Length = "length" // cut at NumPredict or at the end of the context; the same call gives the same cut
	Repeat = "repeat" // the server gave up on a model that repeated one token; ours, servers say it in other ways
)

// chatResponse is the body of an answer of /api/chat. A field that is absent or
// has another type keeps the value it had before; api.ChatResponse, which cannot
// tell an absent count from 0, is of no use here. Counts and nanoseconds are
// floats because any JSON number fits one.
type chatResponse struct {
	Message struct {
		Content  string `json:"content"`
		Thinking string `json:"thinking"`
	} `json:"message"`
	RemoteHost   string          `json:"remote_host"`
	Done         bool            `json:"done"`
	DoneReason   string          `json:"done_reason"`
	Error        json.RawMessage `json:"error"`
	LogProbs     tokenList       `json:"logprobs"`
	PromptTokens float64         `json:"prompt_eval_count"`
	CachedTokens float64         `json:"prompt_eval_cached_count"`
	Tokens       float64         `json:"eval_count"`
	Total        float64         `json:"total_duration"`
	Load         float64         `json:"load_duration"`
	PromptEval   float64         `json:"prompt_eval_duration"`
	Eval         float64         `json:"eval_duration"`
}

// newChatResponse returns a response that says nothing.
func newChatResponse() *chatResponse {
	return &chatResponse{PromptTokens: -1, CachedTokens: -1, Tokens: -1, Total: -1, Load: -1, PromptEval: -1, Eval: -1}
}

// decodeChat reads a body: one object, or several where a server streams though
// told not to. Then the message is that of all parts together.
func decodeChat(body []byte) (*chatResponse, error) {
	r := newChatResponse()
	if fastjson.Unmarshal(body, r, fastjson.MatchCaseInsensitiveNames(true)) == nil { // one object, as nearly always: in half the time
		return r, nil
	}
	r = newChatResponse()
	var text strings.Builder
	var tokens tokenList
	thinking := ""
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		r.Message.Content, r.Message.Thinking, r.LogProbs = "", "", nil
		err := d.Decode(r)
		if err == io.EOF {
			r.Message.Content, r.Message.Thinking, r.LogProbs = text.String(), thinking, tokens
			return r, nil
		}
		var typed *json.UnmarshalTypeError
		if err != nil && !(errors.As(err, &typed) && typed.Field != "") {
			return nil, err
		}
		text.WriteString(r.Message.Content)
		thinking = cmp.Or(thinking, r.Message.Thinking)
		tokens = append(tokens, r.LogProbs...)
	}
}

// hasError reports whether the server says that something went wrong.
func (r *chatResponse) hasError() bool {
	return len(r.Error) > 0 && string(r.Error) != "null" && string(r.Error) != `""`
}

func (r *chatResponse) reply(host string) *Reply {
	return &Reply{
		Text: r.Message.Content, DoneReason: r.DoneReason, Host: host, RemoteHost: r.RemoteHost,
		Thought:      r.Message.Thinking != "" || beginsWithThinking(r.Message.Content),
		LogProbs:     r.LogProbs,
		PromptTokens: tokenCount(r.PromptTokens), CachedTokens: tokenCount(r.CachedTokens), Tokens: tokenCount(r.Tokens),
		Total: time.Duration(toInt64(r.Total)), Load: time.Duration(toInt64(r.Load)),
		PromptEval: time.Duration(toInt64(r.PromptEval)), Eval: time.Duration(toInt64(r.Eval)),
	}
}

// Models whose template Ollama does not know write their thinking into the text,
// between these.
const thinkStart, thinkEnd = "<think>", "</think>"

func beginsWithThinking(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), thinkStart)
}

// CutWhileThinking tells a reply that ended at a bound before the answer began.
func (r *Reply) CutWhileThinking() bool {
	text := strings.TrimSpace(r.Text)
	return r.Thought && r.DoneReason == Length &&
		(text == "" || strings.HasPrefix(text, thinkStart) && !strings.Contains(text, thinkEnd))
}

// maxTokens is more than any context has. A server may say more; sums of what is
// kept do not overflow.
const maxTokens = 1 << 30

func tokenCount(n float64) int { return int(min(toInt64(n), maxTokens)) }

// toInt64 returns -1 for a number that is negative or too large.
func toInt64(f float64) int64 {
	if f < 0 || f >= 1<<62 {
		return -1
	}
	return int64(f)
}

// readReply makes a Reply of a body, or the error that it tells.
func readReply(host, model string, status int, body []byte) (*Reply, error) {
	fail := func(class Class, err error) (*Reply, error) {
		return nil, &Error{Class: class, Status: status, Host: host, Model: model, Op: opChat, Err: err}
	}
	failWithText := func(text string) (*Reply, error) {
		return fail(classOfStatus(status, text), &statusText{status: status, text: text})
	}
	if status < 200 || status > 299 {
		text := errorText(body)
		if status == http.StatusInternalServerError && strings.Contains(text, repeatText) {
			r := newChatResponse()
			r.DoneReason = Repeat
			return r.reply(host), nil
		}
		return failWithText(text)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return fail(Transient, errors.New("the reply is empty"))
	}
	r, err := decodeChat(body)
	switch {
	case err != nil:
		return fail(Transient, fmt.Errorf("the reply is not JSON: %w: %q", err, excerpt(body)))
	case r.hasError():
		return failWithText(errorMessage(r.Error))
	case !r.Done && repeatsToken(r.Message.Content):
		r.DoneReason = Repeat
	case !r.Done:
		return fail(Transient, errors.New("the reply ends without done"))
	case r.DoneReason == "load" || r.DoneReason == "unload":
		return fail(Transient, fmt.Errorf("the server did not ask the model (done_reason %q)", r.DoneReason))
	}
	return r.reply(host), nil
}

// repeatsToken tells a text at whose end one token stands over and over. Servers
// up to 0.24 end such a reply after 30 of them by leaving it without done; a text
// of a reply that broke off for another reason does not look like this.
func repeatsToken(text string) bool {
	const times, longest = 30, 40
	if len(text)-len(strings.TrimRight(text, " \t\r\n")) >= times {
		return true
	}
	tail := strings.Join(strings.Fields(text[max(0, len(text)-2*times*longest):]), "")
	for size := 1; size <= longest && size*times <= len(tail); size++ {
		end := tail[len(tail)-size*times:]
		if end[size:] == end[:len(end)-size] {
			return true
		}
	}
	return false
}
