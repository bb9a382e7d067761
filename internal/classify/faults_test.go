package classify

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/testutil/ollamatest"
)

// TestFaults lets calls go wrong in every way there is. All rows end with their
// own labels, and no more is asked again than has to be.
func TestFaults(t *testing.T) {
	const rows = 30 // three batches
	every := func(k ollamatest.Kind) ollamatest.Fault { return ollamatest.Fault{Kind: k, P: 1} }
	first := func(k ollamatest.Kind, calls int) ollamatest.Fault {
		return ollamatest.Fault{Kind: k, From: 1, To: calls}
	}
	row := func(k ollamatest.Kind, times int) ollamatest.Fault {
		return ollamatest.Fault{Kind: k, Rows: []int64{1012}, Times: times}
	}
	tests := []struct {
		name  string
		fault ollamatest.Fault
		sent  int // rows, in all calls together
		calls int
	}{
		// What a reply may look like without a row asked for again.
		{"prose around it", every(ollamatest.Prose), 30, 3},
		{"code fence", every(ollamatest.Fence), 30, 3},
		{"object around the array", every(ollamatest.Wrapped), 30, 3},
		{"think block", every(ollamatest.ThinkBlock), 30, 3},
		{"trailing commas", every(ollamatest.TrailingComma), 30, 3},
		{"RowID as text", every(ollamatest.TextID), 30, 3},
		{"keys in another case", every(ollamatest.OtherCase), 30, 3},
		{"rows in another order", every(ollamatest.SwapRows), 30, 3},
		{"no metrics", every(ollamatest.NoMetrics), 30, 3},
		{"slow", ollamatest.Fault{Kind: ollamatest.Slow, P: 1, Delay: time.Millisecond}, 30, 3},

		// One row of the reply is lost: it alone is asked for again.
		{"missing row", row(ollamatest.MissingRow, 1), 31, 4},
		{"a row twice, with other labels", row(ollamatest.TwiceRow, 1), 31, 4},
		{"foreign RowID", row(ollamatest.OtherRow, 1), 31, 4},
		{"label that is not listed", row(ollamatest.WrongLabel, 1), 31, 4},
		{"null label", row(ollamatest.NullValue, 1), 31, 4},

		// No reply comes of it: the same rows are asked for again.
		{"closed", first(ollamatest.Close, 2), 50, 5},
		{"reset", first(ollamatest.Reset, 2), 50, 5},
		{"cut", first(ollamatest.Cut, 2), 50, 5},
		{"500", first(ollamatest.Kill, 2), 50, 5},
		{"502", ollamatest.Fault{Kind: ollamatest.Status, Status: 502, Text: "bad gateway", From: 1, To: 2}, 50, 5},
		{"503", first(ollamatest.Busy, 2), 50, 5},
		{"error in a 200", first(ollamatest.ErrorIn200, 2), 50, 5},
		{"no done", first(ollamatest.NoDone, 2), 50, 5},
		{"not JSON", first(ollamatest.NotJSON, 2), 50, 5},

		// A reply without a valid row: the batch is halved.
		{"white space until the end", row(ollamatest.WhiteSpace, 1), 40, 5},
		{"empty reply", row(ollamatest.Empty, 1), 40, 5},
		{"one token repeated, in a 200", row(ollamatest.Loop, 1), 35, 4}, // half of the rows came
		{"cut by its length", row(ollamatest.CutReply, 1), 35, 4},
	}
	for _, tt := range tests {
		for _, style := range bothStyles {
			if style == "compact" && (tt.fault.Kind == ollamatest.SwapRows || tt.fault.Kind == ollamatest.TextID) {
				continue // TestNumbersOfCompactReplies
			}
			t.Run(style+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				srv := serve(t, tt.fault)
				b := newBench(t, rows, srv)
				b.s.Model.Parallel, b.s.Model.PromptStyle = 1, style
				r := b.mustRun()
				b.check()
				total := srv.Totals()
				if total.Rows != tt.sent || total.Calls != tt.calls {
					t.Errorf("%d rows in %d calls, want %d in %d\n%s", total.Rows, total.Calls, tt.sent, tt.calls, callText(srv))
				}
				if r.Failed != 0 || r.Sent != int64(total.Rows) || r.Calls != int64(total.Calls) {
					t.Errorf("counted: %+v; the server: %+v", r.Counts, total)
				}
			})
		}
	}
}

// TestNumbersOfCompactReplies: a number is a JSON number, and the numbers ascend. A batch without
// such a reply is halved.
func TestNumbersOfCompactReplies(t *testing.T) {
	for _, kind := range []ollamatest.Kind{ollamatest.SwapRows, ollamatest.TextID} {
		srv := serve(t, ollamatest.Fault{Kind: kind, From: 2})
		b := newBench(t, 30, srv)
		b.s.Model.Parallel, b.s.Model.PromptStyle = 1, "compact"
		b.mustRun()
		b.check()
		if total := srv.Totals(); total.Rows != 40 || total.Calls != 5 {
			t.Errorf("%s: %d rows in %d calls, want 40 in 5\n%s", kind, total.Rows, total.Calls, callText(srv))
		}
	}
}

// callText lists calls for a message.
func callText(srv *ollamatest.Server) string {
	var b strings.Builder
	for _, c := range srv.Calls() {
		fmt.Fprintf(&b, "%d: %v %s\n", c.Number, c.RowIDs, c.Fault)
	}
	return b.String()
}

// TestReplyCutAtAnyByte cuts the connection within the reply, once.
func TestReplyCutAtAnyByte(t *testing.T) {
	step := 23
	if long() {
		step = 1
	}
	for at := 1; at < 700; at += step { // the body of two rows has about 600 bytes
		for _, style := range bothStyles {
			srv := serve(t, ollamatest.Fault{Kind: ollamatest.Cut, Byte: at, From: 1})
			b := newBench(t, 2, srv)
			b.s.Model.PromptStyle = style
			b.mustRun()
			b.check()
			if n := srv.Totals().Calls; n != 2 {
				t.Fatalf("%s, cut at byte %d: %d calls, want 2", style, at, n)
			}
			srv.Close()
		}
	}
}

// TestCallThatHangs ends with the timeout and is made again.
func TestCallThatHangs(t *testing.T) {
	srv := serve(t, ollamatest.Fault{Kind: ollamatest.Hang, From: 2})
	b := newBench(t, 30, srv)
	b.s.Model.Timeout = job.Seconds(time.Second)
	b.mustRun()
	b.check()
	if n := srv.Totals().Calls; n != 4 {
		t.Errorf("%d calls, want 4\n%s", n, callText(srv))
	}
}

// TestCallLog compares the call log with what the server saw.
func TestCallLog(t *testing.T) {
	srv := serve(t,
		ollamatest.Fault{Kind: ollamatest.NoMetrics, From: 1},
		ollamatest.Fault{Kind: ollamatest.Kill, From: 2},
		ollamatest.Fault{Kind: ollamatest.MissingRow, From: 3})
	b := newBench(t, 20, srv)
	b.s.Model.Parallel = 1
	b.mustRun()
	b.check()
	var got []string
	for _, c := range b.callLog() {
		got = append(got, fmt.Sprintf("%d/%d %d rows %s %d labelled, %v tokens", c.Call, c.Attempt, len(c.RowIDs), c.Outcome, c.Labelled, c.Tokens > 0))
	}
	want := []string{
		"1/1 10 rows ok 10 labelled, false tokens",
		"2/1 10 rows transient 0 labelled, false tokens",
		"3/2 10 rows partial 9 labelled, true tokens",
		"4/1 1 rows ok 1 labelled, true tokens",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	w, err := status.ReadWorker(job.WorkerStatusPath(b.s.Monitoring.StatusDir+"/r", 1))
	if err != nil {
		t.Fatal(err)
	}
	if w.State != status.Completed || w.RowsProcessed != 20 || w.APICalls != 4 || w.Errors != 2 || w.Retries != 1 || w.CheckpointCount != 3 {
		t.Errorf("status %+v", w)
	}
}

// TestOldServerIsRefused, but for --allow-truncation.
func TestOldServerIsRefused(t *testing.T) {
	srv := serve(t, ollamatest.Version("0.12.3"))
	b := newBench(t, 3, srv)
	if _, err := b.runJob(context.Background()); !IsServer(err) || !strings.Contains(err.Error(), "0.12.3") {
		t.Errorf("got %v", err)
	}
	b.s.Model.AllowTruncation = true
	b.mustRun()
	b.check()
	for _, c := range srv.Calls() {
		if c.Truncate != nil || c.Shift != nil {
			t.Errorf("an old server was sent truncate %v, shift %v", c.Truncate, c.Shift)
		}
	}
}
