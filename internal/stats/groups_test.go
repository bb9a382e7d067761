package stats

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"prism/internal/calllog"
)

func TestQuantilesAreWithinTheirError(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		name string
		draw func() time.Duration
	}{
		{"even", func() time.Duration { return time.Duration(rng.Int64N(int64(time.Minute))) }},
		{"long tail", func() time.Duration { return time.Duration(math.Exp(rng.NormFloat64()*3) * float64(time.Second)) }},
		{"all the same", func() time.Duration { return 1234 * time.Millisecond }},
		{"none", func() time.Duration { return 0 }},
		{"two heaps", func() time.Duration {
			return []time.Duration{2 * time.Millisecond, time.Hour}[rng.IntN(2)]
		}},
	} {
		for _, n := range []int{1, 2, 99, 20_000} {
			var d latencySketch
			exact := make([]float64, n)
			for i := range exact {
				took := c.draw()
				d.observe(took)
				exact[i] = took.Seconds()
			}
			slices.Sort(exact)
			for _, q := range []float64{0.5, 0.9, 0.95, 0.99} {
				want := exact[max(int(math.Ceil(q*float64(n))), 1)-1]
				if got := d.quantile(q); math.Abs(got-want) > QuantileError*want+1e-6 {
					t.Errorf("%s, %d calls: quantile %v is %v, want %v", c.name, n, q, got, want)
				}
			}
			var bars int64
			var end float64
			for _, b := range d.bars() {
				bars += b.Calls
				if end = b.To; b.To <= b.From {
					t.Errorf("%s, %d calls: a bar from %v to %v", c.name, n, b.From, b.To)
				}
			}
			if longest := exact[n-1]; end != longest && longest > 0 {
				t.Errorf("%s, %d calls: the last bar ends at %v, the longest call at %v", c.name, n, end, longest)
			}
			if r := d.summarize(); bars != int64(n) || r.Min != exact[0] || r.Max != exact[n-1] || len(d.bars()) > maxBars {
				t.Errorf("%s, %d calls: %d in %d bars, %v to %v", c.name, n, bars, len(d.bars()), r.Min, r.Max)
			}
		}
	}
}

func TestGroupsAndWastedTokens(t *testing.T) {
	var a CallCounter
	call := calllog.Call{Time: at(0), Worker: 2, Host: "http://b", Attempt: 1, Rows: 10, Labelled: 10, Outcome: calllog.OK,
		PromptTokens: 800, Tokens: 200, Total: 2 * time.Second}
	a.AddCall(&call)
	call.Worker, call.Host, call.Outcome, call.Labelled, call.Error = 1, "http://a", calllog.Partial, 7, "row 3: \"Topic\" is missing"
	a.AddCall(&call)
	call.Rows, call.Labelled, call.Attempt, call.Outcome, call.Error = 3, 0, 2, calllog.Cut, "cut"
	a.AddCall(&call)
	call.Outcome, call.Rows = calllog.Probe, 0
	a.AddCall(&call)
	c := a.Result()
	if c.WastedTokens != 60+200 || c.WastedPromptTokens != 240+800 {
		t.Errorf("wasted: got %d and %d", c.WastedTokens, c.WastedPromptTokens)
	}
	if len(c.ByWorker) != 2 || *c.ByWorker[0].Worker != 1 || c.ByWorker[0].Calls != 2 || c.ByWorker[0].Errors != 2 || c.ByWorker[0].Retries != 1 ||
		c.ByWorker[1].RowsPerSec != 5 || c.ByWorker[1].Latency.Mean != 2 {
		t.Errorf("by worker: got %+v", c.ByWorker)
	}
	if len(c.ByHost) != 2 || *c.ByHost[1].Host != "http://b" || c.ByHost[1].RowsLabelled != 10 {
		t.Errorf("by host: got %+v", c.ByHost)
	}
	if len(c.ByBatchSize) != 2 || *c.ByBatchSize[0].BatchSize != 3 || c.ByBatchSize[1].Calls != 2 {
		t.Errorf("by batch size: got %+v", c.ByBatchSize)
	}
	if len(c.ErrorGroups) != 2 || c.ErrorGroups[0].Rows+c.ErrorGroups[1].Rows != 6 {
		t.Errorf("error groups: got %+v", c.ErrorGroups)
	}
	if c.Latency.Calls != 3 {
		t.Errorf("%d calls timed, want 3: probes are left out", c.Latency.Calls)
	}
}

func TestTimelineKeepsEveryCall(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, reach := range []float64{1, 100, 3e4, 1e7} {
		var line timeline
		var rows int64
		for range 2000 {
			c := calllog.Call{Time: at(rng.Float64()*reach - reach/2), Labelled: rng.IntN(9), Outcome: []calllog.Outcome{
				calllog.OK, calllog.Partial, calllog.Cut, calllog.Transient, "odd"}[rng.IntN(5)], Tokens: calllog.NotSaid}
			rows += int64(c.Labelled)
			line.addCall(&c)
		}
		got := line.summarize()
		var sum Bin
		for i, b := range got.Bins {
			sum.Rows += b.Rows
			sum.OK += b.OK + b.Partial + b.Invalid + b.NoReply
			if i > 0 && b.Start.Sub(got.Bins[i-1].Start.Time).Seconds() != got.BinSeconds {
				t.Fatalf("a gap before bin %d", i)
			}
		}
		if sum.Rows != rows || sum.OK != 2000 || len(got.Bins) > maxBins || sum.Tokens != 0 {
			t.Errorf("over %v s: %d bins with %d rows of %d in %d calls", reach, len(got.Bins), sum.Rows, rows, sum.OK)
		}
	}
}

func TestErrorGroupsAreBounded(t *testing.T) {
	var all errorGroups
	for i := range 1000 {
		all.addCall(&calllog.Call{Time: at(0), Outcome: calllog.Bad, Rows: 1, Error: string(rune('a'+i%26)) + string(rune('à'+i))})
	}
	got := all.sorted()
	var n int64
	for _, s := range got {
		n += s.Calls
	}
	if len(got) != maxErrorGroups+1 || n != 1000 || got[0].Error != "other messages" {
		t.Errorf("got %d error groups with %d calls", len(got), n)
	}
}

func TestErrorsOfDifferentRowsAreOneGroup(t *testing.T) {
	var all errorGroups
	for i := range 1000 {
		reason := []string{"no object with this RowID in the reply", "\"Topic\" is missing"}[i%2]
		all.addCall(&calllog.Call{Time: at(0), Outcome: calllog.Bad, Rows: 1, Error: fmt.Sprintf("RowID %d: %s", i-500, reason)})
	}
	got := map[string]int64{}
	for _, s := range all.sorted() {
		got[s.Error] = s.Calls
	}
	want := map[string]int64{"RowID …: no object with this RowID in the reply": 500, "RowID …: \"Topic\" is missing": 500}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTruncateTextKeepsCharacters(t *testing.T) {
	long := strings.Repeat("ä€", 200)
	got := truncateText(long)
	if len(got) > maxErrorText || !utf8.ValidString(got) || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}
