package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newTransport keeps a connection to h for each call in flight and one for a
// probe. Requests go out in one write; replies are never compressed or HTTP/2.
func newTransport(h *host, inFlight int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:       func(*http.Request) (*url.URL, error) { return h.route.proxy, nil }, // chosen before
		DialContext: dialer.DialContext,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyRefusal{answer.StatusCode}
		},
		MaxIdleConnsPerHost:    inFlight + 1,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		WriteBufferSize:        32 << 10,
		ReadBufferSize:         8 << 10,
	}
}

// proxyRefusal is the status with which a proxy answers CONNECT.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refuses the connection: status %d %s", e.status, http.StatusText(e.status))
}

// hostTransport sends requests to one host with its credentials. Answers end with
// errTooLarge past maxBody.
type hostTransport struct {
	http.RoundTripper
	user *url.Userinfo // nil: none
	key  string        // bearer token; empty: none
}

func (t hostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.user != nil {
		r = r.Clone(r.Context())
		password, _ := t.user.Password()
		r.SetBasicAuth(t.user.Username(), password)
	}
	if t.key != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+t.key)
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	}
	return resp, err
}

// maxBody bounds what one answer may take, in bytes. The longest reply of a model
// with a context of a million tokens is smaller; one with log-probabilities, 2 kB a token,
// has room for 32,000 of them.
const maxBody = 64 << 20

var errTooLarge = errors.New("body larger than 64 MiB")

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

// askTransport is the transport of the small questions. An answer that refuses or
// points elsewhere is a *statusText, of which the api client would drop parts.
type askTransport struct {
	http.RoundTripper
	key string // that no error shows; empty: none
}

func (t askTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode < 300 {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return nil, newStatusText(resp.StatusCode, resp.Header, hideKey(body, resp.StatusCode, t.key))
}

// hideKey takes the key out of the words of an answer that refuses, which messages and files show.
func hideKey(body []byte, status int, key string) []byte {
	if key == "" || status < 300 {
		return body
	}
	return bytes.ReplaceAll(body, []byte(key), []byte("PRISM_API_KEY"))
}

// readBody reads the body of an answer to the end.
func readBody(resp *http.Response) ([]byte, error) {
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err := body.ReadFrom(resp.Body)
	return body.Bytes(), err
}
