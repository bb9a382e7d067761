package classify

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"prism/internal/calllog"
	"prism/internal/job"
	"prism/internal/testutil/ollamatest"
)

// randomRows returns rows whose texts are few and nearly alike.
func randomRows(rng *rand.Rand, first int64, n int) []ollamatest.Row {
	texts := []string{"a", "ab", "", " a", "ä", "a\u0308"}
	pick := func() string { return texts[rng.IntN(len(texts))] }
	rows := make([]ollamatest.Row, n)
	for i := range rows {
		rows[i] = ollamatest.Row{ID: first + int64(i), Title: pick(), Message: pick(), Sentiment: pick()}
	}
	return rows
}

// TestCachedAnswersFit: a label is always that of a row with byte-identical content. Runs of
// random sizes, with faults, little room in the window and a cache that they share end, and every row has
// an answer. The text that the fake server gives a row tells for which row it was.
func TestCachedAnswersFit(t *testing.T) {
	schema := parsePrompt(t)
	faults, err := ollamatest.ParseFaults("missing-row:p=0.2,wrong-label:p=0.1,busy:p=0.1,free-text:p=0.1:times=5")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 1))
		b := newBench(t, 0, serve(t, ollamatest.Seed(seed), faults))
		b.s.Model.Cache = filepath.Join(b.dir, "cache")
		b.s.Model.Retries, b.s.Columns.BlankRows = 6, "ask"
		asked := map[int64]ollamatest.Row{}
		cached := int64(0)
		for n := range 4 {
			b.rows = randomRows(rng, int64(1000*n), 100+rng.IntN(100))
			b.s.RunID = fmt.Sprint("r", n)
			b.s.Model.BatchSize, b.s.Model.Parallel, b.s.maxWindow = 1+rng.IntN(12), job.Calls(1+rng.IntN(5)), 1+rng.IntN(3000)
			for _, r := range b.rows {
				asked[r.ID] = r
			}
			b.writeRows()
			r, err := b.runJob(t.Context())
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, b.said.text())
			}
			if got := int64(len(b.records())); got+r.Failed != int64(len(b.rows)) {
				t.Fatalf("seed %d: %d rows, %d failed, want %d", seed, got, r.Failed, len(b.rows))
			}
			cached += r.Cached
			for _, got := range b.records() {
				id, _ := strconv.ParseInt(got[0], 10, 64)
				note := strings.Fields(got[6]) // Note of ID is …
				of, err := strconv.ParseInt(note[2], 10, 64)
				if err != nil {
					t.Fatalf("seed %d: RowID %d has the text %q", seed, id, got[6])
				}
				same := asked[id]
				same.ID = of
				if same != asked[of] {
					t.Fatalf("seed %d: %+v has the answer of %+v", seed, asked[id], asked[of])
				}
				if err := rowProblem(append([]string{note[2], same.Title, same.Message, same.Sentiment}, got[4:]...), same, schema); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		}
		if cached < 100 {
			t.Errorf("seed %d: %d rows had an answer", seed, cached)
		}
	}
}

// TestRowsInFlightAreAskedOnce: rows of one content are asked for once, however many calls
// are in flight and however slow they are.
func TestRowsInFlightAreAskedOnce(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 500, srv)
	b.s.Model.Cache, b.s.Model.BatchSize, b.s.Model.Parallel = filepath.Join(b.dir, "cache"), 3, 8
	for i := range b.rows {
		id := b.rows[i].ID
		b.rows[i] = b.rows[i%50]
		b.rows[i].ID = id
	}
	b.writeRows()
	r := b.mustRun()
	if sent := srv.Totals().Rows; sent != 50 || r.Cached != 450 {
		t.Errorf("%d rows sent, %d cached, want 50 and 450", sent, r.Cached)
	}
	logged := 0
	for _, c := range b.callLog() {
		if c.Outcome == calllog.Cached {
			logged += c.Labelled
			if c.Total != calllog.NotSaid || c.Tokens != calllog.NotSaid || c.Call != 0 || len(c.RowIDs) != c.Rows {
				t.Errorf("a line of cached rows: %+v", c)
			}
		}
	}
	if logged != 450 {
		t.Errorf("the call log has %d cached rows, want 450", logged)
	}
}

// TestRowsBehindAPartialBatch: rows without a call that fill the window do not keep a row before
// them, which waits for a full batch, waiting for ever.
func TestRowsBehindAPartialBatch(t *testing.T) {
	tests := []struct {
		name  string
		cache bool
		row   func(i int) ollamatest.Row
		note  string // of rows that are not applicable
	}{
		{"blank", false, func(i int) ollamatest.Row { return ollamatest.Row{} }, "-"},
		{"blank, with long defaults", false, func(i int) ollamatest.Row { return ollamatest.Row{} }, strings.Repeat("x", 2000)},
		{"blank, with a cache", true, func(i int) ollamatest.Row { return ollamatest.Row{} }, "-"},
		{"the same", true, func(i int) ollamatest.Row { return ollamatest.Row{Message: "the first"} }, "-"},
		{"in the cache", true, func(i int) ollamatest.Row { return ollamatest.Row{Message: "known"} }, "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(t)
			b := newBench(t, 0, srv)
			b.writeFile("prompt.json", strings.Replace(promptFile, `"Note":"-"`, `"Note":"`+tt.note+`"`, 1))
			if tt.cache {
				b.s.Model.Cache = filepath.Join(b.dir, "cache")
				b.s.RunID = "before"
				b.rows = []ollamatest.Row{{ID: 1, Message: "known"}}
				b.writeRows()
				b.mustRun()
				b.s.RunID, b.rows = "r", nil
			}
			b.s.maxWindow = 5000 + 50*len(tt.note)
			b.rows = append(b.rows, ollamatest.Row{ID: 1, Message: "the first"})
			for i := 2; i <= 3000; i++ {
				r := tt.row(i)
				r.ID = int64(i)
				b.rows = append(b.rows, r)
			}
			b.writeRows()
			if r := b.mustRun(); r.Rows != 3000 || r.Calls != 1 {
				t.Errorf("%d rows in %d calls, want 3000 in 1", r.Rows, r.Calls)
			}
		})
	}
}

// TestUnusableRepliesWithAFullWindow: rows that wait for one whose reply is unusable do not keep
// it from being settled.
func TestUnusableRepliesWithAFullWindow(t *testing.T) {
	faults, err := ollamatest.ParseFaults("free-text:times=2")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, 0, serve(t, faults))
	b.s.Model.Cache, b.s.maxWindow = filepath.Join(b.dir, "cache"), 2000
	for i := 1; i <= 500; i++ {
		b.rows = append(b.rows, ollamatest.Row{ID: int64(i), Message: "the same"})
	}
	b.writeRows()
	b.s.Model.Retries = 5
	if r := b.mustRun(); r.Rows != 500 || r.Cached != 499 {
		t.Errorf("%d rows, %d cached, want 500 and 499", r.Rows, r.Cached)
	}
}
