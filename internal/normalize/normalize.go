// Package normalize turns tables as people have them into normal form: UTF-8 CSV
// with commas and LF, quotes only where they are needed, unique column names and
// RowID, an integer, as the first column.
//
//  1. The first bytes tell what the file is. A compressed one is unpacked into a
//     temporary file, and so are the rows of a workbook and of a Parquet file. What is
//     not read (a PDF, an old workbook) is refused by name.
//  2. The bytes of a text tell its encoding; where they disagree nothing is guessed.
//  3. The first pass reads all records: it finds records of the wrong length,
//     nameless columns without content and whether the IDs are integers.
//  4. The second pass writes. So a faulty table gives no output.
//
// Both passes read CSV in blocks, on all cores (scan.go). Where a block has a fault, and for
// all that is not plain CSV, they read record after record (records.go): that names
// every fault.
//
// Memory does not grow with the file. Cells keep their text, byte by byte once they
// are UTF-8. Whether RowIDs are unique is left to prism-split's check.
package normalize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"prism/internal/rowid"
	"prism/internal/table"
)

// Options says how a table is to be read where its bytes do not tell.
type Options struct {
	Encoding   string // a name that golang.org/x/text knows; empty: by the bytes
	Delimiter  byte   // 0: the most frequent in the header
	Sheet      string // of a workbook; empty: the first visible one with cells
	HeaderLine int64  // line (of a sheet, row) of the header, counted from 1; 0: the first that is not blank
	SkipRows   int64  // records after the header to leave out
	IDColumn   string // whose values become RowID; empty: RowID itself, or the positions
	NumberRows bool   // RowID is the position; the table must not have a column of that name
	NeedID     bool   // RowID stays as it is; a table without that column is an error
	Keys       bool   // errors name keys of a job file, not flags
	Note       func(format string, args ...any)
	Doubt      func(Doubt) // is told what of the notes may be a mistake; may be nil
}

// Doubt is a guess of how a table is to be read that may be a mistake.
type Doubt struct {
	Text       string   // without the name of the table
	Sheets     []string // of the workbook, the one that is read first; nil: it is not about them
	HeaderLine int64    // what looks like the header; 0: it is not about that
}

// optionName is how an error names the option of a flag: the key of a job file is the
// flag without dashes.
func (o Options) optionName(flag string) string {
	if o.Keys {
		return strings.ReplaceAll(flag, "-", "_")
	}
	return "--" + flag
}

// record is a row of any format: its cells as text. It lives until the next call.
type record struct {
	cells [][]byte
	line  int64 // 0: unknown
}

// recordReader yields the records after the header; columns names what cells hold.
type recordReader interface {
	nextRecord() (*record, error)
	columns() []string
}

// Convert writes the table in f to out in normal form, and notes each thing done.
// A fault of the table is a *table.Error, found before the first byte is written.
func Convert(ctx context.Context, f *table.File, out io.Writer, o Options) error {
	src, err := openSource(ctx, f, o)
	if err != nil {
		return err
	}
	defer src.removeTemporary()
	scan, err := src.openScan(o)
	if err != nil {
		return err
	}
	found, err := scan.inspect(ctx)
	if errors.Is(err, errNoScan) {
		scan = nil
		found, err = inspect(ctx, src, o)
	}
	if err != nil {
		return err
	}
	if err := src.doubtHeader(found, o); err != nil {
		return err
	}
	notes := src.notes
	for _, doubt := range src.doubts {
		notes = append(notes, doubt.Text)
		if o.Doubt != nil {
			o.Doubt(doubt)
		}
	}
	p, err := planColumns(found, o)
	if err != nil {
		msg := err.Error()
		for _, doubt := range src.doubts {
			if doubt.HeaderLine > 0 {
				msg += "; " + doubt.Text
			}
		}
		return &table.Error{File: f.Name, Msg: msg}
	}
	for _, text := range append(notes, p.notes...) {
		o.Note("%s: %s", f.Name, text)
	}
	if scan != nil {
		return scan.writeTable(ctx, out, p)
	}
	return writeTable(ctx, src, out, p, o)
}

// findings are what the first pass learns of a table.
type findings struct {
	names   []string
	used    []bool // columns with content in some row
	integer []bool // columns with an integer in every row
	rows    int64
	blank   int64 // of these, rows of a sheet without cells
}

// inspect is the first pass.
func inspect(ctx context.Context, src *source, o Options) (findings, error) {
	r, err := src.openRecords(o)
	if err != nil {
		return findings{}, err
	}
	var found findings
	faults := recordFaults{src: src, o: o}
	for ; ; found.rows++ {
		if ctx.Err() != nil {
			return findings{}, context.Cause(ctx)
		}
		rec, err := r.nextRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return findings{}, faults.joinBefore(err)
		}
		if src.rows != nil && len(rec.cells) == 0 {
			found.blank++
		}
		found.noteRecord(r.columns(), rec.cells)
		faults.checkRecord(rec, len(r.columns()))
	}
	found.noteRecord(r.columns(), nil)
	found.names = r.columns()
	return found, faults.joinAll()
}

// noteRecord looks at the cells of a row; without cells it only makes room.
func (f *findings) noteRecord(columns []string, cells [][]byte) {
	for len(f.used) < len(columns) { // JSON names columns as they come
		f.used, f.integer = append(f.used, false), append(f.integer, f.rows == 0)
	}
	if cells == nil {
		return
	}
	for i := range columns {
		var cell []byte
		if i < len(cells) {
			cell = cells[i]
		}
		f.used[i] = f.used[i] || len(cell) > 0
		if f.integer[i] {
			_, err := rowid.Parse(cell)
			f.integer[i] = err == nil
		}
	}
}

// writeTable is the second pass.
func writeTable(ctx context.Context, src *source, out io.Writer, p plan, o Options) error {
	r, err := src.openRecords(o)
	if err != nil {
		return err
	}
	encoder := table.NewEncoder(table.CSV, p.names)
	line := encoder.Header(nil)
	cells := make([]table.Cell, len(p.names))
	var id []byte
	for pos := int64(1); ; pos++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		rec, err := r.nextRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i, from := range p.from {
			switch {
			case from < 0:
				id = fmt.Append(id[:0], pos)
				cells[i].Bytes = id
			case from < len(rec.cells):
				cells[i].Bytes = rec.cells[from]
			default:
				cells[i].Bytes = nil
			}
		}
		if line = encoder.Record(line, cells); len(line) >= writeSize {
			if _, err := out.Write(line); err != nil {
				return err
			}
			line = line[:0]
		}
	}
	_, err = out.Write(line)
	return err
}

const writeSize = 256 << 10 // bytes a write
