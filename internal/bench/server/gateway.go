package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// gateway stands between every client and the server, so that the tokens of all are counted in the
// same way: as the server says them at the end of a reply. It can keep what is asked, too.
type gateway struct {
	url    string // for the clients
	server *http.Server

	open sync.WaitGroup // requests under way

	mu      sync.Mutex
	counted usage
	keeping bool
	kept    [][]byte // bodies of calls, while keeping
}

// usage is what calls took, as the server counts it.
type usage struct {
	calls             int // answered
	prompt, generated int // tokens
}

// openGateway listens on a free port of this machine and passes everything on to a server.
func openGateway(server string) (*gateway, error) {
	target, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if target.Host == "" {
		return nil, fmt.Errorf("server %q has no host (want a URL such as http://127.0.0.1:11434)", server)
	}
	reply, err := http.Get(server) // an Ollama server says that it runs
	if err != nil {
		return nil, fmt.Errorf("the server does not answer: %w", err)
	}
	reply.Body.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gateway{url: "http://" + listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval:  -1,
		ModifyResponse: g.countReply,
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	g.server = &http.Server{Handler: g.trackRequests(proxy), ReadHeaderTimeout: time.Minute}
	go g.server.Serve(listener) // until close
	return g, nil
}

func (g *gateway) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := g.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return g.server.Close()
}

// isCall reports whether a request asks a model.
func isCall(r *http.Request) bool {
	return r.Method == http.MethodPost && (strings.HasSuffix(r.URL.Path, "/api/chat") || strings.HasSuffix(r.URL.Path, "/api/generate"))
}

// trackRequests counts the requests under way, and keeps the bodies of calls while keep runs.
func (g *gateway) trackRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.open.Add(1)
		defer g.open.Done()
		g.mu.Lock()
		keeping := g.keeping && isCall(r)
		g.mu.Unlock()
		if keeping {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			g.mu.Lock()
			g.kept = append(g.kept, body)
			g.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// keep returns the bodies of the calls that come while do runs.
func (g *gateway) keep(do func() error) ([][]byte, error) {
	g.mu.Lock()
	g.keeping, g.kept = true, nil
	g.mu.Unlock()
	err := do()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keeping = false
	return g.kept, err
}

// takeUsage returns what the calls since the last takeUsage took. The clients must have ended: their last reply may
// still be on its way to the count.
func (g *gateway) takeUsage() usage {
	g.open.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	counted := g.counted
	g.counted = usage{}
	return counted
}

// countReply counts the tokens of a reply when its last byte has passed.
func (g *gateway) countReply(r *http.Response) error {
	if isCall(r.Request) && r.StatusCode == http.StatusOK {
		r.Body = &countedBody{ReadCloser: r.Body, gateway: g}
	}
	return nil
}

// countedBody keeps the reply that passes through it.
type countedBody struct {
	io.ReadCloser
	gateway *gateway
	passed  bytes.Buffer
	isDone  bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.passed.Write(p[:n])
	if errors.Is(err, io.EOF) && !b.isDone {
		b.isDone = true
		b.gateway.mu.Lock()
		b.gateway.counted.addReply(b.passed.Bytes())
		b.gateway.mu.Unlock()
	}
	return n, err
}

// addReply counts a reply: one JSON object, or a stream of them, a line each, of which the last has
// the counts.
func (u *usage) addReply(body []byte) {
	body = bytes.TrimSpace(body)
	var last struct {
		Done      bool `json:"done"`
		Prompt    int  `json:"prompt_eval_count"`
		Generated int  `json:"eval_count"`
	}
	if json.Unmarshal(body[bytes.LastIndexByte(body, '\n')+1:], &last) == nil && last.Done {
		u.calls++
		u.prompt += last.Prompt
		u.generated += last.Generated
	}
}
