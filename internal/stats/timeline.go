package stats

import (
	"slices"
	"sort"
	"time"

	"prism/internal/calllog"
	"prism/internal/status"
)

// maxBins is the most bins of a timeline; they get wider as a run gets longer.
const maxBins = 120

// Timeline is the calls by the time they ended.
type Timeline struct {
	BinSeconds float64 `json:"bin_seconds"`
	Bins       []Bin   `json:"bins"` // without gaps, from the first call to the last
}

// Bin is the calls that ended within BinSeconds from Start.
type Bin struct {
	Start   status.Time `json:"start"`
	Rows    int64       `json:"rows"`   // labelled
	Tokens  int64       `json:"tokens"` // generated
	OK      int64       `json:"ok"`     // calls by outcome
	Partial int64       `json:"partial"`
	Invalid int64       `json:"bad"`       // bad, cut, overflow
	NoReply int64       `json:"transient"` // transient, permanent
}

// timeline counts calls in bins, whose width doubles when there are too many. Calls
// may come in any order.
type timeline struct {
	width    time.Duration // 0: no call yet
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

// idleAfter (in nanoseconds) is the time without calls that counts as idle: a
// pause, or the time until a resume. Less is waiting for a retry.
const idleAfter = int64(60e9)

const maxIntervals = 1 << 16

// workIntervals are the times with calls: disjoint, ascending, more than idleAfter
// apart. Times are nanoseconds since 1970.
type workIntervals struct {
	intervals []interval
	idleAfter int64 // 0: the constant idleAfter
}

type interval struct{ from, to int64 }

// addInterval adds work from one time to another. It is cheap if work comes roughly
// in order.
func (s *workIntervals) addInterval(from, to int64) {
	s.idleAfter = max(s.idleAfter, idleAfter)
	// intervals i to j are close enough to join with the new one
	i := len(s.intervals)
	if i > 0 && s.intervals[i-1].to+s.idleAfter >= from {
		i = sort.Search(len(s.intervals), func(k int) bool { return s.intervals[k].to+s.idleAfter >= from })
	}
	j := i
	for j < len(s.intervals) && s.intervals[j].from <= to+s.idleAfter {
		from, to = min(from, s.intervals[j].from), max(to, s.intervals[j].to)
		j++
	}
	if j == i+1 {
		s.intervals[i] = interval{from, to}
		return
	}
	s.intervals = slices.Replace(s.intervals, i, j, interval{from, to})
	if len(s.intervals) > maxIntervals {
		s.coarsen()
	}
}

// coarsen bounds memory: it counts longer gaps as work.
func (s *workIntervals) coarsen() {
	for len(s.intervals) > maxIntervals/2 {
		s.idleAfter *= 2
		kept := s.intervals[:1]
		for _, n := range s.intervals[1:] {
			if last := &kept[len(kept)-1]; last.to+s.idleAfter >= n.from {
				last.to = max(last.to, n.to)
			} else {
				kept = append(kept, n)
			}
		}
		s.intervals = kept
	}
}

// total is the time of all intervals in nanoseconds.
func (s *workIntervals) total() (sum int64) {
	for _, n := range s.intervals {
		sum += n.to - n.from
	}
	return sum
}
