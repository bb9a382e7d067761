package ollama

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Reply is what the model answered and what the server says it took.
type Reply struct {
	Text         string // the content as the model gave it; may be empty; thinking is dropped
	DoneReason   string // Stop, Length or Repeat; a server may have others
	Host         string // who answered
	PromptTokens int    // -1: not said, like the two below
	CachedTokens int    // those of the prompt that were in the server's cache; then PromptEval covers the others
	Tokens       int    // generated
	// Time in the server; -1: not said. Total covers waiting for a slot, too.
	Total, Load, PromptEval, Eval time.Duration
}

// Why a reply ended.
const (
	Stop   = "stop"   // the model was done
	Length = "length" // cut at NumPredict or at the end of the context; the same call gives the same cut
	Repeat = "repeat" // the server gave up on a model that repeated one token; ours, servers say it in other ways
)

// silent is a Reply that says nothing.
func silent() Reply {
	return Reply{PromptTokens: -1, CachedTokens: -1, Tokens: -1, Total: -1, Load: -1, PromptEval: -1, Eval: -1}
}

// answer is the body of a call, decoded.
type answer struct {
	Reply
	text []byte // content of all messages
	done bool
	err  string // the value of "error" as JSON; empty: there was none
}

// decodeAnswer reads a body: one object, or several where a server streams
// though told not to. The fields that matter are found by name, whatever else
// is there. A number of another type than expected counts as not said.
func decodeAnswer(body []byte) (*answer, error) {
	d := decoder{b: body, key: make([]byte, 0, 64)}
	a := &answer{Reply: silent()}
	d.space()
	for {
		if err := d.object(a, d.topField); err != nil {
			return nil, fmt.Errorf("not JSON at byte %d: %w", d.i, err)
		}
		if d.space(); d.i == len(d.b) {
			return a, nil
		}
	}
}

// topField reads the value of one field of the outer object.
func (d *decoder) topField(a *answer, key []byte) error {
	switch string(key) {
	case "message":
		if d.peek() != '{' {
			return d.skip(0)
		}
		return d.object(a, d.messageField)
	case "error":
		start := d.i
		err := d.skip(0)
		if value := string(d.b[start:d.i]); value != "null" && value != `""` {
			a.err = value
		}
		return err
	case "done":
		start := d.i
		err := d.skip(0)
		a.done = string(d.b[start:d.i]) == "true"
		return err
	case "done_reason":
		text, err := d.textOrSkip(nil)
		a.DoneReason = string(text)
		return err
	case "prompt_eval_count":
		return d.count(&a.PromptTokens)
	case "prompt_eval_cached_count":
		return d.count(&a.CachedTokens)
	case "eval_count":
		return d.count(&a.Tokens)
	case "total_duration":
		return d.duration(&a.Total)
	case "load_duration":
		return d.duration(&a.Load)
	case "prompt_eval_duration":
		return d.duration(&a.PromptEval)
	case "eval_duration":
		return d.duration(&a.Eval)
	}
	return d.skip(0)
}

func (d *decoder) messageField(a *answer, key []byte) (err error) {
	if string(key) != "content" {
		return d.skip(0)
	}
	if a.text == nil {
		a.text = make([]byte, 0, len(d.b)-d.i)
	}
	a.text, err = d.textOrSkip(a.text)
	return err
}

// readReply makes a Reply of a body, or the error that it tells.
func readReply(host, model string, status int, body []byte) (*Reply, error) {
	fail := func(class Class, err error) (*Reply, error) {
		return nil, &Error{Class: class, Status: status, Host: host, Model: model, Op: opChat, Err: err}
	}
	said := func(text string) (*Reply, error) {
		return fail(classify(status, text), &statusText{status, text})
	}
	if status < 200 || status > 299 {
		text := errorText(body)
		if status == http.StatusInternalServerError && strings.Contains(text, repeatText) {
			r := silent()
			r.Host, r.DoneReason = host, Repeat
			return &r, nil
		}
		return said(text)
	}
	a, err := decodeAnswer(body)
	switch {
	case len(body) == 0:
		return fail(Transient, errors.New("the reply is empty"))
	case err != nil:
		return fail(Transient, fmt.Errorf("the reply is %w: %q", err, excerpt(body)))
	case a.err != "":
		return said(errorText([]byte(`{"error":` + a.err + `}`)))
	case !a.done && repeats(a.text):
		a.DoneReason = Repeat
	case !a.done:
		return fail(Transient, errors.New("the reply ends without done"))
	case a.DoneReason == "load" || a.DoneReason == "unload":
		return fail(Transient, fmt.Errorf("the server only did %q", a.DoneReason))
	}
	a.Host, a.Text = host, string(a.text)
	return &a.Reply, nil
}
