package server

import (
	"sync"
	"time"
)

// A host that fails is left alone for firstAvoid, then for twice as long after
// each failed call that follows, up to longestAvoid.
const (
	firstAvoid   = time.Second
	longestAvoid = time.Minute
)

// LongestAskedWait bounds how long a server is left alone because it asked for that
// (Retry-After).
const LongestAskedWait = 5 * time.Minute

// balancer decides which host a call goes to: of those that are not avoided the
// one with the least calls in flight, in turn where several have the least, beginning
// with next: workers that start together begin with different hosts. With a pace of its
// own a host counts by the share of its limit that is in flight. A host that would end
// a call only after all others are done with the rest gets none: near the end of the
// work a slow host would keep everybody waiting. A
// host that failed is avoided for a while, then tried with one call at a time
// until one succeeds. With every host avoided the choice is among all.
type balancer struct {
	now func() time.Time

	mu    sync.Mutex
	hosts []*host
	next  int // index of the host whose turn it is
	most  int // calls in flight, with paces
}

// load is what the balancer knows of a host.
type load struct {
	inFlight int
	calls    int64     // that are over, probes left out
	errors   int64     // of them
	failures int       // in a row
	until    time.Time // avoided until then
	pace     *pace     // nil: somebody else bounds the calls
	speed    speed
}

// speed is how fast a host was lately.
type speed struct {
	rate  float64       // calls a second: those in flight by the time that each took; 0: not known
	least time.Duration // time of a call, the shortest lately
}

// A call counts newest in the mean of a host's rate, and the shortest time grows by
// forget with each call.
const (
	newest = 0.1
	forget = 1.02
)

func (s *speed) observe(inFlight int, took time.Duration) {
	took = max(took, time.Microsecond)
	rate := float64(inFlight) / took.Seconds()
	if s.rate == 0 {
		s.rate, s.least = rate, took
		return
	}
	s.rate += newest * (rate - s.rate)
	s.least = min(time.Duration(forget*float64(s.least)), took)
}

// untilEnd is how long one more call would take on the host, in seconds.
func (l *load) untilEnd() float64 {
	return max(l.speed.least.Seconds(), float64(l.inFlight+1)/l.speed.rate)
}

// share is the part of the host's calls that is in flight.
func (l *load) share() float64 {
	if l.pace != nil {
		return float64(l.inFlight) / float64(l.pace.limit)
	}
	return float64(l.inFlight)
}

// pick is a call on its way to a host.
type pick struct {
	host *host
	call sentCall
}

// acquire picks a host for a call of so many bytes and counts it as in flight. left is how
// many calls are on their way or to come, with this one; 0: not known.
func (b *balancer) acquire(bytes, left int) *pick {
	b.mu.Lock()
	defer b.mu.Unlock()
	eligible := b.eligible()
	longest := b.untilAllEnd(eligible, left)
	h := b.leastLoaded(func(h *host) bool { return eligible(h) && (longest < 0 || h.load.untilEnd() <= longest) })
	if h == nil && longest >= 0 {
		h = b.firstToEnd(eligible)
	}
	if h == nil {
		h = b.leastLoaded(func(*host) bool { return true })
	}
	h.load.inFlight++
	p := &pick{h, sentCall{inFlight: h.load.inFlight, bytes: bytes, began: b.now()}}
	if h.load.pace != nil {
		p.call.round = h.load.pace.round
	}
	return p
}

// eligible returns the test that a host must pass to be picked before others.
func (b *balancer) eligible() func(*host) bool {
	if len(b.hosts) == 1 {
		return func(*host) bool { return true }
	}
	now := b.now()
	return func(h *host) bool {
		return h.load.failures == 0 || h.load.inFlight == 0 && !now.Before(h.load.until)
	}
}

// untilAllEnd is how long the hosts that are ok need together for the calls that are left,
// in seconds; below 0: not known.
func (b *balancer) untilAllEnd(ok func(*host) bool, left int) float64 {
	if left <= 0 || len(b.hosts) == 1 {
		return -1
	}
	rate := 0.0
	for _, h := range b.hosts {
		if !ok(h) {
			continue
		}
		if h.load.speed.rate == 0 {
			return -1
		}
		rate += h.load.speed.rate
	}
	if rate == 0 {
		return -1
	}
	return float64(left) / rate
}

// firstToEnd returns the host that would end one more call first, of those that are ok;
// nil if none is.
func (b *balancer) firstToEnd(ok func(*host) bool) *host {
	var first *host
	for _, h := range b.hosts {
		if ok(h) && (first == nil || h.load.untilEnd() < first.load.untilEnd()) {
			first = h
		}
	}
	return first
}

// leastLoaded returns the host with the least share in flight of those that are
// ok, nil if none is.
func (b *balancer) leastLoaded(ok func(*host) bool) *host {
	best := -1
	for k := range b.hosts {
		i := (b.next + k) % len(b.hosts)
		if ok(b.hosts[i]) && (best < 0 || b.hosts[i].load.share() < b.hosts[best].load.share()) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	b.next = (best + 1) % len(b.hosts)
	return b.hosts[best]
}

// acquireHost counts a call in flight on a host that the caller chose.
func (b *balancer) acquireHost(h *host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h.load.inFlight++
}

// release ends a call. Only errors that may pass speak against a host, and only
// answers, good or bad, speak for it; a call that the caller gave up does neither.
func (b *balancer) release(p *pick, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	p.host.load.calls++
	if ClassOf(err) != 0 {
		p.host.load.errors++
	}
	if err == nil {
		p.host.load.speed.observe(p.call.inFlight, now.Sub(p.call.began))
	}
	if pace := p.host.load.pace; pace != nil {
		switch cause := causeOfError(err); {
		case err == nil:
			pace.addAnswered(p.call, now)
		case ClassOf(err) == Busy || cause == NoReply || cause == GatewayTimeout:
			pace.backOff(p.call)
		}
	}
	b.endCall(p.host, err)
}

// releaseHost ends a call that acquireHost began.
func (b *balancer) releaseHost(h *host, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.endCall(h, err)
}

func (b *balancer) endCall(h *host, err error) {
	class := ClassOf(err)
	h.load.inFlight--
	switch {
	case class.Retryable():
		wait := min(firstAvoid<<min(h.load.failures, 10), longestAvoid)
		wait = max(wait, min(RetryAfter(err), LongestAskedWait))
		h.load.failures++
		h.load.until = b.now().Add(wait)
	case err == nil || class != 0:
		h.load.failures = 0
	}
}

// setHosts replaces the hosts that calls go to.
func (b *balancer) setHosts(hosts []*host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hosts = hosts
	b.next %= len(hosts)
}

// HostLoad is what a host of the client did.
type HostLoad struct {
	Name     string // as Reply and Error name it
	Calls    int64  // that are over
	Errors   int64  // of them
	InFlight int
	Limit    int  // calls in flight that work best so far; 0: without MaxParallel
	Avoided  bool // it failed and is left alone, or tried with one call
}

// loads lists what each host did.
func (b *balancer) loads() []HostLoad {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]HostLoad, len(b.hosts))
	for i, h := range b.hosts {
		l := &h.load
		out[i] = HostLoad{Name: h.name, Calls: l.calls, Errors: l.errors, InFlight: l.inFlight, Avoided: l.failures > 0}
		if l.pace != nil {
			out[i].Limit = l.pace.chosen()
		}
	}
	return out
}

// limit is how many calls the hosts should have in flight by their paces: a host that
// fails gets one to try.
func (b *balancer) limit(of func(*pace) int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, h := range b.hosts {
		if h.load.failures > 0 {
			n++
		} else {
			n += of(h.load.pace)
		}
	}
	return min(n, b.most)
}
