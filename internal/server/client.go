// Package server talks to the servers of models, by Ollama's API or by OpenAI's: it
// reads their addresses, checks that they have the model and refuse what does not fit,
// sends calls over connections that are kept, spreads the calls over the servers, and
// says of every failure what can be done about it. What the two APIs do in their own way
// is the interface dialect. It knows neither rows nor prompts, and it never
// sends a call twice: retries are the caller's.
package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ollama/ollama/api"
)

// Config says whom a Client talks to.
type Config struct {
	API             string           // Ollama or OpenAI; empty: Ollama
	Key             string           // sent to the hosts as bearer token, and to nobody else; empty: none
	Hosts           []string         // as ParseHost reads them; none: DefaultHost
	First           int              // host of the first call, counted from 0; beyond the last it starts over
	InFlight        int              // calls at once that connections are kept for; 0: 1
	MaxParallel     int              // find the calls at once that each host works best with, up to so many together; 0: the caller knows
	Timeout         time.Duration    // of a call, from sending to its last byte; 0: 5 minutes
	AllowTruncation bool             // take servers that cut over-long prompts silently
	Proxy           string           // URL, none or env; empty: the environment's, for far hosts
	Now             func() time.Time // nil: time.Now
}

// Client sends calls to the servers of a Config. It may be used by several
// goroutines at once.
type Client struct {
	dialect  dialect
	key      string
	timeout  time.Duration
	proxy    string
	inFlight int
	hosts    []*host // all that were named
	balancer balancer
}

// host is one server.
type host struct {
	name      string   // its URL without credentials and a slash at the end
	url       *url.URL // the same
	choosing  sync.Mutex
	route     *route // nil: not chosen yet
	transport *http.Transport
	calls     http.RoundTripper // for the calls of a model
	ask       *http.Client      // for the small questions
	api       *api.Client       // the same, as Ollama has them
	cutsText  atomic.Bool       // it does not know truncate and shift
	context   int               // tokens that it says a prompt and its reply may have; 0: not said
	load      load              // the balancer's
}

// New returns a client for the hosts; nothing is sent yet.
func New(c Config) (*Client, error) {
	urls, err := parseHosts(c.Hosts)
	if err != nil {
		return nil, err
	}
	if err := checkKey(c.Key, urls); err != nil {
		return nil, err
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	client := &Client{
		dialect:  newDialect(c.API, c.AllowTruncation),
		key:      c.Key,
		timeout:  c.Timeout,
		proxy:    c.Proxy,
		inFlight: max(c.InFlight, 1),
		balancer: balancer{now: c.Now},
	}
	if _, err := parseProxy(c.Proxy); err != nil {
		return nil, err
	}
	for _, u := range urls {
		client.hosts = append(client.hosts, client.newHost(u))
	}
	client.balancer.hosts, client.balancer.most = client.hosts, c.MaxParallel
	if c.MaxParallel > 0 {
		for _, h := range client.hosts {
			h.load.pace = newPace(c.MaxParallel)
		}
	}
	client.balancer.next = max(c.First, 0) % len(client.hosts)
	return client, nil
}

// checkKey refuses a key that no header can hold, or that would take the place of
// credentials. No error shows it.
func checkKey(key string, urls []*url.URL) error {
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("PRISM_API_KEY: want printable ASCII without blanks")
	}
	for _, u := range urls {
		if key != "" && u.User != nil {
			return fmt.Errorf("host %q has a user and a password, and PRISM_API_KEY is set: the server can have one of them", address(u))
		}
	}
	return nil
}

func (c *Client) newHost(u *url.URL) *host {
	plain := *u
	plain.User = nil
	h := &host{name: plain.String(), url: &plain}
	h.transport = newTransport(h, c.inFlight)
	bounded := hostTransport{h.transport, u.User, c.key}
	h.calls = bounded
	h.ask = &http.Client{
		Transport:     askTransport{bounded, c.key},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	h.api = api.NewClient(&plain, h.ask)
	return h
}

// Hosts returns the servers' URLs, as Reply and Error name them.
func (c *Client) Hosts() []string {
	names := make([]string, len(c.balancer.hosts))
	for i, h := range c.balancer.hosts {
		names[i] = h.name
	}
	return names
}

// Loads says what each host did so far.
func (c *Client) Loads() []HostLoad { return c.balancer.loads() }

// Close closes the connections that are kept.
func (c *Client) Close() {
	for _, h := range c.hosts {
		h.transport.CloseIdleConnections()
	}
}

// Chat sends one call to the host that has the least to do and waits for its
// reply. Errors are of type *Error, other than the one of ctx when that ended.
// A reply may be cut or worthless; that is for the reader of its text.
func (c *Client) Chat(ctx context.Context, r *Request) (*Reply, error) {
	p := c.balancer.acquire(len(r.User), r.Left)
	reply, err := c.chatWith(ctx, p.host, r)
	c.balancer.release(p, err)
	return reply, err
}

// Limit is how many calls should be in flight now: with MaxParallel it changes when calls end, else
// it is InFlight.
func (c *Client) Limit() int {
	if c.balancer.most == 0 {
		return c.inFlight
	}
	return c.balancer.limit((*pace).current)
}

// BestParallel is how many calls in flight were found best so far; 0: not known yet, or without
// MaxParallel. Limit differs from it while more or fewer are tried.
func (c *Client) BestParallel() int {
	if c.balancer.most == 0 {
		return 0
	}
	return c.balancer.limit((*pace).chosen)
}

// withAPI notes in an error by which API the server was called.
func (c *Client) withAPI(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.API = c.dialect.name()
	}
	return err
}

func (c *Client) chatWith(ctx context.Context, h *host, r *Request) (*Reply, error) {
	reply, err := c.callHost(ctx, h, r)
	return reply, c.withAPI(err)
}

func (c *Client) callHost(ctx context.Context, h *host, r *Request) (*Reply, error) {
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.chooseRoute(timed, h)
	var resp *http.Response
	var body []byte
	if err == nil {
		resp, body, err = c.postCall(timed, h, r)
	}
	if err != nil {
		if ended := contextError(ctx); ended != nil {
			return nil, ended
		}
		if errors.Is(timed.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("no reply within %v", c.timeout)
			return nil, &Error{Class: Transient, Host: h.name, Model: r.Model, Op: opChat, Err: err, cause: NoReply}
		}
		return nil, err
	}
	reply, err := c.dialect.readReply(h.name, r.Model, resp.StatusCode, body)
	if err != nil {
		return nil, h.withAnswer(err, newStatusText(resp.StatusCode, resp.Header, body))
	}
	if h.context > 0 && reply.PromptTokens >= 0 && reply.PromptTokens+reply.Tokens > h.context { // it pushed the beginning of the prompt out
		return nil, &Error{Class: Overflow, Host: h.name, Model: r.Model, Op: opChat, Err: fmt.Errorf(
			"prompt and reply have %d tokens, more than the %d of the server's context", reply.PromptTokens+reply.Tokens, h.context)}
	}
	return reply, nil
}

// postCall sends the call and returns whatever comes back.
func (c *Client) postCall(ctx context.Context, h *host, r *Request) (resp *http.Response, body []byte, err error) {
	sent, err := c.dialect.encodeCall(h, r)
	if err != nil {
		return nil, nil, &Error{Class: BadRequest, Host: h.name, Model: r.Model, Op: opChat, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.name+c.dialect.callPath(), bytes.NewReader(sent))
	if err != nil {
		return nil, nil, &Error{Class: BadRequest, Host: h.name, Model: r.Model, Op: opChat, Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "prism")
	resp, err = h.calls.RoundTrip(req)
	if err != nil {
		return nil, nil, h.netError(r.Model, opChat, err)
	}
	defer resp.Body.Close()
	body, err = readBody(resp)
	body = hideKey(body, resp.StatusCode, c.key)
	if err != nil {
		e := h.netError(r.Model, opChat, err)
		if classOfStatus(resp.StatusCode, "") == Busy {
			e.Class = Busy
		}
		e.Status, e.Err = resp.StatusCode, fmt.Errorf("reply truncated after %d bytes: %w", len(body), e.Err)
		return nil, nil, e
	}
	return resp, body, nil
}
