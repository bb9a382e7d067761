package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// stepsDelay is how long work takes before progress is shown.
const stepsDelay = 2 * time.Second

// Steps is a line that shows the progress of a command in bytes, step by step. It
// appears only after two seconds of work. It is safe for concurrent use; a nil Steps
// shows nothing.
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

// StartStep starts a step of total bytes; name says what happens to them: "checking".
func (s *Steps) StartStep(name string, total int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.total, s.done, s.drawnAt = name, total, 0, time.Time{}
}

// AddBytes adds finished bytes to the step.
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

// Clear removes the line.
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
