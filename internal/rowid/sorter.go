package rowid

import (
	"context"
	"encoding/binary"
	"math"

	"prism/internal/extsort"
)

// Row is an ID and the position of its row.
type Row struct{ ID, Position int64 }

const (
	rowSize = 16 // bytes of a row that waits to be sorted
	// sorterMemory is about the bytes that a Sorter holds in memory.
	sorterMemory = 12 << 20
	mergeMemory  = 8 << 20
)

// Sorter sorts rows by ID; those with the same ID keep the order in which they
// were added. What does not fit into its memory waits in a temporary file.
type Sorter struct {
	ctx   context.Context
	s     *extsort.Sorter
	block int // bytes of a batch
	batch extsort.Batch
}

// NewSorter returns an empty Sorter, to be closed.
func NewSorter(ctx context.Context) *Sorter { return newSorter(ctx, sorterMemory, extsort.BlockSize) }

func newSorter(ctx context.Context, memory int64, block int) *Sorter {
	return &Sorter{ctx: ctx, s: extsort.NewSorter(ctx, memory, false), block: block}
}

// Add takes a row.
func (s *Sorter) Add(r Row) error {
	var b [rowSize]byte
	binary.LittleEndian.PutUint64(b[:], uint64(r.ID))
	binary.LittleEndian.PutUint64(b[8:], uint64(r.Position))
	s.batch.Append(SortKey(r.ID), b[:])
	if len(s.batch.Data)+rowSize <= s.block {
		return nil
	}
	return s.s.Add(&s.batch)
}

// SortKey orders as IDs do.
func SortKey(id int64) uint64 { return uint64(id) ^ 1<<63 }

// FromSortKey is the ID of a key.
func FromSortKey(key uint64) int64 { return int64(key ^ 1<<63) }

// Each calls yield with every row in order, on another goroutine, and waits for
// it. It may be called once, after the last Add.
func (s *Sorter) Each(yield func(Row) error) error {
	if err := s.s.Add(&s.batch); err != nil {
		return err
	}
	runs, err := s.s.Runs()
	if err != nil {
		return err
	}
	o := extsort.Options{Memory: mergeMemory}
	if runs, err = s.s.MergeRuns(runs, extsort.MaxRuns(mergeMemory), o); err != nil {
		return err
	}
	_, err = extsort.Merge(s.ctx, runs, o, func(b []byte) error { // whole rows: they fit into the buffers evenly
		for ; len(b) > 0; b = b[rowSize:] {
			r := Row{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))}
			if err := yield(r); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// FirstDuplicate is the first row, by position, whose ID an earlier row has. The
// rows must have been added in the order of their positions. It takes the place
// of Each.
func (s *Sorter) FirstDuplicate() (first Row, ok bool, err error) {
	first = Row{Position: math.MaxInt64}
	var before Row
	n := 0
	err = s.Each(func(r Row) error {
		if n > 0 && r.ID == before.ID && r.Position < first.Position {
			first, ok = r, true
		}
		before = r
		n++
		return nil
	})
	if !ok {
		first = Row{}
	}
	return first, ok, err
}

// Close removes the temporary file.
func (s *Sorter) Close() error { return s.s.Close() }
