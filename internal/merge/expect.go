package merge

import (
	"context"

	"prism/internal/extsort"
	"prism/internal/rowid"
	"prism/internal/table"
)

// Expectation is what the joined rows must be complete against.
type Expectation struct {
	Rows       int64 // of the input
	Missing    int64 // of these, rows that no part has
	Unexpected int64 // rows of the parts whose RowID the input does not have
}

// Expect looks for the rows of an input that no part has, by RowID, in bounded
// memory. It calls missing with each, in the order of the input.
func Expect(ctx context.Context, inputs []Input, input Input, o Options, missing func(pos, id int64) error) (Expectation, error) {
	var e Expectation
	want, err := newLayout([]Input{input}, 0, o.ID())
	if err != nil {
		return e, err
	}
	got, err := newLayout(inputs, 0, o.ID())
	if err != nil {
		return e, err
	}
	if len(want.parts) == 0 {
		return e, nil
	}
	for _, l := range []*layout{want, got} {
		if l.id < 0 && l.first != nil {
			return e, l.missingColumn(l.idName)
		}
	}
	stats, err := want.countIDs(ctx, o)
	if err != nil {
		return e, err
	}
	o.OnDuplicate = extsort.Refuse
	if _, err := want.findDrops(ctx, o, stats); err != nil {
		return e, err
	}
	e.Rows = stats.rows
	isMissing, err := e.compare(ctx, got, want, o)
	if err != nil {
		return e, err
	}
	err = want.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, pos int64) error {
		for i, id := range ids {
			r := rowid.Row{ID: id, Position: pos + int64(i)}
			if !isMissing(r) {
				continue
			}
			e.Missing++
			if err := missing(r.Position, r.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return e, err
}

// compare counts the unexpected rows and returns what reports whether a row of the
// input is missing. It remembers the RowIDs of the input, then those of the parts
// among them.
func (e *Expectation) compare(ctx context.Context, got, want *layout, o Options) (isMissing func(rowid.Row) bool, err error) {
	var expected, found rowid.Set
	tooMany := false
	err = want.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			expected.Add(id)
		}
		if tooMany = expected.Size() > rowid.MaxSetSize; tooMany {
			return errStop
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if tooMany {
		expected = rowid.Set{} // its memory is needed
		return e.compareSorted(ctx, got, want, o)
	}
	err = got.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if expected.Has(id) {
				found.Add(id)
			} else {
				e.Unexpected++
			}
		}
		return nil
	})
	return func(r rowid.Row) bool { return !found.Has(r.ID) }, err
}

// compareSorted is compare for RowIDs that take too much memory: it sorts them,
// those of the parts, at position 0, before those of the input.
func (e *Expectation) compareSorted(ctx context.Context, got, want *layout, o Options) (isMissing func(rowid.Row) bool, err error) {
	rows := rowid.NewSorter(ctx)
	defer rows.Close()
	err = got.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if err := rows.Add(rowid.Row{ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = want.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, pos int64) error {
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
	var missing rowid.Set // positions
	id, there := int64(0), int64(0)
	err = rows.Each(func(r rowid.Row) error {
		if r.ID != id {
			e.Unexpected += there
			id, there = r.ID, 0
		}
		switch {
		case r.Position == 0:
			there++ // rows of the parts with the ID
		case there > 0:
			there = 0
		default:
			missing.Add(r.Position)
		}
		return nil
	})
	e.Unexpected += there
	return func(r rowid.Row) bool { return missing.Has(r.Position) }, err
}
