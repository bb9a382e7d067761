package term

import (
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"prism/internal/rate"
)

// redrawInterval keeps the line readable and cheap.
const redrawInterval = 200 * time.Millisecond

// Snapshot is the progress of the work at a moment. Counts only grow.
type Snapshot struct {
	Rows   int64 // finished, including failed and resumed rows
	Total  int64 // 0: unknown
	Failed int64 // of Rows
	Errors int64 // failed calls
	Tokens int64 // generated
	Paused bool
}

// Progress is a line that shows the progress of a command and redraws itself in
// place. On a stream that is not a terminal it prints nothing. It is also a writer
// for the command's messages, which appear above the line. It is safe for
// concurrent use.
type Progress struct {
	Color bool // set before the first Update

	mu         sync.Mutex
	w          io.Writer
	enabled    bool
	width      func() int
	now        func() time.Time
	rows       rate.Meter
	tokens     rate.Meter
	startedAt  time.Time
	drawnAt    time.Time // last redraw; zero: redraw with the next Update
	last       Snapshot
	shownCells int // cells of the line on the screen; 0: none
}

// NewProgress returns a progress line on w, width cells wide at most. Without
// isTerminal, Update does nothing and Write passes through.
func NewProgress(w io.Writer, isTerminal bool, width func() int, now func() time.Time) *Progress {
	return &Progress{w: w, enabled: isTerminal, width: width, now: now}
}

// Update records s and redraws the line, at most a few times a second. Call it at
// least every second, so that rates and time left stay correct.
func (p *Progress) Update(s Snapshot) {
	if !p.enabled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.startedAt.IsZero() {
		p.startedAt = now
	}
	p.rows.Observe(now, float64(s.Rows))
	p.tokens.Observe(now, float64(s.Tokens))
	if s.Paused {
		p.rows.Reset(now)
		p.tokens.Reset(now)
	}
	p.last = s
	if p.drawnAt.IsZero() || now.Sub(p.drawnAt) >= redrawInterval {
		p.draw(now)
	}
}

// Clear removes the line, at the end of the work or before something else is
// printed. The next Update draws it again.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

// Write prints a message above the line. The line is removed and, after a complete
// line of message, drawn again.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	redraw := p.shownCells > 0
	p.erase()
	n, err := p.w.Write(b)
	if redraw && err == nil && n > 0 && b[n-1] == '\n' {
		p.draw(p.now())
	}
	return n, err
}

func (p *Progress) erase() {
	if p.shownCells > 0 {
		io.WriteString(p.w, "\r"+strings.Repeat(" ", p.shownCells)+"\r")
	}
	p.shownCells, p.drawnAt = 0, time.Time{}
}

// draw overwrites the line. Blanks, not an escape sequence, erase the end of a longer
// one, so it works on any terminal.
func (p *Progress) draw(now time.Time) {
	text, cells := p.formatLine(now, p.width()-1)
	rest := ""
	if p.shownCells > cells {
		rest = strings.Repeat(" ", p.shownCells-cells) + "\r" + text
	}
	io.WriteString(p.w, "\r"+text+rest)
	p.shownCells, p.drawnAt = cells, now
}

// segment is a part of the line. On narrow terminals those of the lowest rank are dropped first.
type segment struct {
	text  string
	rank  int
	color string // escape sequence; "" for none
}

const (
	green      = "\x1b[32m"
	yellow     = "\x1b[33m"
	resetColor = "\x1b[0m"

	minBar, maxBar, barRank = 8, 30, 3
)

// formatLine returns the line of at most width cells, and its width. The bar gets the
// cells that the other segments leave.
func (p *Progress) formatLine(now time.Time, width int) (string, int) {
	parts := p.segments(now)
	size := segmentsWidth(parts)
	for size > width && len(parts) > 0 {
		low := 0
		for i := range parts {
			if parts[i].rank < parts[low].rank {
				low = i
			}
		}
		parts = append(parts[:low], parts[low+1:]...)
		size = segmentsWidth(parts)
	}
	if len(parts) > 0 && parts[0].rank == barRank {
		room := min(minBar+width-size, maxBar)
		parts[0].text = Gauge(float64(p.last.Rows)/float64(p.last.Total), room)
		size += room - minBar
	}
	var b strings.Builder
	for i, t := range parts {
		if i > 0 {
			b.WriteString("  ")
		}
		if p.Color && t.color != "" {
			b.WriteString(t.color + t.text + resetColor)
		} else {
			b.WriteString(t.text)
		}
	}
	return b.String(), size
}

// segmentsWidth is the width of the segments with two blanks between them.
func segmentsWidth(parts []segment) int {
	n := 0
	for i, t := range parts {
		if i > 0 {
			n += 2
		}
		n += Width(t.text)
	}
	return n
}

func (p *Progress) segments(now time.Time) []segment {
	s := p.last
	rate, tokens := p.rows.Rate(now), p.tokens.Rate(now)
	parts := make([]segment, 0, 8)
	if s.Total > 0 {
		pct := strconv.Itoa(int(100*min(s.Rows, s.Total)/s.Total)) + "%"
		parts = append(parts, segment{strings.Repeat(" ", minBar), barRank, green},
			segment{strings.Repeat(" ", max(0, 4-len(pct))) + pct, 10, ""},
			segment{Count(s.Rows) + "/" + Count(s.Total) + " rows", 9, ""})
	} else {
		parts = append(parts, segment{Plural(s.Rows, "row"), 9, ""})
	}
	if rate > 0 {
		parts = append(parts, segment{Rate(rate) + " rows/s", 4, ""})
	}
	if tokens > 0 {
		parts = append(parts, segment{Rate(tokens) + " tokens/s", 2, ""})
	}
	switch left := float64(s.Total - s.Rows); {
	case s.Paused:
		parts = append(parts, segment{"paused", 8, yellow})
	case s.Total == 0:
		parts = append(parts, segment{Duration(now.Sub(p.startedAt).Truncate(time.Second)), 1, ""})
	case left > 0 && rate > 0:
		eta := math.Ceil(left / rate)
		parts = append(parts, segment{"ETA " + TimeLeft(&eta), 7, ""})
	}
	if s.Errors > 0 {
		parts = append(parts, segment{Plural(s.Errors, "error"), 5, yellow})
	}
	if s.Failed > 0 {
		parts = append(parts, segment{Count(s.Failed) + " failed", 6, yellow})
	}
	return parts
}
