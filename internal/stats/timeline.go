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
	Start  status.Time `json:"start"`
	Rows   int64       `json:"rows"`   // labelled
	Tokens int64       `json:"tokens"` // generated
	OK     int64       `json:"ok"`     // calls by how they ended
	Part   int64       `json:"partial"`
	Bad    int64       `json:"bad"`       // bad, cut, overflow
	Down   int64       `json:"transient"` // transient, permanent
}

// timeline sums up calls in bins of a width that doubles when there are too
// many. Calls come in any order.
type timeline struct {
	width time.Duration // 0: none yet
	bins  map[int64]*Bin
	least int64
	most  int64
}

func (t *timeline) add(c *calllog.Call) {
	if c.Outcome == calllog.Probe {
		return
	}
	if t.width == 0 {
		t.width, t.bins = time.Second, map[int64]*Bin{}
		t.least, t.most = t.bin(c), t.bin(c)
	}
	at := t.bin(c)
	for max(t.most, at)-min(t.least, at) >= maxBins {
		t.widen()
		at = t.bin(c)
	}
	t.least, t.most = min(t.least, at), max(t.most, at)
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
		b.Part++
	case calllog.Transient, calllog.Permanent:
		b.Down++
	default:
		b.Bad++
	}
}

func (t *timeline) bin(c *calllog.Call) int64 {
	return floorDiv(c.Time.Add(max(c.Total, 0)).UnixNano(), int64(t.width))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (t *timeline) widen() {
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
		sum.Part += b.Part
		sum.Bad += b.Bad
		sum.Down += b.Down
	}
	t.bins, t.width = wide, 2*t.width
	t.least, t.most = floorDiv(t.least, 2), floorDiv(t.most, 2)
}

func (t *timeline) result() *Timeline {
	if t.width == 0 {
		return nil
	}
	out := &Timeline{BinSeconds: t.width.Seconds(), Bins: make([]Bin, t.most-t.least+1)}
	for i := range out.Bins {
		at := t.least + int64(i)
		if b := t.bins[at]; b != nil {
			out.Bins[i] = *b
		}
		out.Bins[i].Start = status.At(time.Unix(0, at*int64(t.width)).UTC())
	}
	return out
}

// Trouble is a way in which calls went wrong.
type Trouble struct {
	Outcome calllog.Outcome `json:"outcome"`
	Error   string          `json:"error"`
	Calls   int64           `json:"calls"`
	Rows    int64           `json:"rows"` // asked for without a valid answer
	First   status.Time     `json:"first_at"`
	Last    status.Time     `json:"last_at"`
}

const (
	maxTroubles     = 200
	maxTroubleBytes = 300
)

// troubles counts calls that went wrong by outcome and message without its
// RowID, of many messages only the first ones apart.
type troubles struct{ by map[troubleKey]*Trouble }

type troubleKey struct {
	outcome calllog.Outcome
	text    string
}

func (t *troubles) add(c *calllog.Call) {
	if c.Outcome == calllog.OK || c.Outcome == calllog.Probe {
		return
	}
	if t.by == nil {
		t.by = map[troubleKey]*Trouble{}
	}
	k := troubleKey{c.Outcome, cutText(withoutRowID(c.Error))}
	if t.by[k] == nil && len(t.by) >= maxTroubles {
		k.text = "other messages"
	}
	s := t.by[k]
	if s == nil {
		s = &Trouble{Outcome: c.Outcome, Error: k.text, First: status.At(c.Time), Last: status.At(c.Time)}
		t.by[k] = s
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

func cutText(s string) string {
	if len(s) <= maxTroubleBytes {
		return s
	}
	for i := range s {
		if i > maxTroubleBytes-4 {
			return s[:i] + "…"
		}
	}
	return s
}

func (t *troubles) result() []Trouble {
	out := make([]Trouble, 0, len(t.by))
	for _, s := range t.by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Trouble) int {
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
