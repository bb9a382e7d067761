package dashboard

import (
	"fmt"
	"time"

	"prism/internal/status"
	"prism/internal/term"
)

// warning is something that needs attention, and when it was first seen.
type warning struct {
	at   time.Time
	text string
}

const (
	maxWarnings = 50
	maxWarned   = 1000
)

// warn takes note of what a view has that the views before had not.
func (m *model) collectWarnings(v *status.View) {
	if m.warned == nil || len(m.warned) > maxWarned {
		m.warned = map[string]bool{}
	}
	for _, f := range v.Unreadable {
		m.addWarning(v.Time.Time, "unreadable: "+f)
	}
	for i := range v.Workers {
		w := &v.Workers[i]
		who := fmt.Sprintf("worker %d", w.WorkerID)
		if w.LastError != "" {
			m.addWarning(v.Time.Time, who+": "+w.LastError)
		}
		switch w.State {
		case status.Dead:
			m.addWarning(v.Time.Time, fmt.Sprintf("%s is dead: process %d on %s is gone; the same command resumes", who, w.PID, w.Host))
		case status.Slow, status.Failed:
			m.addWarning(v.Time.Time, who+" is "+string(w.State))
		case status.Stopped:
			m.addWarning(v.Time.Time, fmt.Sprintf("%s stopped (%s); the same command resumes", who, w.StopReason))
		}
	}
}

func (m *model) addWarning(at time.Time, text string) {
	if m.warned[text] {
		return
	}
	m.warned[text] = true
	if len(m.warnings) == maxWarnings {
		m.warnings = append(m.warnings[:0], m.warnings[1:]...)
	}
	m.warnings = append(m.warnings, warning{at, term.Printable(text)})
}
