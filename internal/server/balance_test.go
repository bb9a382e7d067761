package server

import (
	"context"
	"testing"
	"time"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newBalancer(names ...string) (*balancer, *clock) {
	c := &clock{time.Unix(1000, 0)}
	b := &balancer{now: c.now}
	for _, n := range names {
		b.hosts = append(b.hosts, &host{name: n})
	}
	return b, c
}

// acquireAll names the hosts of calls that do not end.
func (b *balancer) acquireAll(calls int) (names string) {
	for range calls {
		names += b.acquire(0, 0).host.name
	}
	return names
}

func TestBalancerTakesTurnsAmongLeastLoaded(t *testing.T) {
	b, _ := newBalancer("a", "b", "c")
	if got := b.acquireAll(6); got != "abcabc" {
		t.Errorf("got %s", got)
	}
	b.releaseHost(b.hosts[1], nil)
	b.releaseHost(b.hosts[1], nil)
	if got := b.acquireAll(3); got != "bbc" {
		t.Errorf("after two calls of b ended: got %s", got)
	}
}

// Of a job's workers with one call in flight each, not all call the first host.
func TestWorkersBeginWithDifferentHosts(t *testing.T) {
	got := ""
	for first := range 5 {
		c, err := New(Config{Hosts: []string{"http://a", "http://b", "http://c"}, First: first})
		if err != nil {
			t.Fatal(err)
		}
		got += c.balancer.acquire(0, 0).host.url.Hostname()
	}
	if got != "abcab" {
		t.Errorf("got %s, want abcab", got)
	}
}

func TestBalancerAvoidsAHostThatFailed(t *testing.T) {
	down := &Error{Class: Transient}
	b, clock := newBalancer("a", "b")
	fail := func(h *host) {
		b.acquireHost(h)
		b.releaseHost(h, down)
	}
	fail(b.hosts[0])
	if got := b.acquireAll(3); got != "bbb" {
		t.Errorf("a failed: got %s", got)
	}
	clock.advance(firstAvoid)
	if got := b.acquireAll(2); got != "ab" {
		t.Errorf("one call may try a again: got %s", got)
	}
	b.releaseHost(b.hosts[0], down)
	clock.advance(firstAvoid)
	if got := b.acquireAll(1); got != "b" {
		t.Errorf("a failed twice and waits twice as long: got %s", got)
	}
	clock.advance(firstAvoid)
	if got := b.acquireAll(1); got != "a" {
		t.Errorf("got %s", got)
	}
	b.releaseHost(b.hosts[0], nil)
	if got := b.acquireAll(3); got != "aaa" {
		t.Errorf("a works again and has less to do: got %s", got)
	}
}

func TestBalancerChoosesAmongAllWhenAllFail(t *testing.T) {
	b, clock := newBalancer("a", "b")
	for range 50 {
		for _, h := range b.hosts {
			b.acquireHost(h)
			b.releaseHost(h, &Error{Class: Transient})
		}
	}
	if got := b.acquireAll(4); got != "abab" {
		t.Errorf("got %s", got)
	}
	for _, h := range b.hosts {
		if wait := h.load.until.Sub(clock.now()); wait != longestAvoid {
			t.Errorf("%s waits %v, want %v", h.name, wait, longestAvoid)
		}
	}
}

func TestBalancerCountsOnlyWhatTheHostDid(t *testing.T) {
	b, _ := newBalancer("a", "b")
	a := b.hosts[0]
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"failed", &Error{Class: Transient}, 1},
		{"given up by the caller", context.Canceled, 1},
		{"failed again", &Error{Class: Transient}, 2},
		{"prompt too long", &Error{Class: Overflow}, 0},
	} {
		b.acquireHost(a)
		b.releaseHost(a, c.err)
		if a.load.failures != c.want {
			t.Errorf("%s: got %d failures, want %d", c.name, a.load.failures, c.want)
		}
	}
}
