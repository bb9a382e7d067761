package systemtest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/testutil/ollamatest"
)

// cmdAnswer: answer [on=PREFIX] [status=N] [body=TEXT] [header=NAME:VALUE]… [asked=FILE] [hang] [body-hangs]
// [endless] [gzip] puts a server in front of the script's fake server, or of none, and
// points OLLAMA_HOST at it. It gives this answer to requests whose path begins with
// PREFIX (/ if there is none), and passes the others on. hang: no answer until the
// caller leaves; body-hangs: the header alone; endless: white space without an end.
// asked=FILE: the file is there once such a request came.
func cmdAnswer(ts *testscript.TestScript, neg bool, args []string) {
	a := fixedAnswer{on: "/", status: http.StatusOK, header: http.Header{}, next: *scriptServer(ts)}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "on":
			a.on = value
		case "status":
			a.status = parseInt(ts, value)
		case "body":
			a.body = []byte(value)
		case "header":
			name, text, _ := strings.Cut(value, ":")
			a.header.Add(name, text)
		case "asked":
			a.asked = ts.MkAbs(value)
		case "hang", "body-hangs", "endless":
			a.end = key
		case "gzip":
			a.header.Set("Content-Encoding", "gzip")
			a.body = gzipBomb(ts)
		default:
			ts.Fatalf("answer: unknown argument %q", arg)
		}
	}
	srv := httptest.NewServer(&a)
	ts.Defer(srv.Close)
	ts.Setenv("OLLAMA_HOST", srv.URL)
}

// fixedAnswer answers requests under a path always the same.
type fixedAnswer struct {
	on     string
	status int
	header http.Header
	body   []byte
	asked  string             // file that appears with the first such request; empty: none
	end    string             // after the header and the body: hang, body-hangs or endless
	next   *ollamatest.Server // nil: every path is answered
}

func (a *fixedAnswer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.next != nil && !strings.HasPrefix(r.URL.Path, a.on) {
		a.next.ServeHTTP(w, r)
		return
	}
	if a.asked != "" {
		os.WriteFile(a.asked, nil, 0o666) // a test that waits for it sees that it is missing
	}
	io.Copy(io.Discard, r.Body) // else the server does not see that the caller leaves
	if a.end == "hang" {
		<-r.Context().Done()
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
	switch a.end {
	case "body-hangs":
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case "endless":
		blanks := bytes.Repeat([]byte(" \n"), 32<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(blanks); err != nil {
				return
			}
		}
	}
}

// gzipBomb is 64 MiB of blanks in a few kilobytes.
func gzipBomb(ts *testscript.TestScript) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(bytes.Repeat([]byte(" "), 64<<20))
	ts.Check(err)
	ts.Check(w.Close())
	return b.Bytes()
}

// cmdAuth: auth puts a server that wants the user me with the password s3cret in
// front of the script's fake server and sets AUTH_ADDRESS to its address.
func cmdAuth(ts *testscript.TestScript, neg bool, args []string) {
	next := *scriptServer(ts)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}))
	ts.Defer(srv.Close)
	ts.Setenv("AUTH_ADDRESS", strings.TrimPrefix(srv.URL, "http://"))
}

// proxyKey is the key under which a script's proxy is kept in its values.
type proxyKey struct{}

// scriptProxy is an HTTP proxy that counts what goes through it.
type scriptProxy struct {
	status   int // other than 0: it refuses everything with that
	requests atomic.Int64
}

func (p *scriptProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.requests.Add(1)
	if p.status != 0 || r.Method == http.MethodConnect {
		http.Error(w, "<html>no way</html>", max(p.status, http.StatusForbidden))
		return
	}
	r.RequestURI = ""
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// cmdProxy: proxy [status=N] starts the script's HTTP proxy and sets PROXY to its
// address, and PROXY_ADDRESS without the scheme.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	p := new(scriptProxy)
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "status="); ok {
			p.status = parseInt(ts, value)
		}
	}
	srv := httptest.NewServer(p)
	ts.Defer(srv.Close)
	ts.Setenv("PROXY", srv.URL)
	ts.Setenv("PROXY_ADDRESS", strings.TrimPrefix(srv.URL, "http://"))
	*ts.Value(proxyKey{}).(**scriptProxy) = p
}

// cmdProxied: proxied checks that the script's proxy was used, ! proxied that it was not.
func cmdProxied(ts *testscript.TestScript, neg bool, args []string) {
	n := (*ts.Value(proxyKey{}).(**scriptProxy)).requests.Swap(0)
	if (n == 0) != neg {
		ts.Fatalf("%d requests went through the proxy", n)
	}
}
