package main

import (
	"testing"

	"prism/internal/job"
)

func TestCollectorLimit(t *testing.T) {
	for _, tt := range []struct {
		parallel, numCtx int
		want             int64 // MiB
	}{
		{1, 0, 96}, {64, 8192, 96}, {1000, 0, 189}, {1000, 8192, 189}, {64, 131072, 192},
	} {
		o := &job.CallOptions{Parallel: job.Calls(tt.parallel), NumCtx: tt.numCtx}
		if got := collectorLimit(o) >> 20; got != tt.want {
			t.Errorf("%d in flight, context of %d: got %d MiB, want %d", tt.parallel, tt.numCtx, got, tt.want)
		}
	}
}
