package extsort

import "sync/atomic"

const (
	// Writes are of so many bytes, at multiples of it: others make the system
	// handle small pages.
	outBuffer  = 512 << 10
	outBuffers = 3
)

// pump writes buffers in order on a goroutine of its own.
type pump struct {
	room int // bytes of the next write
	full chan []byte
	free chan []byte
	done chan struct{}
	bad  atomic.Bool
	err  error // to be read when done is closed
}

// newPump returns a pump whose first byte is byte start of the output.
func newPump(write func([]byte) error, start int64) *pump {
	p := &pump{
		room: outBuffer - int(start%outBuffer),
		full: make(chan []byte, outBuffers), free: make(chan []byte, outBuffers), done: make(chan struct{}),
	}
	for range outBuffers {
		p.free <- make([]byte, 0, outBuffer+outBuffer/8)
	}
	go func() {
		defer close(p.done)
		for b := range p.full {
			if p.err == nil && len(b) > 0 {
				p.err = write(b)
				p.bad.Store(p.err != nil)
			}
			p.free <- b[:0]
		}
	}()
	return p
}

func (p *pump) buffer() []byte { return <-p.free }

// put writes what b has of whole writes and returns a buffer with the rest.
func (p *pump) put(b []byte) []byte {
	for len(b) >= p.room {
		rest := b[p.room:]
		p.full <- b[:p.room]
		b = append(<-p.free, rest...) // into other memory, or to the front of the same
		p.room = outBuffer
	}
	return b
}

// end writes the last bytes.
func (p *pump) end(b []byte) { p.full <- b }

// failed tells whether a write went wrong: close says how.
func (p *pump) failed() bool { return p.bad.Load() }

// close waits until all is written.
func (p *pump) close() error {
	close(p.full)
	<-p.done
	return p.err
}
