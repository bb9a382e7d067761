package classify

import (
	"context"
	"io"
	"time"
)

// A pipe or a terminal can block for ever, and a blocked write cannot be ended. So that
// a signal ends the worker all the same, it happens in a goroutine that is left
// behind then, as the process is about to end (fsutil.CancelReader has the same for reads).

// lastWrite is how long the end of the work waits for a write that has begun.
const lastWrite = 2 * time.Second

// ioResult is what a Write returned.
type ioResult struct {
	n   int
	err error
}

// cancelWriter writes to dst until ctx ends, and a little longer. After an error
// the bytes given to it may still be in use: they are not to be changed.
type cancelWriter struct {
	ctx   context.Context
	dst   io.Writer
	sleep func(context.Context, time.Duration) error
	err   error // sticky
}

func (w *cancelWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	done := make(chan ioResult, 1)
	go func() {
		n, err := w.dst.Write(p)
		done <- ioResult{n, err}
	}()
	ended := w.ctx.Done()
	late := make(chan struct{})
	for {
		select {
		case g := <-done:
			w.err = g.err
			return g.n, g.err
		case <-ended:
			ended = nil
			go func() {
				defer close(late)
				_ = w.sleep(context.WithoutCancel(w.ctx), lastWrite) // it has no other end
			}()
		case <-late:
			w.err = context.Cause(w.ctx)
			return 0, w.err
		}
	}
}
