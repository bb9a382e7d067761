package stats

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"prism/internal/calllog"
	"prism/internal/status"
)

func at(seconds float64) time.Time {
	return time.Date(2025, 1, 27, 14, 30, 52, 0, time.UTC).Add(time.Duration(seconds * 1e9))
}

func TestCalls(t *testing.T) {
	var a CallCounter
	if c := a.Result(); c.Calls != 0 || c.Outcomes == nil {
		t.Errorf("of nothing: got %+v", c)
	}
	call := calllog.Call{Time: at(0), Worker: 1, Attempt: 1, Rows: 10, Labelled: 10, Outcome: calllog.OK,
		PromptTokens: 800, CachedTokens: 300, Tokens: 200, Total: 2 * time.Second, Eval: time.Second}
	a.AddCall(&call)
	call.Time, call.Outcome, call.Labelled, call.Worker = at(1), calllog.Partial, 7, 2
	a.AddCall(&call)
	silent := calllog.Call{Time: at(10), Worker: 1, Attempt: 2, Rows: 3, Outcome: calllog.Transient, PromptTokens: calllog.NotSaid,
		CachedTokens: calllog.NotSaid, Tokens: calllog.NotSaid, Total: time.Second, Eval: calllog.NotSaid}
	a.AddCall(&silent)
	silent.Outcome, silent.Rows, silent.Attempt, silent.Time = calllog.Probe, 0, 1, at(11)
	a.AddCall(&silent)
	call.Time, call.Outcome, call.Labelled, call.Rows, call.Worker = at(3600), calllog.OK, 3, 3, 1
	a.AddCall(&call)
	a.AddUnreadableLine()
	want := &Calls{
		Calls: 5, Outcomes: map[calllog.Outcome]int64{"ok": 2, "partial": 1, "transient": 1, "probe": 1},
		Errors: 2, Retries: 1, RowsAsked: 26, RowsLabelled: 20, PromptTokens: 2400, CachedTokens: 900, Tokens: 600,
		TokensPerRow: 30, PromptTokensPerRow: 120, RowsPerSec: 20.0 / 14, TokensPerSec: 600.0 / 14, EvalTokensPerSec: 200,
		CallSeconds: 7.0 / 4, StartedAt: status.At(at(0)), EndedAt: status.At(at(3602)), WorkSeconds: 14, IdleGaps: 1,
		Workers: 2, UnreadableLines: 1,
	}
	inParts := cmpopts.IgnoreFields(Calls{}, "WastedPromptTokens", "WastedTokens", "Latency", "QuantileError", "Histogram",
		"ByWorker", "ByHost", "ByBatchSize", "ErrorGroups", "Timeline")
	if d := cmp.Diff(a.Result(), want, inParts); d != "" {
		t.Errorf("(-got +want):\n%s", d)
	}
}

func TestCallsWithoutACall(t *testing.T) {
	var a CallCounter
	a.AddUnreadableLine()
	if c := a.Result(); c == nil || c.UnreadableLines != 1 || c.Outcomes == nil || c.RowsPerSec != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestWorkIntervals(t *testing.T) {
	const s, m = int64(1e9), int64(60e9)
	for _, c := range []struct {
		name string
		add  []interval
		want []interval
	}{
		{"one", []interval{{0, s}}, []interval{{0, s}}},
		{"next", []interval{{0, s}, {s, 2 * s}}, []interval{{0, 2 * s}}},
		{"at once", []interval{{0, 9 * s}, {s, 2 * s}}, []interval{{0, 9 * s}}},
		{"a minute's wait", []interval{{0, s}, {s + m, 2*s + m}}, []interval{{0, 2*s + m}}},
		{"a rest", []interval{{0, s}, {2*s + m, 3*s + m}}, []interval{{0, s}, {2*s + m, 3*s + m}}},
		{"before", []interval{{10 * m, 11 * m}, {0, m}}, []interval{{0, m}, {10 * m, 11 * m}}},
		{"between", []interval{{0, m}, {10 * m, 11 * m}, {5 * m, 5*m + s}}, []interval{{0, m}, {5 * m, 5*m + s}, {10 * m, 11 * m}}},
		{"over all", []interval{{0, m}, {5 * m, 6 * m}, {10 * m, 11 * m}, {2 * m, 9 * m}}, []interval{{0, 11 * m}}},
	} {
		var all workIntervals
		for _, a := range c.add {
			all.addInterval(a.from, a.to)
		}
		if !slices.Equal(all.intervals, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, all.intervals, c.want)
		}
	}
}

func TestWorkIntervalsInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var in []interval
		for range rng.IntN(40) + 1 {
			from := rng.Int64N(3600e9)
			in = append(in, interval{from, from + rng.Int64N(90e9)})
		}
		var a, b workIntervals
		for _, s := range in {
			a.addInterval(s.from, s.to)
		}
		rng.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		for _, s := range in {
			b.addInterval(s.from, s.to)
		}
		if !slices.Equal(a.intervals, b.intervals) {
			t.Fatalf("order matters: %v and %v of %v", a.intervals, b.intervals, in)
		}
	}
}

func TestWorkIntervalsAreBounded(t *testing.T) {
	var s workIntervals
	for i := range int64(2 * maxIntervals) {
		s.addInterval(i*100e9, i*100e9+1e9)
	}
	if len(s.intervals) > maxIntervals {
		t.Errorf("%d intervals", len(s.intervals))
	}
	if first, last := s.intervals[0].from, s.intervals[len(s.intervals)-1].to; first != 0 || last != (2*maxIntervals-1)*100e9+1e9 {
		t.Errorf("from %d to %d", first, last)
	}
}
