package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ollama/ollama/api"

	"prism/internal/term"
)

// Model is what the servers say about a model.
type Model struct {
	Name          string
	Digest        string   // of its manifest, hex; empty: the server does not list it
	ContextLength int      // tokens it was made for; 0: unknown
	Capabilities  []string // completion, thinking, vision, …; empty: the server does not say
	Thinks        bool     // it thinks before it answers, unless told not to
	ServerVersion string   // of every host, joined with ", " where they differ
	LeftOut       []error  // of hosts that Check did not reach, an *Error each
	Remote        []string // hosts that pass calls on to another server, a line for people each

	thinkOff           string // JSON value that makes it think least
	mayTurnThinkingOff bool   // whether it thinks is not known, and may be turned off
}

// ThinkValue is the value for Request.Think: empty, so left out, for a model
// that does not think and is not asked to.
func (m *Model) ThinkValue(t Think) string {
	switch {
	case t == ThinkOn:
		return "true"
	case t != ThinkAuto && t != ThinkOff:
		return jsonString(string(t))
	case m.Thinks:
		return m.thinkOff
	case t == ThinkOff && m.mayTurnThinkingOff:
		return "false"
	}
	return ""
}

// oldestVersion is the first version that knows truncate and shift.
var oldestVersion = [3]int{0, 12, 4}

// maxCheck bounds the questions of Check or List to one host, together.
const maxCheck = time.Minute

// Check asks every host for its version and the model. A host that cannot be
// reached is left out from then on, as long as another one can; those that
// answer must all have the model with the same digest. The error, an *Error,
// names the first host that fails. Servers that cut over-long prompts
// are refused, or with AllowTruncation remembered: calls to them leave truncate
// and shift out. No call may be in flight.
func (c *Client) Check(ctx context.Context, model string) (*Model, error) {
	hosts := c.balancer.hosts
	models := make([]*Model, len(hosts))
	errs := make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		wg.Go(func() { models[i], errs[i] = c.checkHost(ctx, h, model) })
	}
	wg.Wait()
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	var first *Model
	var reached []*host
	var leftOut []error
	var remote []string
	for i, h := range hosts {
		switch m := models[i]; {
		case ClassOf(errs[i]).Retryable():
			leftOut = append(leftOut, errs[i])
			continue
		case errs[i] != nil:
			return nil, errs[i]
		case first == nil:
			first = m
		case m.Digest != first.Digest:
			return nil, &Error{Class: Mismatch, Host: h.name, Model: model, Op: "tags", Err: fmt.Errorf(
				"model %q differs from the one on %s (digest %s, there %s)", model, reached[0].name, shortDigest(m.Digest), shortDigest(first.Digest))}
		case c.dialect.name() == OpenAI && m.ContextLength != first.ContextLength:
			return nil, c.withAPI(&Error{Class: Mismatch, Host: h.name, Model: model, Op: opModels, Err: fmt.Errorf(
				"model %q has another context than on %s (%d tokens, there %d)", model, reached[0].name, m.ContextLength, first.ContextLength)})
		case !slices.Contains(strings.Split(first.ServerVersion, ", "), m.ServerVersion):
			first.ServerVersion += ", " + m.ServerVersion
		}
		reached = append(reached, h)
		remote = append(remote, models[i].Remote...)
	}
	if first == nil {
		return nil, leftOut[0]
	}
	c.balancer.hosts, first.LeftOut, first.Remote = reached, leftOut, remote
	return first, nil
}

func (c *Client) checkHost(ctx context.Context, h *host, name string) (*Model, error) {
	timeout := min(c.timeout, maxCheck)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := c.chooseRoute(ctx, h); err != nil {
		return nil, c.withAPI(err)
	}
	m, err := c.dialect.checkModel(ctx, h, name, timeout)
	return m, c.withAPI(err)
}

func (a ollamaAPI) checkModel(ctx context.Context, h *host, name string, timeout time.Duration) (*Model, error) {
	version, err := h.api.Version(ctx)
	if err == nil && version == "" {
		err = errNoVersion
	}
	if err != nil {
		return nil, h.apiError(ctx, "version", err, timeout)
	}
	if truncatesPrompts(version) {
		if !a.allowTruncation {
			return nil, &Error{Class: OldServer, Host: h.name, Op: "version", Err: fmt.Errorf(
				"version %s of Ollama truncates prompts that are too long without an error (want 0.12.4 or later)", version)}
		}
		h.cutsText.Store(true)
	}
	shown, err := h.api.Show(ctx, &api.ShowRequest{Model: name})
	if err != nil {
		e := h.apiError(ctx, "show", err, timeout)
		e.Model = name
		if e.Class == MissingModel {
			e.Have, _ = a.listModels(ctx, h, timeout) // only to be helpful
		}
		return nil, e
	}
	listed, err := h.api.List(ctx)
	if err != nil {
		return nil, h.apiError(ctx, "tags", err, timeout)
	}
	m := modelOf(shown)
	if shown.RemoteHost != "" || shown.RemoteModel != "" {
		m.Remote = []string{RemoteText(h.name, name, shown.RemoteHost, shown.RemoteModel)}
	}
	m.Name, m.ServerVersion, m.Digest = name, version, digestOf(listed, name)
	return m, nil
}

// RemoteText says that a server passes the calls of a model on to another.
func RemoteText(host, name, remoteHost, remoteModel string) string {
	text := fmt.Sprintf("the rows leave %s: it passes the calls of model %q on to %s",
		host, name, cmp.Or(excerpt([]byte(term.HideCredentials(remoteHost))), "another server"))
	if remoteModel != "" {
		text += fmt.Sprintf(" (model %q there)", excerpt([]byte(remoteModel)))
	}
	return text
}

var errNoVersion = errors.New("no version in the answer")

// apiError is the error of a question by the api client.
func (h *host) apiError(ctx context.Context, op string, err error, timeout time.Duration) *Error {
	var said *statusText
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case ctx.Err() != nil:
		return &Error{Class: Transient, Host: h.name, Op: op, Err: fmt.Errorf("no answer within %v", timeout), cause: NoReply}
	case errors.As(err, &said):
		e := &Error{Class: classOfStatus(said.status, said.text), Status: said.status, Host: h.name, Op: op, Err: said}
		h.withAnswer(e, said)
		return e
	case errors.Is(err, errNoVersion), errors.Is(err, errNoModels), errors.As(err, &syntax), errors.As(err, &typed):
		return &Error{Class: NotOllama, Status: http.StatusOK, Host: h.name, Op: op, Err: err}
	}
	return h.netError("", op, err)
}

// truncatesPrompts tells versions before 0.12.4. Development builds (0.0.0) and versions
// that are no three numbers count as new.
func truncatesPrompts(version string) bool {
	var v [3]int
	text := strings.TrimPrefix(version, "v")
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	parts := strings.Split(text, ".")
	if len(parts) != len(v) {
		return false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return false
		}
		v[i] = n
	}
	return v != [3]int{} && slices.Compare(v[:], oldestVersion[:]) < 0
}

// modelOf takes from /api/show what PRISM needs.
func modelOf(shown *api.ShowResponse) *Model {
	m := &Model{thinkOff: "false"}
	arch, _ := shown.ModelInfo["general.architecture"].(string)
	if n, ok := shown.ModelInfo[arch+".context_length"].(float64); ok && n > 0 && n < 1<<31 {
		m.ContextLength = int(n)
	}
	for _, c := range shown.Capabilities {
		m.Capabilities = append(m.Capabilities, string(c))
	}
	m.Thinks = slices.Contains(m.Capabilities, "thinking")
	switch t := shown.Thinking; {
	case t.Valid() && !t.Supports(false):
		for _, v := range t.Values {
			if level, ok := v.(string); ok {
				m.thinkOff = jsonString(level)
				break
			}
		}
	case t == nil && arch == "gptoss":
		m.thinkOff = `"low"`
	}
	return m
}

// digestOf finds the model in the list under its name, which may leave out the
// registry, the folder library and the tag latest; the case does not matter.
func digestOf(listed *api.ListResponse, name string) string {
	want := fullName(name)
	for _, m := range listed.Models {
		if fullName(m.Name) == want || fullName(m.Model) == want {
			return m.Digest
		}
	}
	return ""
}

func fullName(name string) string {
	name = strings.TrimPrefix(strings.ToLower(name), "registry.ollama.ai/")
	name = strings.TrimPrefix(name, "library/")
	if !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") {
		name += ":latest"
	}
	return name
}

func shortDigest(digest string) string {
	if digest == "" {
		return "unknown"
	}
	return term.Printable(digest[:min(12, len(digest))])
}

// List names the models that every host has, sorted. The error, an *Error,
// names the first host that does not answer.
func (c *Client) List(ctx context.Context) ([]string, error) {
	var names []string
	for i, h := range c.balancer.hosts {
		have, err := c.listHost(ctx, h)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			names = have
			continue
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(have, n) })
	}
	slices.Sort(names)
	return names, nil
}

func (c *Client) listHost(ctx context.Context, h *host) ([]string, error) {
	timeout := min(c.timeout, maxCheck)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := c.chooseRoute(ctx, h); err != nil {
		return nil, c.withAPI(err)
	}
	names, err := c.dialect.listModels(ctx, h, timeout)
	return names, c.withAPI(err)
}

func (ollamaAPI) listModels(ctx context.Context, h *host, timeout time.Duration) ([]string, error) {
	listed, err := h.api.List(ctx)
	if err != nil {
		return nil, h.apiError(ctx, "tags", err, timeout)
	}
	names := make([]string, 0, len(listed.Models))
	for _, m := range listed.Models {
		names = append(names, m.Name)
	}
	return names, nil
}
