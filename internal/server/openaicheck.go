package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// modelList is the answer of /models. Servers say how long a prompt and its reply may
// be in their own way.
type modelList struct {
	Data []struct {
		ID          string `json:"id"`
		MaxModelLen int    `json:"max_model_len"` // vLLM
		Meta        struct {
			Context int `json:"n_ctx"` // llama.cpp's server
		} `json:"meta"`
	} `json:"data"`
}

// checkModel asks a host whether it has the model and how long its prompts may be. A
// host that is an Ollama server is refused: its /v1 cuts over-long prompts and says
// nothing.
func (a openAI) checkModel(ctx context.Context, h *host, model string, timeout time.Duration) (*Model, error) {
	version, err := h.ollamaVersion(ctx, timeout)
	if err != nil {
		return nil, err
	}
	if version != "" && !a.allowTruncation {
		return nil, &Error{Class: CutsPrompts, Host: h.name, Op: opModels, cause: OllamaInDisguise, Err: fmt.Errorf(
			"this is an Ollama server (version %s), which cuts over-long prompts silently under /v1", excerpt([]byte(version)))}
	}
	listed, err := h.askModels(ctx, timeout)
	if err != nil {
		return nil, err
	}
	for _, m := range listed.Data {
		if m.ID == model || version != "" && fullName(m.ID) == fullName(model) {
			h.context = max(m.MaxModelLen, m.Meta.Context, 0)
			return &Model{Name: model, ContextLength: h.context, ServerVersion: version, mayTurnThinkingOff: true}, nil
		}
	}
	return nil, &Error{Class: MissingModel, Status: http.StatusOK, Host: h.name, Model: model, Op: opModels,
		Have: listed.names(), Err: errors.New("not in the list of its models")}
}

func (openAI) listModels(ctx context.Context, h *host, timeout time.Duration) ([]string, error) {
	listed, err := h.askModels(ctx, timeout)
	if err != nil {
		return nil, err
	}
	return listed.names(), nil
}

func (l *modelList) names() []string {
	names := make([]string, len(l.Data))
	for i, m := range l.Data {
		names[i] = m.ID
	}
	return names
}

const opModels = "models"

// askModels asks for the list of models.
func (h *host) askModels(ctx context.Context, timeout time.Duration) (*modelList, error) {
	var listed modelList
	err := h.get(ctx, h.name+"/models", &listed)
	if err == nil && listed.Data == nil {
		err = errNoModels
	}
	if err != nil {
		return nil, h.apiError(ctx, opModels, err, timeout)
	}
	return &listed, nil
}

var errNoModels = errors.New("no list of models in the answer")

// ollamaVersion is the version of the Ollama server that a host is, empty for others.
func (h *host) ollamaVersion(ctx context.Context, timeout time.Duration) (string, error) {
	var answer struct {
		Version string `json:"version"`
	}
	root := strings.TrimSuffix(h.name, "/v1")
	err := h.get(ctx, root+"/api/version", &answer)
	var said *statusText
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &said) && !classOfStatus(said.status, said.text).Retryable(), errors.As(err, &syntax), errors.As(err, &typed):
		return "", nil
	case err != nil:
		return "", h.apiError(ctx, opModels, err, timeout)
	}
	return answer.Version, nil
}

// get reads the JSON that a host has at an address.
func (h *host) get(ctx context.Context, address string, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "prism")
	resp, err := h.ask.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(answer)
}

func (a openAI) overlongTokens(h *host, r *Request) int {
	if a.allowTruncation {
		return 0
	}
	return max(h.context, r.NumCtx)
}

// overlongMargin is how many tokens the prompt of refusesOverlong has beyond the bound.
const overlongMargin = 64

// overlongPrompt is a text of at least n tokens: numbers, none of which shares a token
// with another.
func overlongPrompt(n int) []byte {
	var text []byte
	for i := range n {
		text = append(strconv.AppendInt(text, int64(i), 10), ' ')
	}
	return text
}

// ProveRefusal returns nil if every host refuses a prompt that is longer than the
// context of r, or takes it whole. A host that answers to a part of it would lose rows.
func (c *Client) ProveRefusal(ctx context.Context, r *Request) error {
	for _, h := range c.balancer.hosts {
		if err := c.refusesOverlong(ctx, h, *r, max(h.context, r.NumCtx)); err != nil {
			return err
		}
	}
	return nil
}

// refusesOverlong is ProveRefusal for a host and a prompt of more than so many tokens; 0:
// nothing is to be proved.
func (c *Client) refusesOverlong(ctx context.Context, h *host, ask Request, bound int) error {
	if bound == 0 {
		return nil
	}
	words := bound + overlongMargin
	ask.System, ask.User, ask.Format, ask.NumPredict = "", overlongPrompt(words), nil, 1
	reply, err := c.chatWith(ctx, h, &ask)
	switch class := ClassOf(err); {
	case class == Overflow || class == BadRequest:
		return nil
	case err != nil:
		return err
	case reply.PromptTokens >= words:
		return nil
	}
	return &Error{Class: CutsPrompts, API: c.dialect.name(), Host: h.name, Model: ask.Model, Op: opChat, Err: fmt.Errorf(
		"a prompt of at least %d tokens, more than the %d of its context, was answered %s", words, bound, describeCut(reply.PromptTokens))}
}

// Clock is the time that a host's answers have, which is whole seconds.
func (c *Client) Clock(ctx context.Context, name string) (time.Time, error) {
	for _, h := range c.balancer.hosts {
		if h.name != name {
			continue
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.name+"/", nil)
		if err != nil {
			return time.Time{}, err
		}
		resp, err := h.calls.RoundTrip(r)
		if err != nil {
			return time.Time{}, h.netError("", "clock", err)
		}
		defer resp.Body.Close()
		at, err := http.ParseTime(resp.Header.Get("Date"))
		if err != nil {
			return time.Time{}, errors.New("its answer has no date")
		}
		return at, nil
	}
	return time.Time{}, fmt.Errorf("no host %s", name)
}

func describeCut(tokens int) string {
	if tokens < 0 {
		return "and the answer does not say how much of it was read: the server may cut over-long prompts silently"
	}
	return fmt.Sprintf("after reading %d: the server cuts over-long prompts silently", tokens)
}
