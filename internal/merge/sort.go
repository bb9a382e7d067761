package merge

import (
	"context"
	"errors"

	"prism/internal/extsort"
	"prism/internal/record"
)

// sorting joins parts in the order of a column.
type sorting struct {
	*layout
	o      Options
	column int  // of the output, to sort by
	long   bool // it is not RowID: keys are long
	drops  *drops
}

const (
	// Parts of less are sorted in memory with others even if they are sorted:
	// to merge them as they are would take buffers for each.
	minStream = 1 << 20
	// sortReserve is the memory that scanning and merging take beside the
	// records that are sorted.
	sortReserve = 24 << 20
	minMemory   = 8 << 20
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
	err := record.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *record.Block) error {
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

// run writes the joined records after wrote bytes that are there. An unsorted part that was taken for sorted is
// an *extsort.UnsortedError, and its mark is taken away: the output is to be
// written again.
func (s *sorting) run(ctx context.Context, out Output, wrote int64) (extsort.Merged, error) {
	memory := max(s.o.Memory-sortReserve, minMemory)
	sorter := extsort.NewSorter(ctx, memory, s.long)
	defer sorter.Close()
	streams := map[int]*part{} // by their place among the runs
	for _, p := range s.parts {
		if p.sorted && len(streams) < extsort.MaxRuns(memory)/2 {
			place, err := sorter.Insert(s.stream(p))
			if err != nil {
				return extsort.Merged{}, err
			}
			streams[place] = p
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
	o := extsort.Options{Long: s.long}
	if !s.long {
		o.Equal = s.o.OnDuplicate
	}
	if runs, err = sorter.Fewer(runs, extsort.MaxRuns(memory), o); err != nil {
		return extsort.Merged{}, err
	}
	merged, err := extsort.Merge(ctx, runs, o, func(b []byte) error {
		n, err := out.Write(b)
		wrote += int64(n)
		if out.Wrote != nil {
			out.Wrote(wrote)
		}
		return err
	})
	var unsorted *extsort.UnsortedError
	if errors.As(err, &unsorted) {
		streams[unsorted.Run].sorted = false
	}
	return merged, err
}

// add gives the records of a part to be sorted.
func (s *sorting) add(ctx context.Context, sorter *extsort.Sorter, p *part) error {
	b := s.batcher(p)
	drop := s.drops.of(p)
	o := b.scanOptions()
	o.Block = extsort.BlockSize
	return record.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *record.Block) error {
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
		return record.Scan(ctx, p.File, p.File.Size, p.header, o, func(blk *record.Block) error {
			s.o.progress(len(blk.Data))
			batch, err := b.take(blk, nil)
			if err == nil {
				err = yield(batch)
			}
			b.giveBack(blk)
			return err
		})
	}
}
