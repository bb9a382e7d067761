package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The gateway passes everything on, counts the calls of clients that have ended, and keeps what is asked while told to.
func TestGateway(t *testing.T) {
	const reply = `{"message":{"content":"hello"},"done":true,"prompt_eval_count":30,"eval_count":5}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil:
			t.Error(err)
		case strings.Contains(string(body), "busy"):
			http.Error(w, reply, http.StatusServiceUnavailable)
		default:
			io.WriteString(w, reply)
		}
	}))
	defer srv.Close()
	g, err := openGateway(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	post := func(path, body string) {
		resp, err := http.Post(g.url+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); err != nil || strings.TrimSpace(string(got)) != reply {
			t.Errorf("got %s (%v), want %s", got, err, reply)
		}
	}
	post("/api/chat", "one")
	bodies, err := g.keep(func() error {
		post("/api/chat", "two")
		post("/api/show", "not a call")
		post("/api/generate", "three")
		return nil
	})
	post("/api/chat", "busy")
	if got := strings.Join(toStrings(bodies), ","); got != "two,three" || err != nil {
		t.Errorf("kept %s (%v), want two,three", got, err)
	}
	if got, want := g.takeUsage(), (usage{3, 90, 15}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := g.takeUsage(); got != (usage{}) {
		t.Errorf("got %+v after it was taken", got)
	}
	if _, err := openGateway("localhost"); err == nil {
		t.Error("a server without a host is accepted")
	}
}

func toStrings(bodies [][]byte) []string {
	var texts []string
	for _, b := range bodies {
		texts = append(texts, string(b))
	}
	return texts
}
