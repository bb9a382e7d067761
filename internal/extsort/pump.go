package extsort

import "sync/atomic"

const (
	outBuffer  = 512 << 10 // bytes written at once
	outBuffers = 3
)

// pump writes buffers in order on a goroutine of its own.
type pump struct {
	full chan []byte
	free chan []byte
	done chan struct{}
	bad  atomic.Bool
	err  error // to be read when done is closed
}

func newPump(write func([]byte) error) *pump {
	p := &pump{full: make(chan []byte, outBuffers), free: make(chan []byte, outBuffers), done: make(chan struct{})}
	for range outBuffers {
		p.free <- make([]byte, 0, outBuffer)
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

// put gives a buffer to be written and returns another one.
func (p *pump) put(b []byte) []byte {
	p.full <- b
	return <-p.free
}

// failed tells whether a write went wrong: close says how.
func (p *pump) failed() bool { return p.bad.Load() }

// close waits until all is written.
func (p *pump) close() error {
	close(p.full)
	<-p.done
	return p.err
}
