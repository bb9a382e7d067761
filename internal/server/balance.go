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
// with next: workers that start together begin with different hosts. A
// host that failed is avoided for a while, then tried with one call at a time
// until one succeeds. With every host avoided the choice is among all.
type balancer struct {
	now func() time.Time

	mu    sync.Mutex
	hosts []*host
	next  int // index of the host whose turn it is
}

// load is what the balancer knows of a host.
type load struct {
	inFlight int
	failures int       // in a row
	until    time.Time // avoided until then
}

// acquire picks a host and counts a call in flight on it.
func (b *balancer) acquire() *host {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.leastLoaded(b.eligible())
	if h == nil {
		h = b.leastLoaded(func(*host) bool { return true })
	}
	h.load.inFlight++
	return h
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

// leastLoaded returns the host with the least calls in flight of those that are
// ok, nil if none is.
func (b *balancer) leastLoaded(ok func(*host) bool) *host {
	best := -1
	for k := range b.hosts {
		i := (b.next + k) % len(b.hosts)
		if ok(b.hosts[i]) && (best < 0 || b.hosts[i].load.inFlight < b.hosts[best].load.inFlight) {
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
func (b *balancer) release(h *host, err error) {
	class := ClassOf(err)
	b.mu.Lock()
	defer b.mu.Unlock()
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
