package server_test

import (
	"context"
	"errors"
	"testing"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name   string
		aUp    bool
		bUp    bool
		failed string // a, b or nothing
		want   server.Health
	}{
		{"the host works, so the call is bad", true, true, "a", server.Answers},
		{"the host works, the other does not", true, false, "a", server.Answers},
		{"the host is down, the other works", false, true, "a", server.Elsewhere},
		{"the other way around", true, false, "b", server.Elsewhere},
		{"both are down", false, false, "a", server.Down},
		{"any host, one works", false, true, "", server.Answers},
		{"any host, none works", false, false, "", server.Down},
		{"a host of no client", true, true, "http://x:1", server.Answers},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := ollamatest.Start(t), ollamatest.Start(t)
			client := newClient(t, server.Config{Hosts: []string{a.URL, b.URL}})
			host := map[string]string{"a": a.URL, "b": b.URL, "http://x:1": "http://x:1"}[c.failed]
			if !c.aUp {
				a.Stop()
			}
			if !c.bUp {
				b.Stop()
			}
			got, err := client.Probe(t.Context(), twoRows(), host)
			if got != c.want {
				t.Errorf("got %v (%v), want %v", got, err, c.want)
			}
			if (err != nil) != (c.want == server.Down) {
				t.Errorf("got the error %v with %v", err, got)
			}
			var e *server.Error
			if c.want == server.Down && (!errors.As(err, &e) || host != "" && e.Host != host) {
				t.Errorf("got %v, want an error of %s", err, host)
			}
		})
	}
}

// A probe takes one token and nothing that makes the server load the model anew.
func TestProbeIsSmall(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Version("0.34.4"))
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	r := twoRows()
	r.Think, r.KeepAlive = "false", "60"
	if _, err := client.Chat(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Probe(t.Context(), r, srv.URL); err != nil || got != server.Answers {
		t.Fatalf("got %v, %v", got, err)
	}
	calls := srv.Calls()
	chat, probe := calls[0], calls[1]
	if probe.NumPredict != 1 || probe.System != "" || probe.Format != "" || len(probe.RowIDs) != 0 || len(probe.User) > 20 {
		t.Errorf("got %+v", probe)
	}
	if probe.NumCtx != chat.NumCtx || probe.KeepAlive != chat.KeepAlive || probe.Think != chat.Think ||
		*probe.Truncate != *chat.Truncate || *probe.Shift != *chat.Shift {
		t.Errorf("the options differ: %+v and %+v", chat, probe)
	}
	if n := srv.Totals().Loads; n != 1 {
		t.Errorf("the model was loaded %d times", n)
	}
	if string(r.Format) != schemaOf2 || r.NumPredict != 400 {
		t.Errorf("the request was changed: %+v", r)
	}
}

func TestProbeGivenUp(t *testing.T) {
	srv := ollamatest.Start(t)
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := client.Probe(ctx, twoRows(), srv.URL); got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A row that kills the runner does not keep a probe from its answer.
func TestProbeTellsABadRowFromAnOutage(t *testing.T) {
	srv := ollamatest.Start(t, ollamatest.Fault{Kind: ollamatest.Kill, Rows: []int64{7}})
	client := newClient(t, server.Config{Hosts: []string{srv.URL}})
	_, err := client.Chat(t.Context(), twoRows())
	if server.ClassOf(err) != server.Transient {
		t.Fatalf("got %v", err)
	}
	if got, err := client.Probe(t.Context(), twoRows(), srv.URL); got != server.Answers {
		t.Errorf("got %v, %v", got, err)
	}
}
