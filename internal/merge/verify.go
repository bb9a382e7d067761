package merge

import (
	"context"
	"errors"

	"prism/internal/extsort"
	"prism/internal/table"
)

// verify reads all parts through and takes the mark of being sorted from those
// that are not.
func (s *sorting) verify(ctx context.Context) error {
	for _, p := range s.parts {
		b := s.batcher(p)
		var order extsort.Order
		err := table.Scan(ctx, p.File, p.File.Size, p.header, b.scanOptions(), func(blk *table.Block) error {
			s.o.progress(len(blk.Data))
			batch, err := b.take(blk, nil)
			if err == nil && p.sorted {
				p.sorted = order.Ascends(batch, s.long)
			}
			b.giveBack(blk)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Check reads parts through as Write does, and writes nothing: their columns,
// every record, RowIDs and which of them come twice.
func Check(ctx context.Context, inputs []Input, o Options) (Result, error) {
	l, err := newLayout(inputs, o.Format)
	if err != nil {
		return Result{}, err
	}
	j := join{layout: l, o: o}
	if _, err := j.sortColumn(); err != nil {
		return Result{}, err
	}
	var r Result
	d, err := j.check(ctx, &r)
	r.Parts = len(inputs)
	return r, errors.Join(err, d.close())
}
