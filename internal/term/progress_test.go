package term

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// screen is one terminal line above which others scroll: what a progress line
// needs of a terminal.
type screen struct {
	above []string
	line  []rune
	at    int
	wide  int // most cells ever used
}

func (s *screen) Write(b []byte) (int, error) {
	for _, r := range string(b) {
		switch r {
		case '\r':
			s.at = 0
		case '\n':
			s.above = append(s.above, strings.TrimRight(string(s.line), " "))
			s.line, s.at = nil, 0
		default:
			for len(s.line) <= s.at {
				s.line = append(s.line, ' ')
			}
			s.line[s.at] = r
			s.at++
			s.wide = max(s.wide, s.at)
		}
	}
	return len(b), nil
}

func (s *screen) text() string { return strings.TrimRight(string(s.line), " ") }

type stepClock struct{ t time.Time }

func (c *stepClock) now() time.Time         { return c.t }
func (c *stepClock) after(d time.Duration)  { c.t = c.t.Add(d) }
func newClock() *stepClock                  { return &stepClock{time.Unix(1_700_000_000, 0)} }
func fixed(width int) func() int            { return func() int { return width } }
func (s *screen) has(parts ...string) error { return containsAll(s.text(), parts) }
func containsAll(line string, parts []string) error {
	for _, p := range parts {
		if !strings.Contains(line, p) {
			return fmt.Errorf("line %q lacks %q", line, p)
		}
	}
	return nil
}

// work runs a minute of work at 2 rows/s and 50 tokens/s.
func work(p *Progress, c *stepClock, total int64) {
	for i := range int64(61) {
		p.Update(Snapshot{Rows: 2 * i, Total: total, Tokens: 50 * i, Errors: i / 30, Failed: i / 60})
		c.after(time.Second)
	}
}

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		total int64
		want  string
	}{
		{"80 cells", 80, 240, "███████░░░░░░░░   50%  120/240 rows  2.00 rows/s  ETA 1m00s  2 errors  1 failed"},
		{"wide", 120, 240, "███████████████░░░░░░░░░░░░░░░   50%  120/240 rows  2.00 rows/s  50.0 tokens/s  ETA 1m00s  2 errors  1 failed"},
		{"60 cells", 60, 240, " 50%  120/240 rows  ETA 1m00s  2 errors  1 failed"},
		{"narrow", 30, 240, " 50%  120/240 rows  ETA 1m00s"},
		{"very narrow", 10, 240, " 50%"},
		{"too narrow for anything", 3, 240, ""},
		{"total unknown", 80, 0, "120 rows  2.00 rows/s  50.0 tokens/s  1m00s  2 errors  1 failed"},
	} {
		s, clock := &screen{}, newClock()
		p := NewProgress(s, true, fixed(c.width), clock.now)
		work(p, clock, c.total)
		if got := s.text(); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
		if s.wide >= c.width {
			t.Errorf("%s: took %d cells of %d", c.name, s.wide, c.width)
		}
	}
}

func TestProgressIsSilentElsewhere(t *testing.T) {
	var b bytes.Buffer
	clock := newClock()
	p := NewProgress(&b, false, fixed(80), clock.now)
	work(p, clock, 240)
	fmt.Fprintln(p, "warning: one")
	p.Clear()
	if got, want := b.String(), "warning: one\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgressRedrawsSeldom(t *testing.T) {
	var b bytes.Buffer
	clock := newClock()
	p := NewProgress(&b, true, fixed(80), clock.now)
	for i := range int64(10_000) { // ten seconds
		p.Update(Snapshot{Rows: i, Total: 20_000})
		clock.after(time.Millisecond)
	}
	if n := strings.Count(b.String(), "rows/s"); n > 50 || n < 45 {
		t.Errorf("%d redraws in ten seconds, want 50 at most", n)
	}
}

func TestMessagesStandAboveTheLine(t *testing.T) {
	s, clock := &screen{}, newClock()
	p := NewProgress(s, true, fixed(80), clock.now)
	fmt.Fprintln(p, "before")
	work(p, clock, 240)
	fmt.Fprintln(p, "warning: a")
	if err := s.has("50%", "120/240"); err != nil {
		t.Error(err)
	}
	fmt.Fprint(p, "half")
	if got := s.text(); got != "half" {
		t.Errorf("half a message: line is %q", got)
	}
	fmt.Fprintln(p, " and whole")
	p.Update(Snapshot{Rows: 130, Total: 240, Paused: true})
	if err := s.has("54%", "130/240", "paused"); err != nil {
		t.Error(err)
	}
	p.Clear()
	if got := s.text(); got != "" {
		t.Errorf("after Clear the line is %q", got)
	}
	if got, want := strings.Join(s.above, "|"), "before|warning: a|half and whole"; got != want {
		t.Errorf("above: got %q, want %q", got, want)
	}
}

func TestShorterLineLeavesNothingBehind(t *testing.T) {
	s, clock := &screen{}, newClock()
	width := 100
	p := NewProgress(s, true, func() int { return width }, clock.now)
	work(p, clock, 240)
	width = 40
	p.Update(Snapshot{Rows: 122, Total: 240, Paused: true})
	if got, want := s.text(), "█████░░░░░░   50%  122/240 rows  paused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestColor(t *testing.T) {
	for _, color := range []bool{true, false} {
		var b bytes.Buffer
		p := NewProgress(&b, true, fixed(80), newClock().now)
		p.Color = color
		p.Update(Snapshot{Rows: 1, Total: 2, Failed: 1})
		if got := strings.Contains(b.String(), "\x1b"); got != color {
			t.Errorf("Color %v: escape sequences %v in %q", color, got, b.String())
		}
	}
}

func TestWantsColor(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"usual", map[string]string{"TERM": "xterm-256color"}, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm-256color", "NO_COLOR": "1"}, false},
		{"NO_COLOR empty", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true},
		{"dumb", map[string]string{"TERM": "dumb"}, false},
	} {
		if got := WantsColor(func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	clock := newClock()
	p := NewProgress(&bytes.Buffer{}, true, fixed(80), clock.now)
	b.ReportAllocs()
	var i int64
	for b.Loop() {
		i++
		clock.after(time.Microsecond)
		p.Update(Snapshot{Rows: i, Total: 1 << 40})
	}
}
