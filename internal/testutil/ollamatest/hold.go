package ollamatest

import (
	"math"
	"net/http"
	"sync"
)

// A test that acts while calls are in flight holds these back until it has acted: with a
// latency instead, a busy machine would let them all end before.

// callHold holds calls back.
type callHold struct {
	mu      sync.Mutex
	rows    int           // of the calls that passed
	limit   int           // no call passes once that many rows did
	held    int           // calls that wait
	changed chan struct{} // closed when the limit changes
}

// HoldAfter holds calls back from the start: see Server.HoldAfter.
func HoldAfter(rows int) Option { return option(func(s *Server) { s.gate.limit = rows }) }

// HoldAfter holds calls with rows back, without an answer, once calls with so many rows have passed since
// the server was made. Those that were held before pass as far as that. Probes pass.
func (s *Server) HoldAfter(rows int) { s.gate.setLimit(rows) }

// Release lets all calls pass.
func (s *Server) Release() { s.gate.open() }

func (g *callHold) open() { g.setLimit(math.MaxInt) }

func (g *callHold) setLimit(rows int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.changed != nil {
		close(g.changed)
	}
	g.limit, g.changed = rows, make(chan struct{})
}

func (g *callHold) counts() (passed, held int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rows, g.held
}

// admit lets a call with so many rows pass, or holds it and returns what is closed when that may change.
func (g *callHold) admit(rows int) (wait <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rows > 0 && g.rows >= g.limit {
		g.held++
		return g.changed
	}
	g.rows += rows
	return nil
}

func (g *callHold) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held--
}

// awaitRelease returns once the call may pass; false: the caller left.
func (s *Server) awaitRelease(r *http.Request, c *chatCall) bool {
	for {
		wait := s.gate.admit(len(c.rows))
		if wait == nil {
			return true
		}
		left := false
		select {
		case <-wait:
		case <-r.Context().Done():
			left = true
		case <-s.quit:
			left = true
		}
		s.gate.leave()
		if left {
			return false
		}
	}
}
