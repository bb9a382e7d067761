package extsort

import "sync/atomic"

const (
	// Writes are of so many bytes, at multiples of it: others make the system
	// handle small pages.
	outBuffer  = 512 << 10
	outBuffers = 3
)

// asyncWriter writes buffers in order on a goroutine of its own.
type asyncWriter struct {
	room int // bytes of the next write
	full chan []byte
	free chan []byte
	done chan struct{}
	bad  atomic.Bool
	err  error // to be read when done is closed
}

// newAsyncWriter returns an asyncWriter whose first byte is byte start of the output.
func newAsyncWriter(write func([]byte) error, start int64) *asyncWriter {
	w := &asyncWriter{
		room: outBuffer - int(start%outBuffer),
		full: make(chan []byte, outBuffers), free: make(chan []byte, outBuffers), done: make(chan struct{}),
	}
	for range outBuffers {
		w.free <- make([]byte, 0, outBuffer+outBuffer/8)
	}
	go func() {
		defer close(w.done)
		for b := range w.full {
			if w.err == nil && len(b) > 0 {
				w.err = write(b)
				w.bad.Store(w.err != nil)
			}
			w.free <- b[:0]
		}
	}()
	return w
}

func (w *asyncWriter) buffer() []byte { return <-w.free }

// writeFull writes what b has of whole writes and returns a buffer with the rest.
func (w *asyncWriter) writeFull(b []byte) []byte {
	for len(b) >= w.room {
		rest := b[w.room:]
		w.full <- b[:w.room]
		b = append(<-w.free, rest...) // into other memory, or to the front of the same
		w.room = outBuffer
	}
	return b
}

// writeLast writes the last bytes.
func (w *asyncWriter) writeLast(b []byte) { w.full <- b }

// failed reports whether a write went wrong: close says how.
func (w *asyncWriter) failed() bool { return w.bad.Load() }

// close waits until all is written.
func (w *asyncWriter) close() error {
	close(w.full)
	<-w.done
	return w.err
}
