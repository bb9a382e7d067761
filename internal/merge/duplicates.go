package merge

import (
	"context"
	"errors"
	"fmt"

	"prism/internal/extsort"
	"prism/internal/rowid"
	"prism/internal/table"
)

// eachID calls do with each block's RowIDs of the parts in their order; pos is
// the position of the first among all rows, from 1. errStop ends it without an
// error.
func (l *layout) eachID(ctx context.Context, o Options, do func(p *part, b *table.Block, ids []int64, pos int64) error) error {
	base := int64(0)
	var buffers table.Buffers
	for _, p := range l.parts {
		scan := table.ScanOptions{Options: p.Options, Text: !p.textChecked, Columns: table.IDColumns(p.order[l.id], p.header.Format)}
		scan.Buffers = &buffers
		scan.Prepare = func(b *table.Block) {
			ids, ok := b.Aux.(*[]int64)
			if !ok {
				ids = new([]int64)
				b.Aux = ids
			}
			*ids = b.IDs((*ids)[:0], p.header.Format, 0, len(scan.Columns), l.idName)
		}
		rows := int64(0)
		err := table.Scan(ctx, p.File, p.File.Size, p.header, scan, func(b *table.Block) error {
			o.progress(len(b.Data))
			rows += int64(len(b.Recs))
			return do(p, b, *b.Aux.(*[]int64), base+b.Pos)
		})
		if errors.Is(err, errStop) {
			return nil
		}
		if err != nil {
			return err
		}
		p.textChecked = true
		base += rows
	}
	return nil
}

// idStats is what is known of the RowIDs of all parts.
type idStats struct {
	rows int64
	// mayRepeat: a RowID comes twice, or there were too many to remember.
	mayRepeat bool
}

// countIDs checks every record of the parts and counts their RowIDs.
func (l *layout) countIDs(ctx context.Context, o Options) (idStats, error) {
	var seen rowid.Seen
	repeated := false
	err := l.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if seen.Add(id) {
				repeated = true
			}
		}
		return nil
	})
	return idStats{rows: seen.Len(), mayRepeat: repeated || !seen.Certain()}, err
}

// drops are the rows that give way to another one with the same RowID.
type drops struct {
	positions rowid.Set       // among all rows
	before    map[*part]int64 // rows before a part
}

// findDrops finds them; nil if there are none. Where o asks to refuse duplicates,
// the first pair is the error.
func (l *layout) findDrops(ctx context.Context, o Options, stats idStats) (*drops, error) {
	if !stats.mayRepeat {
		return nil, nil
	}
	rows := rowid.NewSorter(ctx)
	defer rows.Close()
	d := &drops{before: map[*part]int64{}}
	err := l.eachID(ctx, o, func(p *part, b *table.Block, ids []int64, pos int64) error {
		if b.Pos == 1 {
			d.before[p] = pos - 1
		}
		for i, id := range ids {
			if err := rows.Add(rowid.Row{ID: id, Position: pos + int64(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var last rowid.Row
	err = rows.Each(func(r rowid.Row) error {
		if last.Position > 0 && r.ID == last.ID {
			switch o.OnDuplicate {
			case extsort.Refuse:
				return l.duplicateError(ctx, r.ID)
			case extsort.KeepLast:
				d.positions.Add(last.Position)
			default:
				d.positions.Add(r.Position)
			}
		}
		last = r
		return nil
	})
	if err != nil || d.positions.Len() == 0 {
		return nil, err
	}
	return d, nil
}

// count is the number of rows to drop.
func (d *drops) count() int64 {
	if d == nil {
		return 0
	}
	return d.positions.Len()
}

// ofPart returns what reports whether to drop the row at a position of a part; nil
// if no part has such rows.
func (d *drops) ofPart(p *part) func(pos int64) bool {
	if d == nil {
		return nil
	}
	before := d.before[p]
	return func(pos int64) bool { return d.positions.Has(before + pos) }
}

// duplicateError is the error for a RowID that comes twice: it names both places.
func (l *layout) duplicateError(ctx context.Context, id int64) error {
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
	if err != nil {
		return err
	}
	if len(found) < 2 {
		return fmt.Errorf("%s, but the parts have changed since", rowid.DuplicateMessage(l.idName, id, ""))
	}
	var lines [2]int64
	for i, f := range found {
		if lines[i], err = table.LineAt(f.p.File, f.offset); err != nil {
			return fmt.Errorf("read %s: %w", f.p.Options.Name, err)
		}
	}
	return &table.Error{
		File: found[1].p.Options.Name, Line: lines[1],
		Msg: rowid.DuplicateMessage(l.idName, id, fmt.Sprintf("in %s:%d", found[0].p.Options.Name, lines[0])),
	}
}
