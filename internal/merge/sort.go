package merge

import (
	"context"
	"errors"

	"prism/internal/extsort"
	"prism/internal/table"
)

// sorting joins parts in the order of a column.
type sorting struct {
	*layout
	o      Options
	column int  // of the output, to sort by
	long   bool // it is not RowID: keys are long
	drops  *drops

	buffers table.Buffers
}

const (
	// Parts of less are sorted in memory with others even if they are sorted:
	// to merge them as they are would take buffers for each.
	minStream = 1 << 20
	// sortReserve is the memory that scanning takes beside the records that are
	// sorted.
	sortReserve = 8 << 20
	minMemory   = 4 << 20
)

var errStop = errors.New("stop")

// looksSorted tells whether the first block of a part is in order.
func (s *sorting) looksSorted(ctx context.Context, p *part) (bool, error) {
	if p.File.Size < minStream {
		return false, nil
	}
	sorted := false
	b := s.batcher(p)
	o := b.scanOptions()
	o.Workers = 1
	err := table.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *table.Block) error {
		batch, err := b.take(blk, nil)
		if err != nil {
			return err
		}
		sorted = batch.Sorted(s.long)
		b.giveBack(blk)
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return sorted, err
}

// errUnsorted says that a part proved to be less sorted than it looked. Its mark
// is taken away: the output is to be written again.
var errUnsorted = errors.New("a part is not sorted")

// run writes the joined records after wrote bytes that are there.
func (s *sorting) run(ctx context.Context, out Output, wrote int64) (extsort.Merged, error) {
	memory := max(s.o.Memory-sortReserve, minMemory)
	sorter := extsort.NewSorter(ctx, memory, s.long)
	defer sorter.Close()
	streams := 0
	for _, p := range s.parts {
		if p.sorted && streams < extsort.MaxRuns(memory)/2 {
			if err := sorter.Insert(s.stream(p)); err != nil {
				return extsort.Merged{}, err
			}
			streams++
			continue
		}
		if err := s.add(ctx, sorter, p); err != nil {
			return extsort.Merged{}, err
		}
	}
	runs, err := sorter.Runs()
	if err != nil {
		return extsort.Merged{}, err
	}
	o := extsort.Options{Long: s.long, Start: wrote}
	if !s.long {
		o.Equal = s.o.OnDuplicate
	}
	s.o.debug("%d of %d parts are merged as they stand, the others in %d sorted runs", streams, len(s.parts), len(runs)-streams)
	if runs, err = sorter.Fewer(runs, extsort.MaxRuns(memory), o); err != nil {
		return extsort.Merged{}, err
	}
	return extsort.Merge(ctx, runs, o, func(b []byte) error {
		n, err := out.Write(b)
		wrote += int64(n)
		if out.Wrote != nil {
			out.Wrote(wrote)
		}
		return err
	})
}

// add gives the records of a part to be sorted.
func (s *sorting) add(ctx context.Context, sorter *extsort.Sorter, p *part) error {
	b := s.batcher(p)
	drop := s.drops.of(p)
	o := b.scanOptions()
	o.Block, o.Buffers = extsort.BlockSize, &s.buffers
	if !b.direct() {
		o.Block /= 4 // records may become longer
	}
	return table.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *table.Block) error {
		s.o.progress(len(blk.Data))
		batch, err := b.take(blk, drop)
		if err == nil {
			err = sorter.Add(batch)
		}
		b.giveBack(blk)
		return err
	})
}

// stream is a sorted part as a run.
func (s *sorting) stream(p *part) extsort.Run {
	return func(ctx context.Context, bytes int, yield func(*extsort.Batch) error) error {
		b := s.batcher(p)
		o := b.scanOptions()
		o.Workers, o.Block = 1, bytes
		var order extsort.Order
		return table.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *table.Block) error {
			s.o.progress(len(blk.Data))
			batch, err := b.take(blk, nil)
			switch {
			case err != nil:
			case order.Ascends(batch, s.long):
				err = yield(batch)
			default:
				p.sorted = false
				s.o.debug("%s is not sorted: all is merged again", p.Options.Name)
				err = errUnsorted
			}
			b.giveBack(blk)
			return err
		})
	}
}
