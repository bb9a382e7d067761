package classify

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"prism/internal/server"
)

// TestServerHints: every class of error that ends a worker has a hint, and only
// where nothing answered it is to start the server.
func TestServerHints(t *testing.T) {
	for _, c := range []struct {
		name string
		err  server.Error
		want string
	}{
		{"unreachable", server.Error{Class: server.Unreachable, Host: "http://h:1"}, "start the server (ollama serve), or name another with --host or OLLAMA_HOST (now http://h:1)"},
		{"busy", server.Error{Class: server.Busy, Status: 503}, "the server has too many calls"},
		{"transient", server.Error{Class: server.Transient, Status: 500}, "the server answers but fails"},
		{"missing model", server.Error{Class: server.MissingModel, Have: []string{"a", "b\x1b[31m"}}, "get the model with: ollama pull 'm x'\nthe server has a, b\\x1b[31m"},
		{"denied", server.Error{Class: server.Denied, Status: 401}, "the server requires a user and a password"},
		{"sign-in", server.Error{Class: server.Denied, Status: 401, SignIn: "https://x/y"}, "sign in at https://x/y, or with: ollama signin"},
		{"payment", server.Error{Class: server.Denied, Status: 402}, "the call limit is reached"},
		{"old server", server.Error{Class: server.OldServer}, "update Ollama"},
		{"not ollama", server.Error{Class: server.NotOllama}, "is --host or OLLAMA_HOST right?"},
		{"redirect", server.Error{Class: server.NotOllama, Status: 301, Location: "https://x"}, "if https://x is your server, name it with --host"},
		{"mismatch", server.Error{Class: server.Mismatch}, "pull the same model on every host"},
		{"overflow", server.Error{Class: server.Overflow}, "use a larger --num-ctx"},
		{"no contract", server.Error{Class: server.NoContract}, "try --think true or --think false"},
	} {
		got := Hint(&c.err, "m x")
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q…", c.name, got, c.want)
		}
		if strings.Contains(got, "ollama serve") != (c.err.Class == server.Unreachable) {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

// TestServerHintsOfOpenAI: a server of OpenAI's API is not talked of as if it were Ollama.
func TestServerHintsOfOpenAI(t *testing.T) {
	for _, c := range []struct {
		name string
		err  server.Error
		want string // the hint has it
	}{
		{"unreachable", server.Error{Class: server.Unreachable, Host: "http://h:1"}, "http://h:1"},
		{"missing model", server.Error{Class: server.MissingModel, Have: []string{"a", "b\x1b[31m"}}, `a, b\x1b[31m`},
		{"no model at all", server.Error{Class: server.MissingModel}, "none"},
		{"no key", server.Error{Class: server.Denied, Status: 401}, "PRISM_API_KEY"},
		{"something else answers", server.Error{Class: server.NotOllama}, "/v1"},
		{"overflow", server.Error{Class: server.Overflow}, "--batch-size"},
		{"busy", server.Error{Class: server.Busy, Status: 503}, "--parallel"},
		{"transient", server.Error{Class: server.Transient, Status: 500}, "log"},
		{"memory", server.Error{Class: server.Transient, Status: 500, Err: errors.New("CUDA out of memory")}, "memory"},
		{"disk", server.Error{Class: server.Transient, Status: 500, Err: errors.New("no space left on device")}, "disk"},
		{"mismatch", server.Error{Class: server.Mismatch}, "every host"},
		{"quota", server.Error{Class: server.Busy, Status: 429}, "--parallel"},
		{"a call too large for a gateway", server.Error{Class: server.BadRequest, Status: 413}, "client_max_body_size"},
		{"a proxy", server.Error{Class: server.Transient, Status: 502, Proxy: "http://p:8"}, "http://p:8"},
	} {
		c.err.API = server.OpenAI
		got := serverHint(&c.err, "m")
		if !strings.Contains(got, c.want) || strings.Contains(strings.ToLower(got), "ollama") {
			t.Errorf("%s: got %q, want %q in it, and nothing of Ollama", c.name, got, c.want)
		}
	}
}

func TestHideCredentials(t *testing.T) {
	for _, c := range []struct{ command, want []string }{
		{[]string{"p", "in@put.csv"}, []string{"p", "in@put.csv"}},
		{[]string{"p", "--host", "http://a:b@h", "x"}, []string{"p", "--host", "http://USER:PASSWORD@h", "x"}},
		{[]string{"p", "--host=a:b@h,c:d@i"}, []string{"p", "--host=USER:PASSWORD@h,USER:PASSWORD@i"}},
		{[]string{"p", "--proxy", "http://a:b@h:1"}, []string{"p", "--proxy", "http://USER:PASSWORD@h:1"}},
		{[]string{"p", "--host"}, []string{"p", "--host"}},
		{[]string{"p", "-o", "a@b", "--host=h"}, []string{"p", "-o", "a@b", "--host=h"}},
	} {
		given := slices.Clone(c.command)
		if got := hideCredentials(c.command); !slices.Equal(got, c.want) || !slices.Equal(c.command, given) {
			t.Errorf("%q: got %q, want %q", c.command, got, c.want)
		}
	}
}
