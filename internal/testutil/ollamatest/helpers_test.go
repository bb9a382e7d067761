package ollamatest

import (
	"context"
	"runtime"
	"testing"
)

func newContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// waitFor returns once what another goroutine brings about is so.
func waitFor(so func() bool) {
	for !so() {
		runtime.Gosched()
	}
}

func (s *Server) waiting() int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.waiting
}
