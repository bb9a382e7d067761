package classify

import (
	"fmt"
	"testing"
	"time"

	"prism/internal/job"
	"prism/internal/testutil/ollamatest"
)

// mix is every way in which a call goes wrong for a while, together so probable.
func mix(p float64) ollamatest.Option {
	kinds := []ollamatest.Kind{
		ollamatest.Close, ollamatest.Reset, ollamatest.Cut, ollamatest.Hang, ollamatest.Slow, ollamatest.Busy, ollamatest.Kill,
		ollamatest.ErrorIn200, ollamatest.NoDone, ollamatest.NoMetrics, ollamatest.NotJSON, ollamatest.Loop, ollamatest.CutReply,
		ollamatest.WhiteSpace, ollamatest.Empty, ollamatest.Prose, ollamatest.Fence, ollamatest.Wrapped, ollamatest.ThinkBlock,
		ollamatest.TrailingComma, ollamatest.MissingRow, ollamatest.TwiceRow, ollamatest.SwapRows, ollamatest.OtherRow,
		ollamatest.WrongLabel, ollamatest.NullValue, ollamatest.TextID, ollamatest.OtherCase,
	}
	var faults ollamatest.Faults
	for _, k := range kinds {
		faults = append(faults, ollamatest.Fault{Kind: k, P: p / float64(len(kinds)), Delay: time.Millisecond})
	}
	return faults
}

func seeds() int {
	if long() {
		return 40
	}
	return 3
}

// TestFortyPercentOfCallsGoWrong, in all ways at once. Every row ends with its
// own labels, and few are sent twice.
func TestFortyPercentOfCallsGoWrong(t *testing.T) {
	const rows, most = 1500, 1.6 // rows sent a row
	for seed := range 2 * seeds() {
		style := bothStyles[seed%2]
		t.Run(fmt.Sprintf("%s, seed %d", style, seed/2), func(t *testing.T) {
			srv := serve(t, mix(0.4), ollamatest.Seed(uint64(seed/2)), ollamatest.CountOnly())
			b := newBench(t, rows, srv)
			b.s.Model.PromptStyle = style
			b.s.Model.Parallel, b.s.Model.Retries, b.s.Model.Timeout = 8, 6, job.Seconds(500*time.Millisecond)
			b.mustRun()
			b.check()
			sent := float64(srv.Totals().Rows) / rows
			t.Logf("%.3f rows sent a row, %d calls", sent, srv.Totals().Calls)
			if sent >= most {
				t.Errorf("%.3f rows sent a row, want less than %.2f", sent, most)
			}
		})
	}
}

// TestThreeRepliesInTenMissARow.
func TestThreeRepliesInTenMissARow(t *testing.T) {
	const rows, most = 1500, 1.15
	for seed := range 2 * seeds() {
		style := bothStyles[seed%2]
		t.Run(fmt.Sprintf("%s, seed %d", style, seed/2), func(t *testing.T) {
			srv := serve(t, ollamatest.Fault{Kind: ollamatest.MissingRow, P: 0.3}, ollamatest.Seed(uint64(seed/2)), ollamatest.CountOnly())
			b := newBench(t, rows, srv)
			b.s.Model.PromptStyle = style
			b.s.Model.Parallel, b.s.Model.Retries = 8, 10
			b.mustRun()
			b.check()
			sent := float64(srv.Totals().Rows) / rows
			t.Logf("%.3f rows sent a row, %d calls", sent, srv.Totals().Calls)
			if sent >= most {
				t.Errorf("%.3f rows sent a row, want less than %.2f", sent, most)
			}
		})
	}
}
