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
	long   bool // it is not that of the IDs: keys are long
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

// errUnsorted says that a part proved to be less sorted than it looked. Its mark
// is taken away: the output is to be written again.
var errUnsorted = errors.New("a part is not sorted")

// writeSorted writes the parts merged, again where one proves to be less sorted
// than it looked.
func (j *join) writeSorted(ctx context.Context) (Result, error) {
	column, err := j.sortColumn()
	if err != nil || len(j.parts) == 0 {
		return Result{}, err
	}
	s := &sorting{layout: j.layout, o: j.o, column: column, long: column != j.id}
	if s.long && j.id >= 0 { // duplicates are not neighbours
		stats, err := j.countIDs(ctx, j.o)
		if err != nil {
			return Result{}, err
		}
		if s.drops, err = j.findDrops(ctx, j.o, stats); err != nil {
			return Result{}, err
		}
	}
	if err := s.markSorted(ctx); err != nil {
		return Result{}, err
	}
	if j.out.Rewind == nil {
		if err := s.verifyMarks(ctx); err != nil {
			return Result{}, err
		}
	}
	for {
		merged, err := j.mergeOnce(ctx, s)
		if j.out.Rewind == nil || !errors.Is(err, errUnsorted) {
			return Result{Rows: merged.Items, Dropped: merged.Dropped + s.drops.count()}, err
		}
		if err := j.out.Rewind(); err != nil {
			return Result{}, err
		}
		if err := s.verifyMarks(ctx); err != nil {
			return Result{}, err
		}
	}
}

// mergeOnce writes the header and the joined records.
func (j *join) mergeOnce(ctx context.Context, s *sorting) (extsort.Merged, error) {
	head, err := j.head()
	if err != nil {
		return extsort.Merged{}, err
	}
	if _, err := j.out.Write(head); err != nil {
		return extsort.Merged{}, err
	}
	return s.mergeParts(ctx, j.out, int64(len(head)))
}

// mergeParts writes the joined records to out, which has wrote bytes already.
func (s *sorting) mergeParts(ctx context.Context, out Output, wrote int64) (extsort.Merged, error) {
	memory := max(s.o.Memory-sortReserve, minMemory)
	sorter := extsort.NewSorter(ctx, memory, s.long)
	defer sorter.Close()
	streams := 0
	for _, p := range s.parts {
		var err error
		if p.sorted && streams < extsort.MaxRuns(memory)/2 {
			err = sorter.InsertRun(s.partRun(p))
			streams++
		} else {
			err = s.sortPart(ctx, sorter, p)
		}
		if err != nil {
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
	if runs, err = sorter.MergeRuns(runs, extsort.MaxRuns(memory), o); err != nil {
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

// sortPart gives the records of a part to be sorted.
func (s *sorting) sortPart(ctx context.Context, sorter *extsort.Sorter, p *part) error {
	b := s.batcher(p)
	o := b.scanOptions()
	o.Block, o.Buffers = extsort.BlockSize, &s.buffers
	if !b.direct() {
		o.Block /= 4 // records may become longer
	}
	return b.eachBatch(ctx, o, s.drops.ofPart(p), sorter.Add)
}

// partRun is a sorted part as a run.
func (s *sorting) partRun(p *part) extsort.Run {
	return func(ctx context.Context, bytes int, yield func(*extsort.Batch) error) error {
		b := s.batcher(p)
		o := b.scanOptions()
		o.Workers, o.Block = 1, bytes
		var order extsort.Order
		return b.eachBatch(ctx, o, s.drops.ofPart(p), func(batch *extsort.Batch) error {
			if order.Ascends(batch, s.long) {
				return yield(batch)
			}
			p.sorted = false
			s.o.debug("%s is not sorted: all is merged again", p.Options.Name)
			return errUnsorted
		})
	}
}

// markSorted marks the parts whose first block is in order, if they are large.
func (s *sorting) markSorted(ctx context.Context) error {
	for _, p := range s.parts {
		if p.File.Size < minStream {
			continue
		}
		b := s.batcher(p)
		b.quiet = true
		o := b.scanOptions()
		o.Workers = 1
		err := b.eachBatch(ctx, o, nil, func(batch *extsort.Batch) error {
			p.sorted = batch.Sorted(s.long)
			return errStop
		})
		if err != nil && !errors.Is(err, errStop) {
			return err
		}
	}
	return nil
}

// verifyMarks reads all parts through and takes the mark of being sorted from
// those that are not.
func (s *sorting) verifyMarks(ctx context.Context) error {
	for _, p := range s.parts {
		b := s.batcher(p)
		var order extsort.Order
		err := b.eachBatch(ctx, b.scanOptions(), nil, func(batch *extsort.Batch) error {
			if p.sorted {
				p.sorted = order.Ascends(batch, s.long)
			}
			return nil
		})
		if err != nil {
			return err
		}
		p.textChecked = true
	}
	return nil
}
