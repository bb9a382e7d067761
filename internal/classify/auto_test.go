package classify

import (
	"testing"

	"prism/internal/job"
	"prism/internal/testutil/ollamatest"
)

// TestAutoOnSeveralHosts: with a number of calls that each host finds for itself, every row is labelled,
// also where a host goes away, and the limit is read while the contract probe leaves a host out.
func TestAutoOnSeveralHosts(t *testing.T) {
	away := ollamatest.Fault{Kind: ollamatest.Kill, From: 5, To: 100_000}
	b := newBench(t, 300, serve(t), serve(t, away), serve(t))
	b.s.Model.BatchSize, b.s.Model.Parallel, b.s.Model.Retries = 2, job.AutoCalls, 3
	r := b.mustRun()
	b.check()
	if r.Failed != 0 || r.BestParallel < 1 {
		t.Errorf("%d rows failed, %d calls at once worked best", r.Failed, r.BestParallel)
	}
}
