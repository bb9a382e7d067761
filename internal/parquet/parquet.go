// Package parquet reads and writes tables in Parquet: it knows how the values of a
// column are text and back. Pages, encodings and compression are the business of
// github.com/parquet-go/parquet-go.
//
// Read as text, null is the empty cell, lists and nested columns are JSON, dates and
// times are ISO 8601, decimals and integers are exact, floats have as many digits as
// tell them from their neighbours.
package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"prism/internal/table"
)

// rowsAtOnce is how many rows are read from the pages at once.
const rowsAtOnce = 64

// ReadRows calls yield with the names of the columns, then with the cells of each row.
// They live until yield returns; its error ends the reading. A fault of the file is a
// *table.Error.
func ReadRows(ctx context.Context, name string, r io.ReaderAt, size int64, yield func(cells [][]byte) error) (err error) {
	fault := func(msg string) error { return &table.Error{File: name, Msg: msg} }
	defer func() {
		if p := recover(); p != nil { // the library meets a damaged file with a panic
			err = fault(fmt.Sprintf("damaged Parquet file: %v", p))
		}
	}()
	if err := checkFooter(r, size); err != nil {
		return fault("damaged Parquet file: " + err.Error())
	}
	file, err := lib.OpenFile(r, size, lib.SkipPageIndex(true), lib.SkipBloomFilters(true))
	if err != nil {
		return fault("damaged Parquet file: " + err.Error())
	}
	for _, group := range file.Metadata().RowGroups {
		for _, c := range group.Columns {
			// The library takes ever more memory for a damaged block, and fails on some that are not.
			if codec := c.MetaData.Codec; codec == format.Lz4 || codec == format.Lz4Raw {
				return fault("this is Parquet compressed by LZ4, which is not supported: write it with zstd or snappy")
			}
		}
	}
	rows := rowReader{yield: yield}
	if err := rows.addColumns(file.Root()); err != nil {
		return fault(err.Error())
	}
	if err := yield(rows.names); err != nil {
		return err
	}
	for _, group := range file.RowGroups() {
		if err := rows.readGroup(ctx, group); err != nil {
			return rows.describe(err, fault)
		}
	}
	if rows.count != file.NumRows() {
		return fault(fmt.Sprintf("damaged Parquet file: it has %d rows instead of %d", rows.count, file.NumRows()))
	}
	return nil
}

// checkFooter looks at the end of a file: its last 8 bytes are the length of the metadata
// before them, for which the library takes memory unseen, and a signature.
func checkFooter(r io.ReaderAt, size int64) error {
	const magic, length = "PAR1", 4
	var end [length + len(magic)]byte
	if size < int64(len(magic)+len(end)) {
		return errors.New("it is too short")
	}
	if _, err := r.ReadAt(end[:], size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(end[length:]) != magic {
		return errors.New("its end is missing")
	}
	if n := int64(binary.LittleEndian.Uint32(end[:])); n > size-int64(len(magic)+len(end)) {
		return fmt.Errorf("its metadata would be %d bytes, the file is %d", n, size)
	}
	return nil
}

// rowReader makes text of the rows of a file.
type rowReader struct {
	yield   func([][]byte) error
	names   [][]byte
	columns []*column
	count   int64
	text    []byte
	ends    []int
	cells   [][]byte
}

func (r *rowReader) addColumns(root *lib.Column) error {
	leaf := 0
	for _, c := range root.Columns() {
		column, err := newColumn(c, level{}, &leaf)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Name(), err)
		}
		r.names = append(r.names, []byte(c.Name()))
		r.columns = append(r.columns, column)
	}
	if len(r.columns) == 0 {
		return errors.New("the table has no columns")
	}
	return nil
}

// readGroup reads a row group.
func (r *rowReader) readGroup(ctx context.Context, group lib.RowGroup) error {
	rows := group.Rows()
	defer rows.Close()
	buf := make([]lib.Row, rowsAtOnce)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := rows.ReadRows(buf)
		for _, row := range buf[:n] {
			if err := r.yieldRow(row); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return damage{err}
		}
	}
}

// damage is an error of the library about the file.
type damage struct{ error }

// describe makes a fault of what is wrong with the file.
func (r *rowReader) describe(err error, fault func(string) error) error {
	if d, ok := errors.AsType[damage](err); ok {
		return fault(fmt.Sprintf("damaged Parquet file, after row %d: %v", r.count, d.error))
	}
	if v, ok := errors.AsType[*valueError](err); ok {
		return fault(fmt.Sprintf("row %d: %v", r.count, v))
	}
	return err
}

// yieldRow gives a row out as text.
func (r *rowReader) yieldRow(row lib.Row) error {
	r.count++
	r.text, r.ends = r.text[:0], r.ends[:0]
	byLeaf := splitLeaves(row)
	for i, c := range r.columns {
		if c.firstLeaf+c.leaves > len(byLeaf) {
			return damage{errors.New("a row lacks columns")}
		}
		text, err := c.appendCell(r.text, byLeaf[c.firstLeaf:c.firstLeaf+c.leaves])
		if err != nil {
			return &valueError{string(r.names[i]), err}
		}
		r.text = text
		r.ends = append(r.ends, len(text))
	}
	r.cells = r.cells[:0]
	from := 0
	for _, to := range r.ends {
		r.cells = append(r.cells, r.text[from:to:to])
		from = to
	}
	return r.yield(r.cells)
}

// valueError is a value that cannot be text.
type valueError struct {
	column string
	err    error
}

func (e *valueError) Error() string { return fmt.Sprintf("column %q: %v", e.column, e.err) }

// splitLeaves cuts the values of a row into those of each leaf of the schema.
func splitLeaves(row lib.Row) (byLeaf [][]lib.Value) {
	row.Range(func(_ int, values []lib.Value) bool {
		byLeaf = append(byLeaf, values)
		return true
	})
	return byLeaf
}
