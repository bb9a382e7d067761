package server

import (
	"container/heap"
	"fmt"
	"testing"
	"time"
)

// pool is hosts in virtual time, under one balancer.
type pool struct {
	*balancer
	servers []*simulated
	picks   []map[sentCall]*pick // of each server, by what its line holds
	clock   *clock
	serial  int
}

// newPool has a host for each time that a call takes in one of slots.
func newPool(auto bool, slots int, jitter float64, each ...time.Duration) *pool {
	p := &pool{clock: &clock{time.Unix(1000, 0)}}
	p.balancer = &balancer{now: p.clock.now, most: 64}
	for i, took := range each {
		s := newSimulated(slots, jitter)
		s.each, s.now = took, p.clock.now()
		h := &host{name: fmt.Sprint(i)}
		if auto {
			h.load.pace = newPace(64)
		}
		p.servers, p.hosts, p.picks = append(p.servers, s), append(p.hosts, h), append(p.picks, map[sentCall]*pick{})
	}
	return p
}

// send starts a call and returns when it cannot be lost.
func (p *pool) send(left int) {
	picked := p.acquire(1000, left)
	for i, h := range p.hosts {
		if h != picked.host {
			continue
		}
		p.serial++
		key := sentCall{bytes: p.serial}
		p.picks[i][key] = picked
		s := p.servers[i]
		s.now = p.clock.now()
		s.line = append(s.line, key)
		s.admit()
	}
}

// endNext ends the call that is over first and returns its host.
func (p *pool) endNext() int {
	first := -1
	for i, s := range p.servers {
		if len(s.busy) > 0 && (first < 0 || s.busy[0].at.Before(p.servers[first].busy[0].at)) {
			first = i
		}
	}
	s := p.servers[first]
	key := s.busy[0].t
	p.clock.t, s.now = s.busy[0].at, s.busy[0].at
	heap.Pop(&s.busy)
	s.admit()
	p.release(p.picks[first][key], nil)
	delete(p.picks[first], key)
	return first
}

// run makes calls, as many at once as parallel says, and returns how long that took and when each
// host ended its last one.
func (p *pool) run(calls int, parallel func() int) (took time.Duration, ends []time.Duration) {
	began, inFlight, sent := p.clock.now(), 0, 0
	ends = make([]time.Duration, len(p.hosts))
	for done := 0; done < calls; done++ {
		for sent < calls && inFlight < parallel() {
			p.send(calls - done)
			sent, inFlight = sent+1, inFlight+1
		}
		ends[p.endNext()] = p.clock.now().Sub(began)
		inFlight--
	}
	return p.clock.now().Sub(began), ends
}

// Hosts that are 1, 2 and 4 times as fast do together what each does alone, and none keeps the
// others waiting for more than about a call at the end.
func TestPoolOfUnequalHosts(t *testing.T) {
	const calls, slowest = 1000, 4 * time.Second
	for _, jitter := range []float64{0, 0.2} {
		for _, slots := range []int{1, 4} {
			for _, parallel := range []int{0, 3, 6, 7, 12, 24, 60} {
				name := fmt.Sprintf("%d slots each, times differ by %v, %d in flight", slots, jitter, parallel)
				if parallel > 0 && parallel < 3*slots {
					continue
				}
				t.Run(name, func(t *testing.T) {
					p := newPool(parallel == 0, slots, jitter, slowest, slowest/2, slowest/4)
					limit := func() int { return parallel }
					if parallel == 0 {
						limit = func() int { return p.limit((*pace).current) }
					}
					took, ends := p.run(calls*slots, limit)
					sum := float64(slots) * (1 + 2 + 4) / slowest.Seconds()
					if share := calls * float64(slots) / took.Seconds() / sum; share < 0.97 {
						t.Errorf("%.3f of the sum of the hosts' rates", share)
					}
					longest := slowest
					if parallel == 0 || jitter > 0 { // the balancer guesses
						longest = slowest * 3 / 2
					}
					for i, end := range ends {
						if took-end > longest {
							t.Errorf("host %d ends %v before the last, a call of the slowest takes %v", i, took-end, slowest)
						}
					}
				})
			}
		}
	}
}
