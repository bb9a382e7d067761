package parquet

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Type is the type of a column to write. An empty cell is null in each.
type Type uint8

// The types.
const (
	Text Type = iota
	Integer
	Number
	Boolean
)

// Fits reports whether a value of the type reads back as this text.
func (t Type) Fits(text []byte) bool {
	var buf [32]byte
	switch t {
	case Integer:
		v, err := strconv.ParseInt(string(text), 10, 64)
		return err == nil && string(strconv.AppendInt(buf[:0], v, 10)) == string(text)
	case Number:
		if len(text) > len(buf) || len(text) == 0 || text[0] > '9' || text[0] == '+' { // such as NaN
			return false
		}
		v, err := strconv.ParseFloat(string(text), 64)
		return err == nil && string(appendFloat(buf[:0], v, 64)) == string(text)
	case Boolean:
		return string(text) == "true" || string(text) == "false"
	}
	return true
}

// Column is a column to write.
type Column struct {
	Name string
	Type Type
}

// Writer writes a table. It holds one row group in memory.
type Writer struct {
	w       *lib.GenericWriter[any]
	columns []Column
	batch   []lib.Row
	text    []byte // of the batch
	rows    int    // of the row group
	bytes   int
}

// The bounds of a row group and of what is handed to the library at once.
const (
	groupRows  = 128 << 10
	groupBytes = 24 << 20
	batchRows  = 128
)

// NewWriter begins a table with these columns, which have different names.
func NewWriter(out io.Writer, columns []Column) *Writer {
	schema := lib.NewSchema("table", newOrderedGroup(columns))
	w := lib.NewGenericWriter[any](out, schema, lib.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}), lib.CreatedBy("prism", "", ""))
	return &Writer{w: w, columns: columns}
}

// orderedGroup is a group whose fields stay in order; that of the library sorts them.
type orderedGroup struct {
	lib.Group
	fields []lib.Field
}

func newOrderedGroup(columns []Column) *orderedGroup {
	g := &orderedGroup{Group: lib.Group{}}
	place := map[string]int{}
	for i, c := range columns {
		node := lib.String()
		switch c.Type {
		case Integer:
			node = lib.Int(64)
		case Number:
			node = lib.Leaf(lib.DoubleType)
		case Boolean:
			node = lib.Leaf(lib.BooleanType)
		}
		g.Group[c.Name] = lib.Optional(node)
		place[c.Name] = i
	}
	g.fields = slices.Clone(g.Group.Fields())
	slices.SortFunc(g.fields, func(a, b lib.Field) int { return place[a.Name()] - place[b.Name()] })
	return g
}

// Fields are the fields in their order.
func (g *orderedGroup) Fields() []lib.Field { return g.fields }

// WriteRow writes a row of texts, each of which fits its column's type.
func (w *Writer) WriteRow(cells [][]byte) error {
	if len(w.batch) < cap(w.batch) {
		w.batch = w.batch[:len(w.batch)+1]
	} else {
		w.batch = append(w.batch, nil)
	}
	row := w.batch[len(w.batch)-1][:0]
	for i, cell := range cells {
		if len(cell) == 0 {
			row = append(row, lib.NullValue().Level(0, 0, i))
			continue
		}
		v, err := w.parseValue(w.columns[i].Type, cell)
		if err != nil {
			return fmt.Errorf("column %q: %w", w.columns[i].Name, err)
		}
		row = append(row, v.Level(0, 1, i))
		w.bytes += len(cell)
	}
	w.batch[len(w.batch)-1] = row
	w.rows++
	if len(w.batch) == batchRows || w.rows == groupRows || w.bytes >= groupBytes {
		return w.writeBatch()
	}
	return nil
}

func (w *Writer) parseValue(t Type, cell []byte) (lib.Value, error) {
	switch t {
	case Integer:
		n, err := strconv.ParseInt(string(cell), 10, 64)
		return lib.Int64Value(n), err
	case Number:
		f, err := strconv.ParseFloat(string(cell), 64)
		return lib.DoubleValue(f), err
	case Boolean:
		b, err := strconv.ParseBool(string(cell))
		return lib.BooleanValue(b), err
	}
	from := len(w.text)
	w.text = append(w.text, cell...)
	return lib.ByteArrayValue(w.text[from:]), nil
}

// writeBatch hands the rows to the library, and ends the row group where it is large.
func (w *Writer) writeBatch() error {
	if len(w.batch) > 0 {
		if _, err := w.w.WriteRows(w.batch); err != nil {
			return err
		}
	}
	w.batch, w.text = w.batch[:0], w.text[:0]
	if w.rows < groupRows && w.bytes < groupBytes {
		return nil
	}
	w.rows, w.bytes = 0, 0
	return w.w.Flush()
}

// Close writes what is left. It does not close what the table is written to.
func (w *Writer) Close() error {
	if err := w.writeBatch(); err != nil {
		return err
	}
	return w.w.Close()
}
