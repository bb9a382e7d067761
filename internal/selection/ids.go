package selection

import (
	"context"

	"prism/internal/rowid"
	"prism/internal/table"
)

// readIDs remembers the RowIDs of a table.
func readIDs(ctx context.Context, t *Table, idColumn string) (*rowid.Set, error) {
	h, err := table.ReadHeader(t.File, t.File.Size, t.Options)
	if err != nil {
		return nil, err
	}
	var set rowid.Set
	if len(h.Names) == 0 { // JSONL without objects
		return &set, nil
	}
	at := h.Index(idColumn)
	if at < 0 {
		return nil, h.MissingIDColumn(t.Options.Name, idColumn)
	}
	cut := table.IDColumns(at, h.Format)
	var ids []int64
	err = table.Scan(ctx, t.File, t.File.Size, h, table.ScanOptions{Options: t.Options, Columns: cut}, func(b *table.Block) error {
		ids = b.IDs(ids[:0], h.Format, 0, len(cut), idColumn)
		for _, id := range ids {
			set.Add(id)
		}
		return nil
	})
	return &set, err
}

// readFilters reads the other tables, which say whose rows are taken.
func (w *writer) readFilters(ctx context.Context) error {
	o := &w.options
	if o.With != nil {
		set, err := readIDs(ctx, o.With, o.id())
		if err != nil {
			return err
		}
		w.filters = append(w.filters, set.Has)
	}
	if o.Without != nil {
		set, err := readIDs(ctx, o.Without, o.id())
		if err != nil {
			return err
		}
		w.filters = append(w.filters, func(id int64) bool { return !set.Has(id) })
	}
	if o.Unsure != nil {
		sure, err := o.Unsure.sureRows(ctx, o.id())
		if err != nil {
			return err
		}
		w.filters = append(w.filters, func(id int64) bool { return !sure.Has(id) })
	}
	return nil
}

// fits reports whether the row of a RowID may be taken.
func (w *writer) fits(id int64) bool {
	for _, f := range w.filters {
		if !f(id) {
			return false
		}
	}
	return true
}
