package classify

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prism/internal/server"
	"prism/internal/testutil/ollamatest"
)

// TestOutageThatEnds: no row fails for it, whatever the server says meanwhile.
func TestOutageThatEnds(t *testing.T) {
	for _, kind := range []ollamatest.Kind{ollamatest.Busy, ollamatest.Kill, ollamatest.Close, ollamatest.Reset, ollamatest.NotJSON} {
		for _, batch := range []int{1, 10} {
			for _, length := range []int{1, 3, 5, 9} {
				t.Run(fmt.Sprintf("%s, batch %d, %d calls", kind, batch, length), func(t *testing.T) {
					t.Parallel()
					// Three attempts and the probe see it; with three calls of outage the probe goes well.
					srv := serve(t, ollamatest.Fault{Kind: kind, From: 2, To: 1 + length})
					b := newBench(t, 20, srv)
					b.s.Model.BatchSize, b.s.Model.Parallel = batch, 1
					for n := 0; ; n++ {
						r, err := b.runJob(context.Background())
						if r.Failed != 0 {
							t.Fatalf("rows failed: %+v", b.failures())
						}
						if err == nil {
							break
						}
						if !IsServer(err) || n > 3 {
							t.Fatalf("start %d: %v", n, err)
						}
					}
					b.check()
				})
			}
		}
	}
}

// TestServerThatIsRestarted is refused for a while.
func TestServerThatIsRestarted(t *testing.T) {
	srv := serve(t, ollamatest.Latency(time.Millisecond))
	b := newBench(t, 200, srv)
	down := make(chan struct{}, 1)
	b.sleep = func(ctx context.Context, d time.Duration) error {
		select {
		case <-down: // the first that waits brings the server back
			return srv.Restart()
		default:
			return ctx.Err()
		}
	}
	b.s.Model.Retries = 50
	stopAfter(b, srv, 5, func() { down <- struct{}{} })
	b.mustRun()
	b.check()
	if len(down) != 0 {
		t.Error("nothing waited for the server")
	}
}

// stopAfter stops the server when it was called so often, and then calls f.
func stopAfter(b *bench, srv *ollamatest.Server, calls int, f func()) {
	var once sync.Once
	b.tick = func() {
		if srv.Totals().Calls >= calls {
			once.Do(func() {
				srv.Stop()
				f()
			})
		}
	}
}

// TestServerThatStaysAway ends the job with everything saved; the same job goes on.
func TestServerThatStaysAway(t *testing.T) {
	for _, kind := range []ollamatest.Kind{ollamatest.Close, ollamatest.Kill, ollamatest.Busy, ollamatest.ErrorIn200} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			srv := serve(t, ollamatest.Fault{Kind: kind, From: 4, To: 1000})
			b := newBench(t, 60, srv)
			b.s.Model.Parallel = 1
			r, err := b.runJob(context.Background())
			if !IsServer(err) || r.Rows != 30 || r.Failed != 0 || r.Resume == "" {
				t.Fatalf("%v, %+v", err, r)
			}
			if Hint(err, "fake") == "" {
				t.Errorf("%v has no hint", err)
			}
			b.checkRows(b.rows[:30]) // stdout has a prefix
			if calls := srv.Totals().Calls; calls != 3+3+1 {
				t.Errorf("%d calls, want three good ones, three in vain and the probe\n%s", calls, callText(srv))
			}
			b.s.Model.Hosts = []string{serve(t).URL}
			b.mustRun()
			b.check()
		})
	}
}

// TestPermanentErrorsEndAtOnce, with everything saved.
func TestPermanentErrorsEndAtOnce(t *testing.T) {
	tests := []struct {
		kind   ollamatest.Kind
		server bool
		say    string
	}{
		{ollamatest.NoModel, true, "not found on"},
		{ollamatest.NoPage, true, "is not Ollama"},
		{ollamatest.BadOption, false, "num_ctx"},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			srv := serve(t, ollamatest.Fault{Kind: tt.kind, From: 3, To: 1000})
			b := newBench(t, 60, srv)
			b.s.Model.Parallel = 1
			r, err := b.runJob(context.Background())
			if IsServer(err) != tt.server || IsUsage(err) == tt.server || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v", err)
			}
			if r.Rows != 20 || r.Failed != 0 || srv.Totals().Calls != 3 {
				t.Errorf("%+v after %d calls", r, srv.Totals().Calls)
			}
			b.s.Model.Hosts = []string{serve(t).URL}
			b.mustRun()
			b.check()
		})
	}
}

// TestOneOfSeveralHostsGoesAway: the others take its rows over, none fails.
func TestOneOfSeveralHostsGoesAway(t *testing.T) {
	tests := []struct {
		name string
		away ollamatest.Fault
	}{
		{"refused", ollamatest.Fault{}},
		{"500 each time", ollamatest.Fault{Kind: ollamatest.Kill, From: 4, To: 10_000}},
		{"503 each time", ollamatest.Fault{Kind: ollamatest.Busy, From: 4, To: 10_000}},
	}
	for _, tt := range tests {
		for _, retries := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s, %d retries", tt.name, retries), func(t *testing.T) {
				t.Parallel()
				var options []ollamatest.Option
				if tt.away.Kind != "" {
					options = append(options, tt.away)
				}
				sick, well := serve(t, options...), serve(t)
				b := newBench(t, 300, sick, well)
				b.s.Model.Retries = retries
				if tt.away.Kind == "" {
					stopAfter(b, sick, 6, func() {})
				}
				r := b.mustRun()
				b.check()
				if r.Failed != 0 {
					t.Errorf("rows failed: %+v", b.failures())
				}
			})
		}
	}
}

// TestBadRowOnSeveralHosts: a row that no host can take is told from hosts that
// are down, also when one is.
func TestBadRowOnSeveralHosts(t *testing.T) {
	for _, retries := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("%d retries", retries), func(t *testing.T) {
			kill := ollamatest.Fault{Kind: ollamatest.Kill, Rows: []int64{1013}}
			sick, one, two := serve(t, kill), serve(t, kill), serve(t, kill)
			b := newBench(t, 40, sick, one, two)
			b.s.Model.Retries = retries
			stopAfter(b, sick, 1, func() {})
			b.mustRun()
			b.check(1013)
		})
	}
}

// TestNoServer ends before anything is made.
func TestNoServer(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 5, srv)
	srv.Stop()
	r, err := b.runJob(context.Background())
	if !IsServer(err) || r.RunID != "" {
		t.Errorf("%v, %+v", err, r)
	}
	if made, _ := filepath.Glob(filepath.Join(b.dir, "*", "*")); len(made) != 0 || b.out.Len() != 0 {
		t.Errorf("made %q, wrote %d bytes", made, b.out.Len())
	}
}

// TestAskedWait: the only server is left alone for as long as it asks, within bounds.
func TestAskedWait(t *testing.T) {
	for _, c := range []struct {
		hosts int
		asked time.Duration
		want  time.Duration
	}{
		{1, 30 * time.Second, 30 * time.Second},
		{1, 24 * time.Hour, server.LongestAskedWait},
		{1, 0, 0},
		{2, 30 * time.Second, 0},
	} {
		e := &engine{contract: contract{hosts: c.hosts}}
		if got := e.askedWait(&server.Error{Class: server.Busy, RetryAfter: c.asked}); got != c.want {
			t.Errorf("%d hosts, asked for %v: got %v, want %v", c.hosts, c.asked, got, c.want)
		}
	}
}
