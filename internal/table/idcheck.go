package table

import (
	"context"
	"errors"
	"fmt"
	"io"

	"prism/internal/rowid"
)

// idCheck sees that IDs are integers and that no two are the same.
type idCheck struct {
	column string
	total  idSpan
}

// idSpan is what is known of consecutive IDs.
type idSpan struct {
	ids             []int64 // of a block; not kept for a whole file
	n               int64
	first, last     int64
	least, greatest int64
	ascending       bool // each is greater than the one before
}

func (r *idSpan) set(ids []int64) {
	*r = idSpan{ids: ids, n: int64(len(ids)), ascending: true}
	if len(ids) == 0 {
		return
	}
	r.first, r.last, r.least, r.greatest = ids[0], ids[len(ids)-1], ids[0], ids[0]
	for i, id := range ids[1:] {
		r.ascending = r.ascending && id > ids[i]
		r.least, r.greatest = min(r.least, id), max(r.greatest, id)
	}
}

func (r *idSpan) append(o *idSpan) {
	if o.n == 0 {
		return
	}
	if r.n == 0 {
		*r = *o
		r.ids = nil
		return
	}
	r.ascending = r.ascending && o.ascending && o.first > r.last
	r.least, r.greatest = min(r.least, o.least), max(r.greatest, o.greatest)
	r.n, r.last = r.n+o.n, o.last
}

// prepare parses the IDs of a block on a worker.
func (c *idCheck) prepare(format Format, columns int) func(*Block) {
	return func(b *Block) {
		span, ok := b.Aux.(*idSpan)
		if !ok {
			span = &idSpan{}
			b.Aux = span
		}
		span.set(b.IDs(span.ids[:0], format, 0, columns, c.column))
	}
}

// unique is the *Error of the first of the scanned records whose ID an earlier
// one has, nil if there is none. IDs that ascend need no look; others are read
// again.
func (c *idCheck) unique(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions) error {
	if c.total.ascending || c.total.n == 0 {
		return nil
	}
	ids := rowid.Unique{Least: c.total.least, Greatest: c.total.greatest}
	defer ids.Close()
	second := rowid.Pair{}
	err := c.each(ctx, f, size, h, o, func(p rowid.Pair, _ int64) error {
		known, err := ids.Add(p)
		if err == nil && known {
			second = p
			err = errStop
		}
		return err
	})
	if err == nil && second.Place == 0 {
		second, err = ids.First()
	}
	if err != nil || second.Place == 0 {
		return err
	}
	return c.twice(ctx, f, size, h, o, second)
}

// each calls do with the ID, the position and the offset of the records that
// were scanned before. errStop ends it without an error.
func (c *idCheck) each(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions, do func(p rowid.Pair, offset int64) error) error {
	err := Scan(ctx, f, size, h, o, func(b *Block) error {
		for i, id := range b.Aux.(*idSpan).ids {
			p := rowid.Pair{ID: id, Place: b.Pos + int64(i)}
			if p.Place > c.total.n {
				return errStop
			}
			if err := do(p, b.Offset+int64(b.Recs[i].From)); err != nil {
				return err
			}
		}
		return nil
	})
	var bad *Error // the one that ended the scan before
	if errors.Is(err, errStop) || errors.As(err, &bad) {
		return nil
	}
	return err
}

// twice makes the error for the second record with an ID, naming the first.
func (c *idCheck) twice(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions, second rowid.Pair) error {
	var at [2]int64
	err := c.each(ctx, f, size, h, o, func(p rowid.Pair, offset int64) error {
		switch {
		case p.ID != second.ID:
			return nil
		case p.Place == second.Place:
			at[1] = offset
			return errStop
		}
		at[0] = offset
		return nil
	})
	var lines [2]int64
	for i := range at {
		if err == nil {
			lines[i], err = LineAt(f, at[i])
		}
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", shownName(o.Name), err)
	}
	return &Error{o.Name, lines[1], fmt.Sprintf("%s %d is on line %d already", c.column, second.ID, lines[0])}
}

var errStop = errors.New("stop")

func idName(column string) string {
	if column == "" {
		return RowID
	}
	return column
}

func idColumn(h *Header, o CheckOptions) (int, error) {
	name := idName(o.IDColumn)
	i := h.Index(name)
	if i < 0 && (o.Format != JSONL || len(h.Names) > 0) {
		return -1, &Error{o.Name, h.line(), Lacks(h.Names, name)}
	}
	return i, nil
}

// line is that of the header, or of the first object.
func (h *Header) line() int64 { return max(h.Lines, 1) }

func badID(column string, text []byte) string {
	const shown = 40
	if len(text) == 0 {
		return column + " is empty"
	}
	if len(text) > shown {
		text = append(text[:shown:shown], "…"...)
	}
	return fmt.Sprintf("%s %q is not an integer of 64 bits", column, text)
}
