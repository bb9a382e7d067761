package stats

import (
	"slices"
	"sort"
)

// restAfter (in nanoseconds) is the silence after which nobody was at work: a
// pause, or the time until a resume. Shorter silence is waiting for a retry.
const idleAfter = int64(60e9)

const maxIntervals = 1 << 16

// spans are the times when somebody was at work: disjoint, in order, farther
// apart than the rest between them. Times are nanoseconds since 1970.
type workIntervals struct {
	intervals []interval
	idleAfter int64 // 0: restAfter
}

type interval struct{ from, to int64 }

// add takes note of work from one time to another. Work that comes about in
// order costs next to nothing.
func (s *workIntervals) addInterval(from, to int64) {
	s.idleAfter = max(s.idleAfter, idleAfter)
	// the spans i:j are near enough to become one with the new one
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

// coarsen bounds memory: it lets longer rests count as work.
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

// worked is the time of work in nanoseconds.
func (s *workIntervals) total() (sum int64) {
	for _, n := range s.intervals {
		sum += n.to - n.from
	}
	return sum
}
