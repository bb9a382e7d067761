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
	"io"
	"net"
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
	Now             func() time.Time // nil: time.Now
}

// Client sends calls to the servers of a Config. It may be used by several
// goroutines at once.
type Client struct {
	timeout         time.Duration
	allowTruncation bool
	transport       *http.Transport
	balance         balance
	bodies          sync.Pool // of *[]byte: what answers are read into
	system          atomic.Pointer[escapedSystem]
}

// host is one server.
type host struct {
	name     string       // its URL without a slash at the end
	call     http.Request // of /api/chat, to be copied
	api      *api.Client  // for the small questions
	cutsText atomic.Bool  // it does not know truncate and shift
	load     load         // balance's
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
		transport:       newTransport(max(c.InFlight, 1)),
		balance:         balance{now: c.Now},
	}
	for _, u := range urls {
		client.balance.hosts = append(client.balance.hosts, client.newHost(u))
	}
	return client, nil
}

// newTransport keeps a connection for each call in flight and one for a probe.
// Requests go out in one write; replies are never compressed or HTTP/2.
func newTransport(inFlight int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		MaxIdleConnsPerHost: inFlight + 1,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		WriteBufferSize:     32 << 10,
		ReadBufferSize:      8 << 10,
	}
}

func (c *Client) newHost(u *url.URL) *host {
	chat := *u
	chat.Path += "/api/chat"
	return &host{
		name: u.String(),
		call: http.Request{
			Method: http.MethodPost, URL: &chat, Host: chat.Host,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{
				"Content-Type": {"application/json"},
				"Accept":       {"application/json"},
				"User-Agent":   {"prism"},
			},
		},
		api: api.NewClient(u, &http.Client{
			Transport:     limited{c.transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
	}
}

// Hosts returns the servers' URLs, as Reply and Error name them.
func (c *Client) Hosts() []string {
	names := make([]string, len(c.balance.hosts))
	for i, h := range c.balance.hosts {
		names[i] = h.name
	}
	return names
}

// Close lets go of the connections that are kept.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Chat sends one call to the host that has the least to do and waits for its
// reply. Errors are of type *Error, other than the one of ctx when that ended.
// A reply may be cut or worthless; that is for the reader of its text.
func (c *Client) Chat(ctx context.Context, r *Request) (*Reply, error) {
	h := c.balance.take()
	reply, err := c.chat(ctx, h, r)
	c.balance.give(h, err)
	return reply, err
}

func (c *Client) chat(ctx context.Context, h *host, r *Request) (*Reply, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body := c.buffer()
	defer c.giveBack(body)
	status, err := c.post(timed, h, r, body)
	if err != nil {
		if over := ended(ctx); over != nil {
			return nil, over
		}
		if errors.Is(timed.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("no reply within %v", c.timeout)
			return nil, &Error{Class: Transient, Host: h.name, Model: r.Model, Op: opChat, Err: err}
		}
		return nil, err
	}
	return readReply(h.name, r.Model, status, *body)
}

// post sends the call and reads the body of whatever comes back into body.
func (c *Client) post(ctx context.Context, h *host, r *Request, body *[]byte) (status int, err error) {
	// The transport may still read the request when its answer is there, so its
	// buffer is not used again. Of a bytes.Reader it knows that it never blocks,
	// and sends header and body together.
	sent := encodeRequest(r, c.escaped(r.System), !h.cutsText.Load())
	req := h.call.WithContext(ctx)
	req.ContentLength = int64(len(sent))
	req.Body = io.NopCloser(bytes.NewReader(sent))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(sent)), nil }
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return 0, netError(h.name, r.Model, opChat, err)
	}
	defer resp.Body.Close()
	if *body, err = readAll((*body)[:0], resp.Body, maxBody); err != nil {
		e := netError(h.name, r.Model, opChat, err)
		if classify(resp.StatusCode, "") == Busy {
			e.Class = Busy
		}
		e.Status, e.Err = resp.StatusCode, fmt.Errorf("reply cut after %d bytes: %w", len(*body), e.Err)
		return 0, e
	}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		*body = fmt.Appendf((*body)[:0], "it sends elsewhere, to %s", to)
	}
	return resp.StatusCode, nil
}

func (c *Client) buffer() *[]byte {
	if b, ok := c.bodies.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 8<<10)
	return &b
}

// giveBack keeps a buffer for another call, unless it grew large.
func (c *Client) giveBack(b *[]byte) {
	const keep = 1 << 20
	if cap(*b) <= keep {
		c.bodies.Put(b)
	}
}

// escaped returns the system message as JSON.
func (c *Client) escaped(text string) []byte {
	if text == "" {
		return nil
	}
	s := c.system.Load()
	if s == nil || s.text != text {
		s = escapeSystem(text)
		c.system.Store(s)
	}
	return s.json
}
