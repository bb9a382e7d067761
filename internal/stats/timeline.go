package stats

import (
	"slices"
	"strings"
	"time"

	"prism/internal/calllog"
	"prism/internal/status"
)

// maxBins of a timeline; bins get wider as a run gets longer.
const maxBins = 120

// Timeline is a run in time: calls by when they ended.
type Timeline struct {
	BinSeconds float64 `json:"bin_seconds"`
	Bins       []Bin   `json:"bins"` // without gaps, from the first call to the last
}

// Bin is what ended in a span of BinSeconds.
type Bin struct {
	Start   status.Time `json:"start"`
	Rows    int64       `json:"rows"`   // labelled
	Tokens  int64       `json:"tokens"` // generated
	OK      int64       `json:"ok"`     // calls by how they ended
	Partial int64       `json:"partial"`
	Invalid int64       `json:"bad"`       // bad, cut, overflow
	NoReply int64       `json:"transient"` // transient, permanent
}

// timeline sums up calls in bins of a width that doubles when there are too
// many. Calls come in any order.
type timeline struct {
	width    time.Duration // 0: none yet
	bins     map[int64]*Bin
	firstBin int64
	lastBin  int64
}

func (t *timeline) addCall(c *calllog.Call) {
	if c.Outcome == calllog.Probe {
		return
	}
	if t.width == 0 {
		t.width, t.bins = time.Second, map[int64]*Bin{}
		t.firstBin, t.lastBin = t.binOf(c), t.binOf(c)
	}
	at := t.binOf(c)
	for max(t.lastBin, at)-min(t.firstBin, at) >= maxBins {
		t.doubleWidth()
		at = t.binOf(c)
	}
	t.firstBin, t.lastBin = min(t.firstBin, at), max(t.lastBin, at)
	b := t.bins[at]
	if b == nil {
		b = &Bin{}
		t.bins[at] = b
	}
	b.Rows += int64(c.Labelled)
	b.Tokens += int64(max(c.Tokens, 0))
	switch c.Outcome {
	case calllog.OK:
		b.OK++
	case calllog.Partial:
		b.Partial++
	case calllog.Transient, calllog.Permanent:
		b.NoReply++
	default:
		b.Invalid++
	}
}

func (t *timeline) binOf(c *calllog.Call) int64 {
	return floorDiv(c.Time.Add(max(c.Total, 0)).UnixNano(), int64(t.width))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (t *timeline) doubleWidth() {
	wide := make(map[int64]*Bin, len(t.bins))
	for at, b := range t.bins {
		k := floorDiv(at, 2)
		sum := wide[k]
		if sum == nil {
			wide[k] = b
			continue
		}
		sum.Rows += b.Rows
		sum.Tokens += b.Tokens
		sum.OK += b.OK
		sum.Partial += b.Partial
		sum.Invalid += b.Invalid
		sum.NoReply += b.NoReply
	}
	t.bins, t.width = wide, 2*t.width
	t.firstBin, t.lastBin = floorDiv(t.firstBin, 2), floorDiv(t.lastBin, 2)
}

func (t *timeline) summarize() *Timeline {
	if t.width == 0 {
		return nil
	}
	out := &Timeline{BinSeconds: t.width.Seconds(), Bins: make([]Bin, t.lastBin-t.firstBin+1)}
	for i := range out.Bins {
		at := t.firstBin + int64(i)
		if b := t.bins[at]; b != nil {
			out.Bins[i] = *b
		}
		out.Bins[i].Start = status.At(time.Unix(0, at*int64(t.width)).UTC())
	}
	return out
}

// Trouble is a way in which calls went wrong.
type ErrorGroup struct {
	Outcome calllog.Outcome `json:"outcome"`
	Error   string          `json:"error"`
	Calls   int64           `json:"calls"`
	Rows    int64           `json:"rows"` // asked for without a valid answer
	First   status.Time     `json:"first_at"`
	Last    status.Time     `json:"last_at"`
}

const (
	maxErrorGroups = 200
	maxErrorText   = 300
)

// troubles counts calls that went wrong by outcome and message without its
// RowID, of many messages only the first ones apart.
type errorGroups struct{ byKey map[errorKey]*ErrorGroup }

type errorKey struct {
	outcome calllog.Outcome
	text    string
}

func (t *errorGroups) addCall(c *calllog.Call) {
	if c.Outcome == calllog.OK || c.Outcome == calllog.Probe {
		return
	}
	if t.byKey == nil {
		t.byKey = map[errorKey]*ErrorGroup{}
	}
	k := errorKey{c.Outcome, truncateText(withoutRowID(c.Error))}
	if t.byKey[k] == nil && len(t.byKey) >= maxErrorGroups {
		k.text = "other messages"
	}
	s := t.byKey[k]
	if s == nil {
		s = &ErrorGroup{Outcome: c.Outcome, Error: k.text, First: status.At(c.Time), Last: status.At(c.Time)}
		t.byKey[k] = s
	}
	s.Calls++
	s.Rows += int64(c.Rows - c.Labelled)
	if c.Time.Before(s.First.Time) {
		s.First = status.At(c.Time)
	}
	if c.Time.After(s.Last.Time) {
		s.Last = status.At(c.Time)
	}
}

// withoutRowID makes one of messages that say the same of different rows.
func withoutRowID(s string) string {
	rest, ok := strings.CutPrefix(s, "RowID ")
	if !ok {
		return s
	}
	return "RowID …" + strings.TrimLeft(rest, "-0123456789")
}

func truncateText(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	for i := range s {
		if i > maxErrorText-4 {
			return s[:i] + "…"
		}
	}
	return s
}

func (t *errorGroups) sorted() []ErrorGroup {
	out := make([]ErrorGroup, 0, len(t.byKey))
	for _, s := range t.byKey {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b ErrorGroup) int {
		switch {
		case a.Calls != b.Calls:
			return int(min(max(b.Calls-a.Calls, -1), 1))
		case a.Outcome != b.Outcome:
			return compare(a.Outcome, b.Outcome)
		}
		return compare(a.Error, b.Error)
	})
	return out
}
