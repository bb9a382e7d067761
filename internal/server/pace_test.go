package server

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// simulated is a server with slots in virtual time. Calls wait in line for a slot.
type simulated struct {
	slots  int
	each   time.Duration // time of a call in a slot
	jitter float64       // share of each by which calls differ
	slower float64       // share by which every call in a slot beside it slows a call
	refuse int           // calls in flight from which it says that it is busy; 0: never
	rng    *rand.Rand
	now    time.Time
	line   []sentCall
	busy   ends
}

var seed uint64 = 1

type ending struct {
	at time.Time
	t  sentCall
}

type ends []ending

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(x any)        { *e = append(*e, x.(ending)) }
func (e *ends) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// admit gives waiting calls the free slots.
func (s *simulated) admit() {
	for len(s.busy) < s.slots && len(s.line) > 0 {
		took := float64(s.each) * (1 + s.jitter*(2*s.rng.Float64()-1)) * (1 + s.slower*float64(len(s.busy)))
		heap.Push(&s.busy, ending{s.now.Add(time.Duration(took)), s.line[0]})
		s.line = s.line[1:]
	}
}

// run makes calls at the pace and returns how many a second were made.
func (s *simulated) run(p *pace, calls int) float64 {
	began := s.now
	for range calls {
		for s.inFlight() < p.limit {
			if s.refuse > 0 && s.inFlight() >= s.refuse {
				p.backOff(sentCall{round: p.round})
				break
			}
			s.line = append(s.line, sentCall{p.round, s.inFlight() + 1, 1000, s.now})
			s.admit()
		}
		over := heap.Pop(&s.busy).(ending)
		s.now = over.at
		s.admit()
		p.addAnswered(over.t, s.now)
	}
	return float64(calls) / s.now.Sub(began).Seconds()
}

func (s *simulated) inFlight() int { return len(s.line) + len(s.busy) }

func newSimulated(slots int, jitter float64) *simulated {
	return &simulated{slots: slots, each: time.Second, jitter: jitter, rng: rand.New(rand.NewPCG(1, uint64(slots)*seed)), now: time.Unix(0, 0)}
}

// The best that a fixed number of calls in flight reaches is slots a second.
func TestPaceReachesTheBestWithin30Calls(t *testing.T) {
	for _, jitter := range []float64{0, 0.1, 0.3} {
		for _, slots := range []int{1, 2, 4, 16, 40} {
			t.Run(fmt.Sprintf("%d slots, times differ by %v", slots, jitter), func(t *testing.T) {
				s, p := newSimulated(slots, jitter), newPace(64)
				s.run(p, 30)
				if got := s.run(p, 600) / float64(slots); got < 0.95 {
					t.Errorf("%.3f of the best, limit %d", got, p.limit)
				}
				if jitter < 0.3 && p.limit > 4*slots {
					t.Errorf("limit %d", p.limit)
				}
			})
		}
	}
}

func TestPaceFollowsAChangeOfSlots(t *testing.T) {
	for _, jitter := range []float64{0, 0.1} {
		for _, change := range [][2]int{{1, 4}, {1, 16}, {4, 16}, {16, 4}, {16, 1}, {4, 1}} {
			t.Run(fmt.Sprintf("%v, times differ by %v", change, jitter), func(t *testing.T) {
				s, p := newSimulated(change[0], jitter), newPace(64)
				s.run(p, 300)
				s.slots = change[1]
				s.run(p, 30)
				if got := s.run(p, 400) / float64(change[1]); got < 0.95 {
					t.Errorf("%.3f of the best, limit %d", got, p.limit)
				}
			})
		}
	}
}

// On a graphics card calls beside each other slow each other down.
func TestPaceOfCallsThatSlowEachOther(t *testing.T) {
	for _, slower := range []float64{0.05, 0.2, 1} {
		best := 0.0
		for limit := 1; limit <= 32; limit++ {
			s := newSimulated(16, 0.1)
			s.slower = slower
			best = max(best, s.run(&pace{limit: limit, most: limit, phase: holding}, 1000))
		}
		s, p := newSimulated(16, 0.1), newPace(64)
		s.slower = slower
		s.run(p, 60)
		if got := s.run(p, 1000) / best; got < 0.93 {
			t.Errorf("slower by %v: %.3f of the best, limit %d", slower, got, p.limit)
		}
	}
}

func TestPaceKeepsItsBounds(t *testing.T) {
	for _, most := range []int{1, 3, 10} {
		s, p := newSimulated(100, 0.2), newPace(most)
		for range 500 {
			s.run(p, 1)
			if p.limit > most || p.limit < 1 {
				t.Fatalf("limit %d, want 1 to %d", p.limit, most)
			}
		}
	}
	s, p := newSimulated(4, 0.1), newPace(64)
	s.refuse = 6
	s.run(p, 30)
	if got := s.run(p, 400) / 4; got < 0.9 {
		t.Errorf("with a server that refuses the sixth call: %.3f of the best, limit %d", got, p.limit)
	}
}
