package stats

import (
	"slices"
	"sort"
)

// restAfter (in nanoseconds) is the silence after which nobody was at work: a
// pause, or the time until a resume. Shorter silence is waiting for a retry.
const restAfter = int64(60e9)

const maxSpans = 1 << 16

// spans are the times when somebody was at work: disjoint, in order, farther
// apart than the rest between them. Times are nanoseconds since 1970.
type spans struct {
	all  []span
	rest int64 // 0: restAfter
}

type span struct{ from, to int64 }

// add takes note of work from one time to another. Work that comes about in
// order costs next to nothing.
func (s *spans) add(from, to int64) {
	s.rest = max(s.rest, restAfter)
	// the spans i:j are near enough to become one with the new one
	i := len(s.all)
	if i > 0 && s.all[i-1].to+s.rest >= from {
		i = sort.Search(len(s.all), func(k int) bool { return s.all[k].to+s.rest >= from })
	}
	j := i
	for j < len(s.all) && s.all[j].from <= to+s.rest {
		from, to = min(from, s.all[j].from), max(to, s.all[j].to)
		j++
	}
	if j == i+1 {
		s.all[i] = span{from, to}
		return
	}
	s.all = slices.Replace(s.all, i, j, span{from, to})
	if len(s.all) > maxSpans {
		s.coarsen()
	}
}

// coarsen bounds memory: it lets longer rests count as work.
func (s *spans) coarsen() {
	for len(s.all) > maxSpans/2 {
		s.rest *= 2
		kept := s.all[:1]
		for _, n := range s.all[1:] {
			if last := &kept[len(kept)-1]; last.to+s.rest >= n.from {
				last.to = max(last.to, n.to)
			} else {
				kept = append(kept, n)
			}
		}
		s.all = kept
	}
}

// worked is the time of work in nanoseconds.
func (s *spans) worked() (sum int64) {
	for _, n := range s.all {
		sum += n.to - n.from
	}
	return sum
}
