package record

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// CheckOptions says what Check looks at.
type CheckOptions struct {
	Options
	IDColumn string // RowID if empty
	NoIDs    bool   // leave the IDs unchecked
}

// Summary is what Check found in a faultless file.
type Summary struct {
	Header *Header
	Rows   int64
}

// Check reads a whole regular file of size bytes: every record's number of
// fields, quotes and JSON, and that each has an ID, an integer and no other
// record's. The first fault in the order of the file is returned as an *Error.
func Check(ctx context.Context, f io.ReaderAt, size int64, o CheckOptions) (Summary, error) {
	r, err := NewReader(io.NewSectionReader(f, 0, size), o.Options)
	if err != nil {
		return Summary{}, err
	}
	id := -1
	if !o.NoIDs {
		if id, err = idColumn(r.header, o); err != nil {
			return Summary{}, err
		}
	}
	seen := map[int64]struct{}{}
	var text []byte
	for n := int64(0); ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return Summary{}, context.Cause(ctx)
		}
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return Summary{Header: r.header, Rows: n}, nil
		}
		if err != nil {
			return Summary{}, err
		}
		if id < 0 {
			continue
		}
		text = rec.Text(text[:0], id)
		v, err := ParseRowID(text)
		if err != nil {
			return Summary{}, &Error{o.Name, rec.Line, badID(o.IDColumn, text)}
		}
		if _, ok := seen[v]; ok {
			return Summary{}, &Error{o.Name, rec.Line, fmt.Sprintf("%s %d is there a second time", idName(o.IDColumn), v)}
		}
		seen[v] = struct{}{}
	}
}

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
		return -1, &Error{o.Name, 1, fmt.Sprintf("there is no column %s", name)}
	}
	return i, nil
}

func badID(column string, text []byte) string {
	if len(text) > 40 {
		text = append(text[:40:40], "…"...)
	}
	if len(text) == 0 {
		return idName(column) + " is empty"
	}
	return fmt.Sprintf("%s %q is not an integer of 64 bits", idName(column), text)
}
