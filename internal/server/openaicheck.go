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
		ID          string          `json:"id"`
		MaxModelLen json.RawMessage `json:"max_model_len"` // vLLM
		Meta        json.RawMessage `json:"meta"`          // llama.cpp's server; its n_ctx
	} `json:"data"`
}

// contextOf reads the number of tokens that a server says; 0: it says none that can be.
func contextOf(maxModelLen, meta json.RawMessage) int {
	var inMeta struct {
		Context json.RawMessage `json:"n_ctx"`
	}
	json.Unmarshal(meta, &inMeta) // of another type: not said
	for _, value := range []json.RawMessage{maxModelLen, inMeta.Context} {
		var n float64
		if json.Unmarshal(value, &n) == nil && n >= 1 && n <= longestContext {
			return int(n)
		}
	}
	return 0
}

// longestContext is more tokens than any model takes.
const longestContext = 1 << 24

// checkModel asks a host whether it has the model and how long its prompts may be. A
// host that is an Ollama server is refused: its /v1 cuts over-long prompts and says
// nothing.
func (a openAI) checkModel(ctx context.Context, h *host, model string, timeout time.Duration) (*Model, error) {
	version, err := h.ollamaVersion(ctx)
	if err != nil {
		return nil, h.apiError(ctx, opModels, err, timeout)
	}
	if version != "" && !a.allowTruncation {
		return nil, &Error{Class: CutsPrompts, Host: h.name, Op: opModels, cause: OllamaAsOpenAI, Err: fmt.Errorf(
			"it answers like an Ollama server (version %s), which truncates over-long prompts silently under /v1", excerpt([]byte(version)))}
	}
	listed, err := h.askModels(ctx, timeout)
	if err != nil {
		return nil, err
	}
	for _, m := range listed.Data {
		if m.ID == model || version != "" && fullName(m.ID) == fullName(model) {
			h.context = contextOf(m.MaxModelLen, m.Meta)
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

// ollamaVersion is the version of the Ollama server that a host is, empty for others. A
// host that has a list of models need not answer to this question; the error is that of ctx.
func (h *host) ollamaVersion(ctx context.Context) (string, error) {
	root := *h.url
	root.Path = ""
	for _, base := range []string{strings.TrimSuffix(h.name, "/v1"), root.String()} {
		var answer struct {
			Version string `json:"version"`
		}
		err := h.get(ctx, base+"/api/version", &answer)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err == nil && answer.Version != "" {
			return answer.Version, nil
		}
	}
	return "", nil
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

// longestProbe bounds the prompts that are tried, in tokens.
const longestProbe = 1 << 22

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

// ProveRefusal returns nil if every host refuses a prompt that is longer than its
// context. A host that answers to a part of one would lose rows. Hosts whose version
// proves it are asked only if always is set.
func (c *Client) ProveRefusal(ctx context.Context, r *Request, always bool) error {
	for _, h := range c.balancer.hosts {
		bound := c.dialect.overlongTokens(h, r)
		if always {
			bound = max(h.context, r.NumCtx)
		}
		if err := c.refusesOverlong(ctx, h, *r, bound); err != nil {
			return err
		}
	}
	return nil
}

// refusesOverlong is ProveRefusal for a host and a prompt of more than so many tokens; 0:
// nothing is to be proved. Only a refusal proves it: where a prompt is taken whole, the
// context is larger than was said, and longer ones are tried.
func (c *Client) refusesOverlong(ctx context.Context, h *host, ask Request, bound int) error {
	if bound == 0 {
		return nil
	}
	ask.System, ask.Format, ask.NumPredict = "", nil, 1
	words := bound + overlongMargin
	for ; words <= longestProbe; words *= 2 {
		ask.User = overlongPrompt(words)
		reply, err := c.chatWith(ctx, h, &ask)
		var said *Error
		errors.As(err, &said)
		switch {
		case said != nil && said.Class == Overflow && said.Status == 0: // it was answered, and the answer counts more than there can be
			return c.cutsPrompts(h, ask.Model, "a prompt of at least %d tokens, more than the %d of its context, was answered: the server truncates over-long prompts silently", words, bound)
		case said != nil && said.Class == Overflow && said.Status != http.StatusRequestEntityTooLarge: // which is a gateway's bound of bytes
			return nil
		case said != nil && said.Class == BadRequest: // in words that are not known: is it the length?
			ask.User = overlongPrompt(1)
			if _, short := c.chatWith(ctx, h, &ask); short == nil {
				return nil
			}
			return err
		case err != nil:
			return err
		case reply.PromptTokens < words:
			return c.cutsPrompts(h, ask.Model, "a prompt of at least %d tokens, more than the %d of its context, was answered %s", words, bound, describeCut(reply.PromptTokens))
		}
	}
	return c.cutsPrompts(h, ask.Model, "no prompt is too long for it: one of %d tokens was answered, and its context has %d", words/2, bound)
}

func (c *Client) cutsPrompts(h *host, model, format string, args ...any) error {
	return &Error{Class: CutsPrompts, API: c.dialect.name(), Host: h.name, Model: model, Op: opChat, Err: fmt.Errorf(format, args...)}
}

// Clock is the time that a host's answers have, which is whole seconds.
func (c *Client) Clock(ctx context.Context, name string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, min(c.timeout, 10*time.Second))
	defer cancel()
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
		return "and the answer does not say how much of it was read: the server may truncate over-long prompts silently"
	}
	return fmt.Sprintf("after reading %d: the server truncates over-long prompts silently", tokens)
}
