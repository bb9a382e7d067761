package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

func TestCheck(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Version("0.34.4"),
		ollamatest.Model{Name: "Org/thinker:8b", Digest: "aa", ContextLength: 40960, Thinks: true},
		ollamatest.Model{Name: "plain", Digest: "bb"})
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	for _, c := range []struct {
		name   string
		digest string
		length int
		thinks bool
	}{
		{"org/thinker:8b", "aa", 40960, true},
		{"plain", "bb", 32768, false},
		{"plain:latest", "bb", 32768, false},
	} {
		m, err := client.Check(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name != c.name || m.Digest != c.digest || m.ContextLength != c.length || m.Thinks != c.thinks || m.ServerVersion != "0.34.4" {
			t.Errorf("%s: got %+v", c.name, m)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for _, c := range []struct {
		version string
		old     bool
	}{
		{"0.12.3", true}, {"0.12.4", false}, {"0.12.4-rc1", false}, {"0.12.10", false}, {"0.9.6", true}, {"0.11.11-rc0", true},
		{"v0.5.1", true}, {"1.0.0", false}, {"0.0.0", false}, {"0.34.4", false}, {"main-1234", false}, {"0.12", false}, {"0.1.2.3", false},
	} {
		t.Run(c.version, func(t *testing.T) {
			srv := ollamatest.Start(t, ollamatest.Version(c.version))
			strict := newClient(t, server.Config{Hosts: []string{srv.URL}})
			_, err := strict.Check(t.Context(), "fake")
			if got := server.ClassOf(err) == server.OldServer; got != c.old {
				t.Errorf("old: got %v (%v), want %v", got, err, c.old)
			}
			lax := newClient(t, server.Config{Hosts: []string{srv.URL}, AllowTruncation: true})
			if _, err := lax.Check(t.Context(), "fake"); err != nil {
				t.Fatal(err)
			}
			if _, err := lax.Chat(t.Context(), twoRows()); err != nil {
				t.Fatal(err)
			}
			if call := srv.Calls()[0]; (call.Truncate == nil) != c.old || (call.Shift == nil) != c.old {
				t.Errorf("truncate %v and shift %v were sent", call.Truncate, call.Shift)
			}
		})
	}
}

func TestCheckOldServerText(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Version("0.11.4"))
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	_, err := client.Check(t.Context(), "fake")
	want := srv.URL + ": version 0.11.4 of Ollama truncates prompts that are too long without an error (want 0.12.4 or later)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCheckFails(t *testing.T) {
	page := func(status int, text string) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(text))
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	good := ollamatest.Start(t)
	stopped := ollamatest.Start(t)
	stopped.Stop()
	other := ollamatest.Start(t, ollamatest.Model{Name: "fake", Digest: "0123456789abcdef"})
	without := ollamatest.Start(t, ollamatest.Model{Name: "another"})
	moved := httptest.NewServer(http.RedirectHandler("http://example.invalid/", http.StatusFound))
	t.Cleanup(moved.Close)
	for _, c := range []struct {
		name  string
		hosts []string
		class server.Class
		want  string
	}{
		{"refused", []string{stopped.URL}, server.Unreachable, "no Ollama server at URL: "},
		{"missing model", []string{good.URL, without.URL}, server.MissingModel, `model "fake" not found on URL`},
		{"another model under the name", []string{good.URL, other.URL}, server.Mismatch, `URL: model "fake" differs from the one on ` + good.URL + ` (digest 0123456789ab, there `},
		{"web server", []string{page(404, "not here")}, server.NotOllama, "the server at URL is not Ollama: status 404: not here"},
		{"web page", []string{page(200, "<html>")}, server.NotOllama, "the server at URL is not Ollama: "},
		{"empty page", []string{page(200, "")}, server.NotOllama, "the server at URL is not Ollama: no version in the answer"},
		{"other JSON", []string{page(200, `[1]`)}, server.NotOllama, "the server at URL is not Ollama: "},
		{"redirect", []string{moved.URL}, server.NotOllama, "the server at URL is not Ollama: "},
		{"denied", []string{page(401, "{}")}, server.Denied, "version at URL: status 401 Unauthorized"},
		{"forbidden", []string{page(403, `{"error":"no"}`)}, server.Denied, "version at URL: status 403: no"},
		{"gateway without a server", []string{page(502, "Bad Gateway")}, server.Transient, "version at URL: status 502: Bad Gateway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := newClient(t, server.Config{Hosts: c.hosts})
			_, err := client.Check(t.Context(), "fake")
			bad := c.hosts[len(c.hosts)-1]
			var e *server.Error
			if !errors.As(err, &e) || e.Class != c.class || e.Host != bad {
				t.Fatalf("got %v of class %v, want class %v of %s", err, server.ClassOf(err), c.class, bad)
			}
			if want := strings.ReplaceAll(c.want, "URL", bad); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %q, want %q…", err, want)
			}
		})
	}
}

func TestCheckSeveralHosts(t *testing.T) {
	a, b := ollamatest.Start(t), ollamatest.Start(t, ollamatest.Version("0.34.4"))
	client := newClient(t, server.Config{Hosts: []string{a.URL, b.URL}})
	m, err := client.Check(t.Context(), "fake")
	if err != nil {
		t.Fatal(err)
	}
	if m.ServerVersion != "0.24.0, 0.34.4" {
		t.Errorf("got version %q", m.ServerVersion)
	}
	b.Stop()
	m, err = client.Check(t.Context(), "fake")
	if err != nil || len(m.LeftOut) != 1 || !strings.HasPrefix(m.LeftOut[0].Error(), "no Ollama server at "+b.URL+": ") {
		t.Fatalf("one of two stopped: %v, %+v", err, m)
	}
	if hosts := client.Hosts(); len(hosts) != 1 || hosts[0] != a.URL {
		t.Errorf("calls go to %v", hosts)
	}
}

func TestCheckNamesOtherModels(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Model{Name: "another"})
	_, err := newClient(t, server.Config{Hosts: []string{srv.URL}}).Check(t.Context(), "fake")
	var e *server.Error
	if !errors.As(err, &e) || len(e.Have) != 1 || !strings.HasPrefix(e.Have[0], "another") {
		t.Errorf("%v, it has %v", err, e.Have)
	}
}

func TestCheckEnds(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer srv.Close()
	hurried := newClient(t, server.Config{Hosts: []string{srv.URL}, Timeout: 20 * time.Millisecond})
	_, err := hurried.Check(t.Context(), "fake")
	if want := "version at " + srv.URL + ": no answer within 20ms"; server.ClassOf(err) != server.Transient || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	patient := newClient(t, server.Config{Hosts: []string{srv.URL}})
	if _, err := patient.Check(ctx, "fake"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestList(t *testing.T) {
	both := ollamatest.Start(t, ollamatest.Model{Name: "b"}, ollamatest.Model{Name: "a"})
	one := ollamatest.Start(t, ollamatest.Model{Name: "a"}, ollamatest.Model{Name: "c"})
	for _, tt := range []struct {
		name  string
		hosts []string
		want  []string
	}{
		{"one host", []string{both.URL}, []string{"a", "b"}},
		{"what all hosts have", []string{both.URL, one.URL}, []string{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := server.New(server.Config{Hosts: tt.hosts})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.List(t.Context())
			for i, n := range got {
				got[i] = n[:1] // without the tag
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	c, err := server.New(server.Config{Hosts: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	var e *server.Error
	if _, err := c.List(t.Context()); !errors.As(err, &e) || e.Class != server.Unreachable {
		t.Errorf("no server: got %v", err)
	}
}
