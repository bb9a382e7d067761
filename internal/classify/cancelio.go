package classify

import (
	"context"
	"io"
	"time"
)

// A pipe or a terminal can block for ever, and a blocked read or write cannot be
// ended. So that a signal ends the worker all the same, they happen in goroutines
// that are left behind then, as the process is about to end.

// lastWrite is how long the end of the work waits for a write that has begun.
const lastWrite = 2 * time.Second

const streamBuffer = 64 << 10

// cancelReader reads from src until ctx ends.
type cancelReader struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte // the goroutine's while it reads
	rest []byte // of buf, not yet taken
	read chan ioResult
	err  error // sticky
}

// ioResult is what a Read or a Write returned.
type ioResult struct {
	n   int
	err error
}

func newCancelReader(ctx context.Context, src io.Reader) *cancelReader {
	return &cancelReader{ctx: ctx, src: src, buf: make([]byte, streamBuffer), read: make(chan ioResult, 1)}
}

func (r *cancelReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		go func() {
			n, err := r.src.Read(r.buf)
			r.read <- ioResult{n, err}
		}()
		select {
		case g := <-r.read:
			r.rest, r.err = r.buf[:g.n], g.err
		case <-r.ctx.Done():
			r.err = context.Cause(r.ctx)
		}
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
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
