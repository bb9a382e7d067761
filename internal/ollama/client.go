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
	balancer        balancer
}

// host is one server.
type host struct {
	name     string            // its URL without a slash at the end
	calls    http.RoundTripper // for /api/chat
	api      *api.Client       // for the small questions
	cutsText atomic.Bool       // it does not know truncate and shift
	load     load              // the balancer's
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
		balancer:        balancer{now: c.Now},
	}
	for _, u := range urls {
		client.balancer.hosts = append(client.balancer.hosts, client.newHost(u))
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
	bounded := boundedTransport{c.transport}
	return &host{
		name:  u.String(),
		calls: bounded,
		api: api.NewClient(u, &http.Client{
			Transport:     bounded,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
	}
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
func (c *Client) Close() { c.transport.CloseIdleConnections() }

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
	status, body, err := h.postChat(timed, r)
	if err != nil {
		if ended := contextError(ctx); ended != nil {
			return nil, ended
		}
		if errors.Is(timed.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("no reply within %v", c.timeout)
			return nil, &Error{Class: Transient, Host: h.name, Model: r.Model, Op: opChat, Err: err}
		}
		return nil, err
	}
	return readReply(h.name, r.Model, status, body)
}

// postChat sends the call and returns the status and body of whatever comes back.
func (h *host) postChat(ctx context.Context, r *Request) (status int, body []byte, err error) {
	sent, err := encodeRequest(r, !h.cutsText.Load())
	if err != nil {
		return 0, nil, &Error{Class: BadRequest, Host: h.name, Model: r.Model, Op: opChat, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.name+"/api/chat", bytes.NewReader(sent))
	if err != nil {
		return 0, nil, &Error{Class: BadRequest, Host: h.name, Model: r.Model, Op: opChat, Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "prism")
	resp, err := h.calls.RoundTrip(req)
	if err != nil {
		return 0, nil, netError(h.name, r.Model, opChat, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		e := netError(h.name, r.Model, opChat, err)
		if classify(resp.StatusCode, "") == Busy {
			e.Class = Busy
		}
		e.Status, e.Err = resp.StatusCode, fmt.Errorf("reply cut after %d bytes: %w", len(body), e.Err)
		return 0, nil, e
	}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		body = fmt.Appendf(nil, "redirect to %s", to)
	}
	return resp.StatusCode, body, nil
}

// maxBody bounds what one answer may take, in bytes.
const maxBody = 64 << 20

var errTooLarge = errors.New("body larger than 64 MiB")

// boundedTransport is a transport whose answers end with errTooLarge past maxBody.
type boundedTransport struct{ http.RoundTripper }

func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64 // bytes that may still come
}

func (b *boundedBody) Read(dst []byte) (int, error) {
	n, err := b.ReadCloser.Read(dst)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
