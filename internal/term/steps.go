package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// quietFor is how long work may take without showing progress.
const stepsDelay = 2 * time.Second

// Steps is a line that shows how far a command is in bytes, step by step. It
// comes only when the work has taken two seconds. It may be used from several
// goroutines; a nil Steps shows nothing.
type Steps struct {
	mu         sync.Mutex
	w          io.Writer
	now        func() time.Time
	startedAt  time.Time
	drawnAt    time.Time
	name       string
	total      int64
	done       int64
	shownCells int
}

// NewSteps returns a line on w, nil unless w is a terminal.
func NewSteps(w io.Writer, isTerminal bool, now func() time.Time) *Steps {
	if !isTerminal {
		return nil
	}
	return &Steps{w: w, now: now, startedAt: now()}
}

// Step starts a step of so many bytes; name is what happens to them: "checking".
func (s *Steps) StartStep(name string, total int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.total, s.done, s.drawnAt = name, total, 0, time.Time{}
}

// Add says that so many more bytes of the step are done.
func (s *Steps) AddBytes(bytes int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += bytes
	now := s.now()
	if now.Sub(s.startedAt) < stepsDelay || now.Sub(s.drawnAt) < redrawInterval {
		return
	}
	s.drawnAt = now
	text := fmt.Sprintf("%s %d%% of %.1f GiB", s.name, min(s.done, s.total)*100/max(s.total, 1), float64(s.total)/(1<<30))
	pad := strings.Repeat(" ", max(s.shownCells-len(text), 0))
	fmt.Fprintf(s.w, "\r%s%s", text, pad)
	s.shownCells = len(text)
}

// Clear takes the line away.
func (s *Steps) Clear() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shownCells > 0 {
		fmt.Fprintf(s.w, "\r%s\r", strings.Repeat(" ", s.shownCells))
		s.shownCells = 0
	}
}
