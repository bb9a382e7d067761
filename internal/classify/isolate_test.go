package classify

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/checkpoint"
	"prism/internal/testutil/ollamatest"
)

// TestOneBadRowCostsFewCalls puts a row that goes wrong each time at every place
// of a batch of ten.
func TestOneBadRowCostsFewCalls(t *testing.T) {
	const most = 11 // calls more than the one, at two retries
	tests := []struct {
		name   string
		fault  ollamatest.Kind
		reason string
		most   int
	}{
		{"stops the runner", ollamatest.Kill, "runner has unexpectedly stopped", most},
		{"closes the connection", ollamatest.Close, "closed", most},
		{"white space", ollamatest.WhiteSpace, "truncated after", most},
		{"empty reply", ollamatest.Empty, "no object", most},
		{"error in a 200", ollamatest.ErrorIn200, "unexpected EOF", most},
		{"its own label is not listed", ollamatest.WrongLabel, ollamatest.WrongText, 2},
		{"its label is null", ollamatest.NullValue, "null", 2},
		{"it is missing", ollamatest.MissingRow, "no object", 2},
		{"foreign RowID", ollamatest.OtherRow, "no object", 2},
	}
	for _, tt := range tests {
		for n := range 10 {
			t.Run(fmt.Sprintf("%s at %d", tt.name, n), func(t *testing.T) {
				t.Parallel()
				bad := ollamatest.MakeRow(n + 1).ID
				srv := serve(t, ollamatest.Fault{Kind: tt.fault, Rows: []int64{bad}})
				b := newBench(t, 10, srv)
				r := b.mustRun()
				b.check(bad)
				if more := srv.Totals().Calls - 1; more > tt.most {
					t.Errorf("%d calls more, want at most %d\n%s", more, tt.most, callText(srv))
				}
				f := b.failures()
				if r.Failed != 1 || len(f) != 1 || f[0].RowID != bad || f[0].Position != int64(n+1) || !strings.Contains(f[0].Reason, tt.reason) {
					t.Errorf("%d failed: %+v", r.Failed, f)
				}
			})
		}
	}
}

// failures reads the list of failed rows.
func (b *bench) failures() []checkpoint.Failure {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.s.Monitoring.LogsDir, "r", "failed_ranges_w1.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	var list struct {
		RunID    string `json:"run_id"`
		WorkerID int    `json:"worker_id"`
		Ranges   []struct{ Start, End int64 }
		Rows     []checkpoint.Failure
	}
	if err := json.Unmarshal(data, &list); err != nil {
		b.t.Fatalf("%v in\n%s", err, data)
	}
	inRanges := int64(0)
	for _, r := range list.Ranges {
		inRanges += r.End - r.Start + 1
	}
	if list.RunID != "r" || list.WorkerID != 1 || inRanges != int64(len(list.Rows)) {
		b.t.Errorf("the list is\n%s", data)
	}
	return list.Rows
}

// TestBadRowsAmongGoodOnes isolates several rows at once, of one batch and of others.
func TestBadRowsAmongGoodOnes(t *testing.T) {
	tests := []struct {
		name  string
		fault ollamatest.Kind
		rows  []int64
		batch int
	}{
		{"two of a batch stop the runner", ollamatest.Kill, []int64{1003, 1008}, 10},
		{"neighbours stop the runner", ollamatest.Kill, []int64{1010, 1011}, 10},
		{"all of a batch stop the runner", ollamatest.Kill, []int64{1001, 1002, 1003, 1004, 1005}, 5},
		{"one of a batch of one stops the runner", ollamatest.Kill, []int64{1004}, 1},
		{"one of a batch of forty stops the runner", ollamatest.Kill, []int64{1033}, 40},
		{"three give white space", ollamatest.WhiteSpace, []int64{1001, 1015, 1040}, 15},
		{"four have a wrong label", ollamatest.WrongLabel, []int64{1001, 1002, 1039, 1040}, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, ollamatest.Fault{Kind: tt.fault, Rows: tt.rows})
			b := newBench(t, 40, srv)
			b.s.Model.BatchSize = tt.batch
			r := b.mustRun()
			b.check(tt.rows...)
			if f := b.failures(); len(f) != len(tt.rows) || r.Failed != int64(len(tt.rows)) {
				t.Errorf("%d failed, listed are %+v", r.Failed, f)
			}
			if most := 4 + 16*len(tt.rows) + 40/tt.batch; srv.Totals().Calls > most {
				t.Errorf("%d calls, want at most %d\n%s", srv.Totals().Calls, most, callText(srv))
			}
		})
	}
}

// TestOverflow: a prompt that does not fit is halved; a row whose own does not
// fit is a named failure, at the cost of one call.
func TestOverflow(t *testing.T) {
	for _, version := range []string{"0.24.0", "0.30.0"} {
		t.Run(version, func(t *testing.T) {
			srv := serve(t, ollamatest.Version(version))
			b := newBench(t, 20, srv)
			b.rows[7].Message = strings.Repeat("far too long ", 2000)
			b.writeRows()
			b.s.Model.NumCtx = 900 // for about six rows
			r := b.mustRun()
			b.check(1008)
			f := b.failures()
			if r.Failed != 1 || len(f) != 1 || !strings.Contains(f[0].Reason, "does not fit the context of 900 tokens") || f[0].Calls > 5 {
				t.Errorf("failures %+v", f)
			}
			for _, c := range srv.Calls() {
				if c.NumCtx != 900 || c.Truncate == nil || *c.Truncate || c.Shift == nil || *c.Shift {
					t.Fatalf("call %d: num_ctx %d, truncate %v, shift %v", c.Number, c.NumCtx, c.Truncate, c.Shift)
				}
			}
			if srv.Totals().Loads != 1 {
				t.Errorf("the model was loaded %d times", srv.Totals().Loads)
			}
		})
	}
}

// TestReplyThatIsTooShort: with --num-predict for one row, batches are cut and
// halved until it is enough; with less, every row fails with that reason.
func TestReplyThatIsTooShort(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 20, srv)
	b.s.Model.NumPredict = 60
	b.mustRun()
	b.check()

	b = newBench(t, 4, srv)
	b.s.Model.NumPredict = 3
	r := b.mustRun()
	b.check(1001, 1002, 1003, 1004)
	for _, f := range b.failures() {
		if !strings.Contains(f.Reason, "truncated after 3 tokens") || f.Reply == "" || f.Calls != 4 { // with 4 rows, with 2, twice alone
			t.Errorf("failure %+v", f)
		}
	}
	if r.Failed != 4 {
		t.Errorf("%d failed", r.Failed)
	}
}

// TestManyFailuresAreNotAllPrinted, but listed and logged.
func TestManyFailuresAreNotAllPrinted(t *testing.T) {
	rows := make([]int64, 50) // not the first: a model that answers nothing right ends the worker
	for i := range rows {
		rows[i] = int64(1002 + i)
	}
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.NullValue, Rows: rows})
	b := newBench(t, 51, srv)
	b.s.Model.BatchSize, b.s.Model.Retries, b.s.Model.Parallel = 1, 1, 1
	b.mustRun()
	if n := strings.Count(b.said.text(), " failed after 1 call: "); n != maxWarnings || len(b.failures()) != 50 {
		t.Errorf("%d printed, %d listed\n%s", n, len(b.failures()), b.said.text())
	}
	log, err := os.ReadFile(filepath.Join(b.s.Monitoring.LogsDir, "r", "run_r_w1.log"))
	if n := strings.Count(string(log), " failed after 1 call: "); err != nil || n != 50 {
		t.Errorf("%d logged, %v", n, err)
	}

	b = newBench(t, 51, srv)
	b.s.Model.BatchSize, b.s.Model.Retries, b.s.Monitoring.LogsDir, b.s.Output.Checkpoints.Directory = 1, 1, "", ""
	b.s.Model.Parallel = 1
	b.mustRun()
	if n := strings.Count(b.said.text(), " failed after 1 call: "); n != 50 {
		t.Errorf("%d printed, want all, for nothing else lists them", n)
	}
}

// TestSingleRowIsAskedOtherwise: the same words at temperature 0 would give the
// same reply again.
func TestSingleRowIsAskedOtherwise(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Empty, P: 1})
	b := newBench(t, 1, srv)
	b.s.Model.Retries = 4
	b.mustRun()
	b.check(1001)
	seen := map[string]bool{}
	for _, c := range srv.Calls() {
		seen[fmt.Sprint(c.Seed, c.Temperature)] = true
	}
	if len(srv.Calls()) != 4 || len(seen) != 4 {
		t.Errorf("%d calls, %d kinds of them", len(srv.Calls()), len(seen))
	}
}

// TestRetryFailed asks again for failed rows alone; what it does not come to
// stays listed.
func TestRetryFailed(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.NullValue, Rows: []int64{1003, 1017}, Times: 6})
	b := newBench(t, 20, srv)
	b.mustRun()
	b.check(1003, 1017)
	before := srv.Totals()

	b.mustRun() // leaves them alone
	b.check(1003, 1017)
	if srv.Totals() != before {
		t.Errorf("failed rows were asked for again")
	}

	b.s.RetryFailed = true
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.runJob(ctx); err == nil {
		t.Error("the interrupted job ended without error")
	}
	if n := len(b.failures()); n != 2 {
		t.Errorf("%d failed rows are listed after an interrupt, want 2", n)
	}

	down := serve(t, ollamatest.Fault{Kind: ollamatest.Kill})
	b.s.Model.Hosts = []string{down.URL}
	if _, err := b.runJob(context.Background()); !IsServer(err) {
		t.Errorf("got %v, want an outage", err)
	}
	if n := len(b.failures()); n != 2 {
		t.Errorf("%d failed rows are listed after an outage, want 2", n)
	}

	b.s.Model.Hosts = []string{srv.URL}
	r := b.mustRun()
	b.check()
	if n := srv.Totals().Rows - before.Rows; n > 3 || r.Failed != 0 {
		t.Errorf("%d rows sent, %d failed", n, r.Failed)
	}
	if _, err := os.Stat(filepath.Join(b.s.Monitoring.LogsDir, "r", "failed_ranges_w1.json")); err == nil {
		t.Error("the list of failed rows stayed")
	}
}

// TestSecondHalfIsAskedForOnce, also when the first half of bisected rows, a single
// row, is tried again.
func TestSecondHalfIsAskedForOnce(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Kill, From: 1, To: 3}, ollamatest.Fault{Kind: ollamatest.WrongLabel, From: 5, To: 5})
	b := newBench(t, 2, srv)
	b.mustRun()
	b.check()
	if n := srv.Totals().Calls; n != 7 { // three in vain, the probe, the first row twice, the second once
		t.Errorf("%d calls, want 7\n%s", n, callText(srv))
	}
	b.mustRun() // the checkpoint has no row twice
}
