package extsort

import (
	"context"
	"math"
)

// source is a run that is being merged, with its current item.
type source struct {
	key   uint64 // of the current item
	at    int    // place of the current item in batch
	batch *Batch
	done  bool

	long   bool
	ready  chan *Batch
	free   chan *Batch
	before *Batch // the batch before, whose last item may be in use
	err    error  // of feed; to be read when ready is closed
}

func newSource(long bool) *source {
	s := &source{long: long, ready: make(chan *Batch, 1), free: make(chan *Batch, batchesPerRun), batch: &Batch{}, before: &Batch{}}
	s.free <- &Batch{}
	s.free <- &Batch{}
	s.at = -1
	return s
}

func (s *source) run(ctx context.Context, run Run, size int) {
	s.err = s.feed(ctx, run, size)
	close(s.ready)
}

// feed reads the run and hands its batches over.
func (s *source) feed(ctx context.Context, run Run, size int) error {
	var order Order
	return run(ctx, size, func(b *Batch) error {
		if len(b.Items) == 0 {
			return nil
		}
		if !order.Ascends(b, s.long) {
			return errUnsorted
		}
		var full *Batch
		select {
		case full = <-s.free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		*full, *b = *b, *full
		select {
		case s.ready <- full:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return nil
	})
}

// next moves to the next item. The one before stays valid until the call after.
func (s *source) next() error {
	s.at++
	if s.at < len(s.batch.Items) {
		s.key = s.batch.Keys[s.at]
		return nil
	}
	b, ok := <-s.ready
	if !ok {
		s.done, s.key = true, math.MaxUint64
		return s.err
	}
	s.free <- s.before
	s.before, s.batch, s.at = s.batch, b, 0
	s.key = b.Keys[0]
	return nil
}

// Order sees that the keys of batches never get less, through all of them.
type Order struct {
	started bool
	last    uint64
	long    []byte
}

// Ascends reports whether the keys of b go on in order after those of the batches
// before; long says that items have long keys.
func (c *Order) Ascends(b *Batch, long bool) bool {
	if len(b.Items) == 0 {
		return true
	}
	last := c.last
	if !c.started {
		last = b.Keys[0]
	}
	b.distinct = true
	for i, k := range b.Keys {
		if k < last {
			return false
		}
		b.distinct = b.distinct && (k > last || i == 0)
		last = k
	}
	if long && !c.longAscends(b) {
		return false
	}
	c.started, c.last = true, last
	return true
}

func (c *Order) longAscends(b *Batch) bool {
	last, was := c.long, c.started
	for i := range b.Items {
		key := longKey(b.item(i))
		if was && string(key) < string(last) {
			return false
		}
		last, was = key, true
	}
	c.long = append(c.long[:0], last...)
	return true
}
