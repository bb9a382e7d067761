package record

import (
	"context"
	"errors"
	"fmt"
	"io"

	"prism/internal/idset"
)

// firstIDs parses the integers of the first column of CSV or TSV into dst,
// without spans: the numbers end where the fields do.
func (b *Block) firstIDs(dst []int64, format Format, name string) []int64 {
	delim := format.delimiter()
	for i, rec := range b.Recs {
		text := b.Data[rec.From:rec.End]
		n := 0
		for n < len(text) && text[n] != delim && text[n] != '"' {
			n++
		}
		v, err := ParseRowID(text[:n])
		if err != nil || n < len(text) && text[n] != delim {
			c := cutter{delim: delim}
			c.cut(text, true)
			token := text[c.fields[0].from:c.fields[0].to]
			if v, err = ParseRowID(appendUnquoted(nil, token)); err != nil {
				b.Fail(i, badID(name, appendUnquoted(nil, token)))
				return dst
			}
		}
		dst = append(dst, v)
	}
	return dst
}

// IDs parses the integers of the j-th wanted column of a block into dst. Where
// one is none, the block fails there with a message that names the column.
func (b *Block) IDs(dst []int64, format Format, j, columns int, name string) []int64 {
	var text []byte
	for i := range b.Recs {
		token := b.Token(b.Spans[i*columns+j])
		v, err := ParseRowID(token)
		if err != nil {
			text = AppendText(text[:0], format, token)
			v, err = ParseRowID(text)
		}
		if err != nil {
			b.Fail(i, badID(name, text))
			return dst
		}
		dst = append(dst, v)
	}
	return dst
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

type idCheck struct {
	column string
	total  idSpan
}

func (c *idCheck) prepare(format Format) func(*Block) {
	return func(b *Block) {
		run, ok := b.Aux.(*idSpan)
		if !ok {
			run = &idSpan{}
			b.Aux = run
		}
		if len(b.Spans) > 0 {
			run.set(b.IDs(run.ids[:0], format, 0, 1, c.column))
		} else {
			run.set(b.firstIDs(run.ids[:0], format, c.column))
		}
	}
}

// findTwice looks for the first of the first n records whose ID an earlier one has.
func (c *idCheck) findTwice(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions, n int64) (error, error) {
	ids := idset.Unique{Least: c.total.least, Greatest: c.total.greatest}
	defer ids.Close()
	each := func(do func(pos, id int64) error) error {
		err := Scan(ctx, f, size, h, o, func(b *Block) error {
			for i, id := range b.Aux.(*idSpan).ids {
				pos := b.Pos + int64(i)
				if pos > n {
					return errStop
				}
				if err := do(pos, id); err != nil {
					return err
				}
			}
			return nil
		})
		var bad *Error
		if errors.Is(err, errStop) || errors.As(err, &bad) {
			return nil
		}
		return err
	}
	second := idset.Pair{}
	err := each(func(pos, id int64) error {
		known, err := ids.Add(idset.Pair{ID: id, Place: pos})
		if err == nil && known {
			second = idset.Pair{ID: id, Place: pos}
			err = errStop
		}
		return err
	})
	if err == nil && second.Place == 0 {
		second, err = ids.First()
	}
	if err != nil || second.Place == 0 {
		return nil, err
	}
	return c.twice(f, size, h, o, second)
}

// twice makes the error for the second record with an ID, naming the first.
func (c *idCheck) twice(f io.ReaderAt, size int64, h *Header, o ScanOptions, second idset.Pair) (found, err error) {
	var at [2]int64
	err = Scan(context.Background(), f, size, h, o, func(b *Block) error {
		for i, id := range b.Aux.(*idSpan).ids {
			if id != second.ID {
				continue
			}
			offset := b.Offset + int64(b.Recs[i].From)
			if b.Pos+int64(i) == second.Place {
				at[1] = offset
				return errStop
			}
			at[0] = offset
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return nil, err
	}
	var lines [2]int64
	for i := range at {
		if lines[i], err = countLines(f, at[i]); err != nil {
			return nil, fmt.Errorf("read %s: %w", shownName(o.Name), err)
		}
	}
	return &Error{o.Name, lines[1] + 1, fmt.Sprintf("%s %d is on line %d already", c.column, second.ID, lines[0]+1)}, nil
}
