package merge

import (
	"context"

	"prism/internal/extsort"
	"prism/internal/rowid"
	"prism/internal/table"
)

// Expectation is what the joined rows must be complete against.
type Expectation struct {
	Rows      int64 // of the input
	Missing   int64 // of these, rows that no part has
	Strangers int64 // rows of the parts whose RowID the input does not have
}

// Expect looks for the rows of an input that no part has, by RowID, in bounded
// memory. It calls missing with each, in the order of the input.
func Expect(ctx context.Context, inputs []Input, input Input, o Options, missing func(pos, id int64) error) (Expectation, error) {
	var e Expectation
	want, err := newLayout([]Input{input}, 0)
	if err != nil {
		return e, err
	}
	got, err := newLayout(inputs, 0)
	if err != nil {
		return e, err
	}
	if len(want.parts) == 0 {
		return e, nil
	}
	for _, l := range []*layout{want, got} {
		if l.id < 0 && l.first != nil {
			return e, &table.Error{File: l.first.Options.Name, Line: max(l.first.header.Lines, 1), Msg: table.Lacks(l.names, table.RowID)}
		}
	}
	c, err := want.count(ctx, o)
	if err != nil {
		return e, err
	}
	o.OnDuplicate = extsort.Refuse
	if _, err := want.findDrops(ctx, o, c); err != nil {
		return e, err
	}
	e.Rows = c.rows
	report := func(pos, id int64) error {
		e.Missing++
		return missing(pos, id)
	}
	if expected := rowid.NewBitmap(c.least, c.greatest); expected != nil {
		seen := rowid.NewBitmap(c.least, c.greatest)
		err = e.compare(ctx, got, want, expected, seen, o, report)
	} else {
		err = e.compareSorted(ctx, got, want, o, report)
	}
	return e, err
}

// compare marks the RowIDs of the input, then those of the parts among them.
func (e *Expectation) compare(ctx context.Context, got, want *layout, expected, seen *rowid.Bitmap, o Options, missing func(pos, id int64) error) error {
	err := want.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			expected.Add(id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = got.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, _ int64) error {
		for _, id := range ids {
			if expected.Has(id) {
				seen.Add(id)
			} else {
				e.Strangers++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return want.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, pos int64) error {
		for i, id := range ids {
			if seen.Has(id) {
				continue
			}
			if err := missing(pos+int64(i), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareSorted does the same for RowIDs too far apart for bitmaps: it sorts
// them, those of the parts with place 0.
func (e *Expectation) compareSorted(ctx context.Context, got, want *layout, o Options, missing func(pos, id int64) error) error {
	var all, places rowid.Sorter
	defer all.Close()
	defer places.Close()
	add := func(l *layout, place func(pos int64) int64) error {
		return l.eachID(ctx, o, func(_ *part, _ *table.Block, ids []int64, pos int64) error {
			for i, id := range ids {
				if err := all.Add(rowid.Pair{ID: id, Place: place(pos + int64(i))}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := add(want, func(pos int64) int64 { return pos }); err != nil {
		return err
	}
	if err := add(got, func(int64) int64 { return 0 }); err != nil {
		return err
	}
	id, there := int64(0), int64(0) // rows of the parts with the ID
	err := all.Each(func(p rowid.Pair) error {
		if p.ID != id {
			e.Strangers += there
			id, there = p.ID, 0
		}
		if p.Place == 0 {
			there++
			return nil
		}
		if there > 0 {
			there = 0
			return nil
		}
		return places.Add(rowid.Pair{ID: p.Place, Place: p.ID})
	})
	if err != nil {
		return err
	}
	e.Strangers += there
	return places.Each(func(p rowid.Pair) error { return missing(p.ID, p.Place) })
}
