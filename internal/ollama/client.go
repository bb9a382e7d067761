// Package ollama talks to Ollama servers: it reads their addresses, checks that
// they are new enough and have the model, sends chat calls over connections
// that are kept, spreads the calls over the servers, and says of every failure
// what can be done about it. It knows neither rows nor prompts, and it never
// sends a call twice: retries are the caller's.
package ollama

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ollama/ollama/api"
)

// Config says whom a Client talks to.
type Config struct {
	Hosts           []string         // as ParseHost reads them; none: DefaultHost
	InFlight        int              // calls at once that connections are kept for; 0: 1
	Timeout         time.Duration    // of a call, from sending to its last byte; 0: 5 minutes
	AllowTruncation bool             // take servers that cut over-long prompts silently
	Proxy           string           // URL, none or env; empty: the environment's, for far hosts
	Now             func() time.Time // nil: time.Now
}

// Client sends calls to the servers of a Config. It may be used by several
// goroutines at once.
type Client struct {
	timeout         time.Duration
	allowTruncation bool
	proxy           string
	inFlight        int
	hosts           []*host // all that were named
	balancer        balancer
}

// host is one server.
type host struct {
	name      string   // its URL without credentials and a slash at the end
	url       *url.URL // the same
	choosing  sync.Mutex
	route     *route // nil: not chosen yet
	transport *http.Transport
	calls     http.RoundTripper // for /api/chat
	api       *api.Client       // for the small questions
	cutsText  atomic.Bool       // it does not know truncate and shift
	load      load              // the balancer's
}

// New returns a client for the hosts; nothing is sent yet.
func New(c Config) (*Client, error) {
	urls, err := parseHosts(c.Hosts)
	if err != nil {
		return nil, err
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	client := &Client{
		timeout:         c.Timeout,
		allowTruncation: c.AllowTruncation,
		proxy:           c.Proxy,
		inFlight:        max(c.InFlight, 1),
		balancer:        balancer{now: c.Now},
	}
	if _, err := parseProxy(c.Proxy); err != nil {
		return nil, err
	}
	for _, u := range urls {
		client.hosts = append(client.hosts, client.newHost(u))
	}
	client.balancer.hosts = client.hosts
	return client, nil
}

func (c *Client) newHost(u *url.URL) *host {
	plain := *u
	plain.User = nil
	h := &host{name: plain.String(), url: &plain}
	h.transport = newTransport(h, c.inFlight)
	bounded := hostTransport{h.transport, u.User}
	h.calls = bounded
	h.api = api.NewClient(&plain, &http.Client{
		Transport:     askTransport{bounded},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
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
	h := c.balancer.acquire()
	reply, err := c.chatWith(ctx, h, r)
	c.balancer.release(h, err)
	return reply, err
}

func (c *Client) chatWith(ctx context.Context, h *host, r *Request) (*Reply, error) {
	if err := contextError(ctx); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.chooseRoute(timed, h)
	var resp *http.Response
	var body []byte
	if err == nil {
		resp, body, err = h.postChat(timed, r)
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
	reply, err := readReply(h.name, r.Model, resp.StatusCode, body)
	if err != nil {
		return nil, h.withAnswer(err, newStatusText(resp.StatusCode, resp.Header, body))
	}
	return reply, nil
}

// postChat sends the call and returns whatever comes back.
func (h *host) postChat(ctx context.Context, r *Request) (resp *http.Response, body []byte, err error) {
	sent, err := encodeRequest(r, !h.cutsText.Load())
	if err != nil {
		return nil, nil, &Error{Class: BadRequest, Host: h.name, Model: r.Model, Op: opChat, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.name+"/api/chat", bytes.NewReader(sent))
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
	if err != nil {
		e := h.netError(r.Model, opChat, err)
		if classOfStatus(resp.StatusCode, "") == Busy {
			e.Class = Busy
		}
		e.Status, e.Err = resp.StatusCode, fmt.Errorf("reply cut after %d bytes: %w", len(body), e.Err)
		return nil, nil, e
	}
	return resp, body, nil
}
