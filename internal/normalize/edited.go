package normalize

import (
	"context"
	"errors"
	"io"

	"prism/internal/table"
)

// Edited is a row of a table that people edit, in any form that Convert reads. It lives
// until the callee returns.
type Edited struct {
	Columns []string // of the table, as its header names them: some may be empty or repeated
	Cells   [][]byte // may be fewer than Columns
	Line    int64    // of a text or a sheet; 0: the form has none
	Header  int64    // line of the header; 0: the form has none
	Object  int64    // number of the JSON object; 0: the form has lines
	// DecimalComma tells that the columns are separated by semicolons, as programs do where
	// the comma separates decimals.
	DecimalComma bool
}

// EachEdited calls do with the rows of a table, blank ones too, without any change of its columns. A
// fault of the table is a *table.Error; records of the wrong length are told all at once, at
// the end. A table without rows calls do once, with nil cells, for the sake of its columns.
func EachEdited(ctx context.Context, f *table.File, o Options, do func(Edited) error) error {
	src, err := openSource(ctx, f, o)
	if err != nil {
		return err
	}
	defer src.removeTemporary()
	r, err := src.openRecords(o)
	if err != nil {
		return err
	}
	for _, text := range src.notes {
		o.Note("%s: %s", f.Name, text)
	}
	faults := recordFaults{src: src, o: o}
	row := Edited{}
	switch r := r.(type) {
	case *textReader:
		row.Header, row.DecimalComma = r.headerLine, r.delimiter == ';'
	case *rowReader:
		row.Header = r.headerLine
	}
	for count := int64(0); ; count++ {
		if count%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := r.nextRecord()
		if errors.Is(err, io.EOF) && count == 0 {
			row.Columns = r.columns()
			return do(row)
		}
		if errors.Is(err, io.EOF) {
			return faults.joinAll()
		}
		if err != nil {
			return faults.joinBefore(err)
		}
		if !faults.checkRecord(rec, len(r.columns())) {
			continue
		}
		row.Columns, row.Cells, row.Line, row.Object = r.columns(), rec.cells, rec.line, 0
		if rec.line == 0 {
			row.Object = count + 1
		}
		if err := do(row); err != nil {
			return err
		}
	}
}
