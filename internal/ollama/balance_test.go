package ollama

import (
	"context"
	"testing"
	"time"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newBalance(names ...string) (*balance, *clock) {
	c := &clock{time.Unix(1000, 0)}
	b := &balance{now: c.now}
	for _, n := range names {
		b.hosts = append(b.hosts, &host{name: n})
	}
	return b, c
}

// took names the hosts of calls that are not given back.
func (b *balance) took(calls int) (names string) {
	for range calls {
		names += b.take().name
	}
	return names
}

func TestBalanceTakesTurnsAmongLeastLoaded(t *testing.T) {
	b, _ := newBalance("a", "b", "c")
	if got := b.took(6); got != "abcabc" {
		t.Errorf("got %s", got)
	}
	b.give(b.hosts[1], nil)
	b.give(b.hosts[1], nil)
	if got := b.took(3); got != "bbc" {
		t.Errorf("after two calls of b ended: got %s", got)
	}
}

func TestBalanceAvoidsAHostThatFailed(t *testing.T) {
	down := &Error{Class: Transient}
	b, clock := newBalance("a", "b")
	fail := func(h *host) {
		b.takeNamed(h)
		b.give(h, down)
	}
	fail(b.hosts[0])
	if got := b.took(3); got != "bbb" {
		t.Errorf("a failed: got %s", got)
	}
	clock.advance(firstAvoid)
	if got := b.took(2); got != "ab" {
		t.Errorf("one call may try a again: got %s", got)
	}
	b.give(b.hosts[0], down)
	clock.advance(firstAvoid)
	if got := b.took(1); got != "b" {
		t.Errorf("a failed twice and waits twice as long: got %s", got)
	}
	clock.advance(firstAvoid)
	if got := b.took(1); got != "a" {
		t.Errorf("got %s", got)
	}
	b.give(b.hosts[0], nil)
	if got := b.took(3); got != "aaa" {
		t.Errorf("a works again and has less to do: got %s", got)
	}
}

func TestBalanceChoosesAmongAllWhenAllFail(t *testing.T) {
	b, clock := newBalance("a", "b")
	for range 50 {
		for _, h := range b.hosts {
			b.takeNamed(h)
			b.give(h, &Error{Class: Transient})
		}
	}
	if got := b.took(4); got != "abab" {
		t.Errorf("got %s", got)
	}
	for _, h := range b.hosts {
		if wait := h.load.until.Sub(clock.now()); wait != longestAvoid {
			t.Errorf("%s waits %v, want %v", h.name, wait, longestAvoid)
		}
	}
}

func TestBalanceCountsOnlyWhatTheHostDid(t *testing.T) {
	b, _ := newBalance("a", "b")
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
		b.takeNamed(a)
		b.give(a, c.err)
		if a.load.failures != c.want {
			t.Errorf("%s: got %d failures, want %d", c.name, a.load.failures, c.want)
		}
	}
}
