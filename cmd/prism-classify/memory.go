package main

import (
	"cmp"
	"os"
	"runtime/debug"

	"prism/internal/job"
)

// The heap, mostly a few megabytes, grows to five times what is live before it is
// collected, to save processor time.
const gcPercent = 400

// tuneCollector sets how the heap is collected, unless the environment says it.
func tuneCollector(o *job.CallOptions) {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(collectorLimit(o) + studentMemory(o))
	}
}

// studentMemory is what a student takes beside all else: its file, which is read whole, and its weights.
func studentMemory(o *job.CallOptions) int64 {
	if !o.UsesStudent() {
		return 0
	}
	info, err := os.Stat(o.Name)
	if err != nil {
		return 0
	}
	return 3 * info.Size()
}

// collectorLimit is the memory, in bytes, near which the heap is collected sooner. It is well above
// what can be live, or it would be collected all the time: a call has its prompt and reply, of about
// four bytes a token, in up to four forms at once, and finished rows wait for their turn.
func collectorLimit(o *job.CallOptions) int64 {
	const least, waiting, usualContext = 96 << 20, 64 << 20, 8192
	perCall := 16 * int64(cmp.Or(o.NumCtx, usualContext))
	return max(least, waiting+int64(o.MostParallel())*perCall)
}
