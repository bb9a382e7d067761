package merge

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"prism/internal/extsort"
	"prism/internal/rowid"
	"prism/internal/table"
)

// census is what is known of the RowIDs of all parts.
type census struct {
	rows            int64
	least, greatest int64
	last            int64
	ascending       bool // through all parts
}

// eachID calls do with each block's RowIDs of the parts in their order; pos is
// the place of the first among all rows, from 1.
func (l *layout) eachID(ctx context.Context, o Options, do func(p *part, b *table.Block, ids []int64, pos int64) error) error {
	base := int64(0)
	var buffers table.Buffers
	for _, p := range l.parts {
		scan := table.ScanOptions{Options: p.Options, Columns: table.IDColumns(p.order[l.id], p.Options.Format)}
		scan.Buffers = &buffers
		scan.Prepare = func(b *table.Block) {
			ids, ok := b.Aux.(*[]int64)
			if !ok {
				ids = new([]int64)
				b.Aux = ids
			}
			*ids = b.IDs((*ids)[:0], p.Options.Format, 0, len(scan.Columns), table.RowID)
		}
		rows := int64(0)
		err := table.Scan(ctx, p.File, p.File.Size, p.header, scan, func(b *table.Block) error {
			o.progress(len(b.Data))
			rows += int64(len(b.Recs))
			return do(p, b, *b.Aux.(*[]int64), base+b.Pos)
		})
		if err != nil {
			return err
		}
		base += rows
	}
	return nil
}

// count checks every record of the parts and counts their RowIDs.
func (l *layout) count(ctx context.Context, o Options) (census, error) {
	c := census{ascending: true}
	err := l.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if c.rows == 0 {
				c.least, c.greatest = id, id
			} else {
				c.ascending = c.ascending && id > c.last
				c.least, c.greatest = min(c.least, id), max(c.greatest, id)
			}
			c.last = id
			c.rows++
		}
		return nil
	})
	return c, err
}

// drops are the places, among all rows, of rows that give way to another one
// with the same RowID.
type drops struct {
	places rowid.Sorter // IDs are the places
	n      int64

	next func() (rowid.Pair, bool)
	stop func()
	at   int64 // the next place to drop; 0: none
	err  error
	rows map[*part]int64 // rows before a part
}

// findDrops finds them; nil if there are none. Where o asks to refuse them, the
// first pair is the error.
func (l *layout) findDrops(ctx context.Context, o Options, c census) (*drops, error) {
	if c.ascending || l.id < 0 {
		return nil, nil
	}
	twice, err := l.anyTwice(ctx, o, c)
	if err != nil || !twice {
		return nil, err
	}
	var all rowid.Sorter
	defer all.Close()
	d := &drops{rows: map[*part]int64{}}
	err = l.eachID(ctx, o, func(p *part, b *table.Block, ids []int64, pos int64) error {
		if b.Pos == 1 {
			d.rows[p] = pos - 1
		}
		for i, id := range ids {
			if err := all.Add(rowid.Pair{ID: id, Place: pos + int64(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	before := rowid.Pair{}
	err = all.Each(func(p rowid.Pair) error {
		if before.Place > 0 && p.ID == before.ID {
			if o.OnDuplicate == extsort.Refuse {
				return l.duplicate(ctx, p.ID)
			}
			drop := p.Place
			if o.OnDuplicate == extsort.KeepLast {
				drop = before.Place
			}
			d.n++
			if err := d.places.Add(rowid.Pair{ID: drop}); err != nil {
				return err
			}
		}
		before = p
		return nil
	})
	if err != nil || d.n == 0 {
		return nil, errors.Join(err, d.places.Close())
	}
	return d, nil
}

// anyTwice tells whether a RowID comes twice, if that is cheap to know; else true.
func (l *layout) anyTwice(ctx context.Context, o Options, c census) (bool, error) {
	seen := rowid.NewBitmap(c.least, c.greatest)
	if seen == nil {
		return true, nil
	}
	twice := false
	err := l.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if seen.Add(id) {
				twice = true
				return errStop
			}
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return twice, err
}

// of tells which positions of a part to drop; nil if none are to be. Parts and
// positions must be asked for in their order, once.
func (d *drops) of(p *part) func(pos int64) (bool, error) {
	if d == nil {
		return nil
	}
	if d.next == nil {
		d.next, d.stop = iter.Pull(func(yield func(rowid.Pair) bool) {
			d.err = d.places.Each(func(p rowid.Pair) error {
				if !yield(p) {
					return errStop
				}
				return nil
			})
		})
		d.advance()
	}
	base := d.rows[p]
	return func(pos int64) (bool, error) {
		if d.at != base+pos {
			return false, nil
		}
		d.advance()
		return true, d.err
	}
}

func (d *drops) advance() {
	p, _ := d.next()
	d.at = p.ID
}

// close gives up temporary files.
func (d *drops) close() error {
	if d == nil {
		return nil
	}
	if d.next != nil {
		d.stop()
	}
	return d.places.Close()
}

// duplicate is the error for a RowID that comes twice: it names both places.
func (l *layout) duplicate(ctx context.Context, id int64) error {
	type place struct {
		p      *part
		offset int64
	}
	var found []place
	err := l.eachID(ctx, Options{}, func(p *part, b *table.Block, ids []int64, _ int64) error {
		for i := range ids {
			if ids[i] != id {
				continue
			}
			found = append(found, place{p, b.Offset + int64(b.Recs[i].From)})
			if len(found) == 2 {
				return errStop
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return err
	}
	if len(found) < 2 {
		return fmt.Errorf("%s %d came twice, but the parts have changed since", table.RowID, id)
	}
	var lines [2]int64
	for i, f := range found {
		if lines[i], err = table.LineAt(f.p.File, f.offset); err != nil {
			return fmt.Errorf("read %s: %w", f.p.Options.Name, err)
		}
	}
	return &table.Error{
		File: found[1].p.Options.Name, Line: lines[1],
		Msg: fmt.Sprintf("%s %d is in %s:%d already", table.RowID, id, found[0].p.Options.Name, lines[0]),
	}
}
