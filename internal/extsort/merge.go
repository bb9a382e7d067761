package extsort

import (
	"context"
	"errors"
	"sync"
)

// Equal says what becomes of items with equal keys.
type Equal uint8

// What becomes of items with equal keys. Their order is that of the runs and
// of the items in a run.
const (
	KeepAll Equal = iota
	KeepFirst
	KeepLast
	Refuse // ends the merge with an EqualError
)

// EqualError is two items with the same key where Refuse was asked.
type EqualError struct{ Key uint64 }

func (*EqualError) Error() string { return "two records have the same key" }

// errUnsorted says that a run was not sorted.
var errUnsorted = errors.New("a run is not sorted")

// Options says how Merge merges.
type Options struct {
	Long   bool  // items have long keys; else keys are whole
	Equal  Equal // of whole keys
	Memory int64 // bytes for batches; 0: 16 MiB
	Start  int64 // byte of the output where the records start, so that writes are aligned

	framed bool // write items with their keys, as in a temporary file
}

// Merged is what a merge did.
type Merged struct {
	Items   int64 // written
	Dropped int64 // for their keys
}

const (
	defaultMemory = 16 << 20
	minBatch      = 8 << 10
	maxBatch      = 256 << 10
	// A run has this many batches: one being made, one waiting, one being
	// merged, and the one before, which the last item may still be in.
	// Its feeder has a fifth at hand.
	batchesPerRun = 5
)

// MaxRuns is how many runs Merge takes at once within memory bytes.
func MaxRuns(memory int64) int {
	return int(max(memory/(batchesPerRun*minBatch*2), 2))
}

// Merge merges sorted runs and gives the records to write in pieces, on a
// goroutine of their own. A piece lives until write returns.
func Merge(ctx context.Context, runs []Run, o Options, write func([]byte) error) (Merged, error) {
	ctx, cancel := context.WithCancel(ctx)
	memory := o.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	size := int(min(max(memory/int64(batchesPerRun*max(len(runs), 1)*2), minBatch), maxBatch))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	m := &merger{o: o, writer: newAsyncWriter(write, o.Start)}
	for _, run := range runs {
		s := newSource(o.Long)
		wg.Go(func() { s.run(ctx, run, size) })
		m.sources = append(m.sources, s)
	}
	err := m.merge()
	return m.result, errors.Join(err, m.writer.close())
}

type merger struct {
	o       Options
	writer  *asyncWriter
	sources []*source
	tree    tree
	out     []byte
	held    []byte
	result  Merged
}

func (m *merger) merge() error {
	m.out = m.writer.buffer()
	m.tree.init(m.sources, m.o.Long)
	for _, s := range m.sources {
		if err := s.next(); err != nil {
			return err
		}
	}
	m.tree.build()
	for {
		s := m.tree.winner()
		if s.done {
			break
		}
		if s.at == 0 && m.batchIsNext(s) {
			m.emitAllButLast(s)
		}
		if err := m.emitNext(s); err != nil {
			return err
		}
		m.out = m.writer.writeFull(m.out)
		if m.writer.failed() {
			return nil
		}
	}
	m.writer.writeLast(m.out)
	return nil
}

// batchIsNext reports whether all items of the winner's new batch come before those of
// the other sources, as where sorted parts follow each other.
func (m *merger) batchIsNext(s *source) bool {
	b := s.batch
	if m.o.Equal != KeepAll && !b.distinct {
		return false
	}
	last := b.Keys[len(b.Keys)-1]
	for _, other := range m.sources {
		if other != s && !other.done && other.key <= last {
			return false
		}
	}
	return true
}

// emitAllButLast writes the items of a new batch but for the last one, whose
// key the next batch may have too.
func (m *merger) emitAllButLast(s *source) {
	b, n := s.batch, len(s.batch.Items)-1
	if n > 0 && !m.o.Long && !m.o.framed && b.dense(n) {
		m.out = append(m.out, b.Data[b.Items[0].From:b.Items[n-1].To]...)
		m.result.Items += int64(n)
	} else {
		for i := range n {
			m.emit(b.item(i), b.Keys[i])
		}
	}
	s.at, s.key = n, b.Keys[n]
}

// emitNext moves one item on: it is written unless its key drops it.
func (m *merger) emitNext(s *source) error {
	key, item := s.key, s.batch.item(s.at)
	if err := s.next(); err != nil {
		return err
	}
	m.tree.replay()
	if m.o.Equal == KeepAll {
		m.emit(item, key)
		return nil
	}
	return m.emitUnique(key, item)
}

// emitUnique settles the items whose key is that of item, the first of them.
func (m *merger) emitUnique(key uint64, item []byte) error {
	for {
		s := m.tree.winner()
		if s.done || s.key != key {
			m.emit(item, key)
			return nil
		}
		if m.o.Equal == Refuse {
			return &EqualError{key}
		}
		m.result.Dropped++
		if m.o.Equal == KeepLast {
			item = s.batch.item(s.at)
		} else {
			m.held = append(m.held[:0], item...) // the batch of item may go before it is written
			item = m.held
		}
		if err := s.next(); err != nil {
			return err
		}
		m.tree.replay()
	}
}

func (m *merger) emit(item []byte, key uint64) {
	switch {
	case m.o.framed:
		m.out = appendFrame(m.out, key, item)
	case m.o.Long:
		m.out = append(m.out, content(item)...)
	default:
		m.out = append(m.out, item...)
	}
	m.result.Items++
}
