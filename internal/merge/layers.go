package merge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
)

// Layer is a result of some of the rows of a table, in the order of the table, and who labelled them.
type Layer struct {
	Input
	Name string
}

// LayersResult counts the rows of a table by the layer that they were taken from.
type LayersResult struct {
	Rows    int64 // written
	Of      []int64
	Missing int64 // rows of the table that no layer has
}

// WriteLayers writes the rows of a table from results that lie one over the other: of each row the record
// of the last layer that has it, and in a last column who labelled it. The rows are in the order of the
// table, which each layer must follow. Layers have the same columns, but some may lack columns that tell how sure a
// label is; these are empty there. missing is called with each row of the table that no layer has. All files are
// read once, record by record; RowIDs of the table must be unique.
func WriteLayers(ctx context.Context, layers []Layer, input Input, o Options, out Output, missing func(pos, id int64) error) (LayersResult, error) {
	w, err := newLayerWriter(layers, o)
	if err != nil {
		return LayersResult{}, err
	}
	w.result.Of, w.missing = make([]int64, len(layers)), missing
	rows, err := newLayerReader(input, o.ID())
	if err != nil {
		return LayersResult{}, err
	}
	out, flush := o.guardOutput(out, w.format)
	w.out = bufio.NewWriterSize(out, layerBuffer)
	if len(w.layers) > 0 { // else all are JSONL without objects
		if err := w.writeHeader(); err != nil {
			return LayersResult{}, err
		}
	}
	for n := 0; rows.record != nil; n++ {
		if n%layerRows == 0 && ctx.Err() != nil {
			return LayersResult{}, context.Cause(ctx)
		}
		if err := w.writeRow(rows.record.Pos, rows.id); err != nil {
			return LayersResult{}, err
		}
		o.progress(len(rows.record.Raw()))
		if err := rows.advance(); err != nil {
			return LayersResult{}, err
		}
	}
	for _, l := range w.layers {
		if l.record != nil {
			return LayersResult{}, &table.Error{File: l.name, Line: l.record.Line,
				Msg: fmt.Sprintf("%s %d: %s does not have it, or has it in another order", o.ID(), l.id, table.ShownName(input.Options.Name))}
		}
	}
	if err := w.out.Flush(); err != nil {
		return w.result, err
	}
	return w.result, flush()
}

const (
	layerBuffer = 512 << 10
	layerRows   = 1024 // rows between two looks whether to go on
)

// layerReader reads a file row by row.
type layerReader struct {
	name   string
	reader *table.Reader
	column string // of the IDs
	place  int    // of it
	record *table.Record
	id     int64
	text   []byte
}

// newLayerReader opens a file at its first row. A file without columns, JSONL without objects, has none.
func newLayerReader(in Input, idColumn string) (*layerReader, error) {
	r, err := table.NewReader(io.NewSectionReader(in.File, 0, in.File.Size), in.Options)
	if err != nil {
		return nil, err
	}
	l := &layerReader{name: in.Options.Name, reader: r, column: idColumn, place: r.Header().Index(idColumn)}
	if len(r.Header().Names) == 0 {
		return l, nil
	}
	if l.place < 0 {
		return nil, r.Header().MissingIDColumn(l.name, idColumn)
	}
	return l, l.advance()
}

// advance goes to the next row; record is nil behind the last one.
func (l *layerReader) advance() error {
	rec, err := l.reader.Next()
	if errors.Is(err, io.EOF) {
		l.record = nil
		return nil
	}
	if err != nil {
		return err
	}
	l.record = rec
	l.text = rec.Text(l.text[:0], l.place)
	if l.id, err = rowid.Parse(l.text); err != nil {
		return &table.Error{File: l.name, Line: rec.Line, Msg: rowid.InvalidMessage(l.column, l.text)}
	}
	return nil
}

// layer is a layer that has rows.
type layer struct {
	*layerReader
	label  []byte // who labelled its rows
	number int    // among all layers
	order  []int  // output column → column of the layer; -1: it lacks it
	enc    *encoder
}

// layerWriter writes the rows of one table.
type layerWriter struct {
	layout
	layers  []*layer
	missing func(pos, id int64) error
	mark    bool // the output begins with a byte order mark
	out     *bufio.Writer
	result  LayersResult
}

// newLayerWriter opens the layers and finds their columns.
func newLayerWriter(layers []Layer, o Options) (*layerWriter, error) {
	w := &layerWriter{layout: layout{format: o.Format, idName: o.ID()}}
	for i, in := range layers {
		r, err := newLayerReader(in.Input, o.ID())
		if err != nil {
			return nil, err
		}
		h := r.reader.Header()
		if len(h.Names) == 0 {
			continue
		}
		if h.Index(override.LabelledBy) >= 0 {
			return nil, &table.Error{File: in.Options.Name, Line: h.Line(), Msg: "there is a column " + override.LabelledBy + " already"}
		}
		if w.format == 0 {
			w.format = h.Format
		}
		if len(w.layers) == 0 {
			w.format = table.OutputFormat(w.format, in.Options, h)
			w.mark = h.Mark
		}
		w.addColumns(h.Names)
		w.layers = append(w.layers, &layer{layerReader: r, label: []byte(in.Name), number: i})
	}
	w.names = append(w.names, override.LabelledBy)
	w.id = slices.Index(w.names, w.idName)
	w.findValues(o.Schema)
	for _, l := range w.layers {
		if err := w.fitLayer(l); err != nil {
			return nil, err
		}
		l.enc = &encoder{enc: w.newEncoder(), cells: make([]table.Cell, len(w.names)), format: w.format, values: w.values}
	}
	return w, nil
}

// addColumns adds the columns that the layers before did not have, before those that tell of the run.
func (w *layerWriter) addColumns(names []string) {
	for _, name := range names {
		if slices.Contains(w.names, name) {
			continue
		}
		at := slices.IndexFunc(w.names, func(n string) bool { return slices.Contains(prompt.RunColumns(), n) })
		if at < 0 || slices.Contains(prompt.RunColumns(), name) {
			at = len(w.names)
		}
		w.names = slices.Insert(w.names, at, name)
	}
}

// fitLayer finds the columns of the output in a layer.
func (w *layerWriter) fitLayer(l *layer) error {
	h := l.reader.Header()
	for _, name := range w.names {
		at := h.Index(name)
		if at < 0 && !override.IsDescribing(name) && h.Format != table.JSONL {
			return &table.Error{File: l.name, Line: h.Line(), Msg: fmt.Sprintf("missing column %s, which another result has", name)}
		}
		l.order = append(l.order, at)
	}
	return nil
}

func (w *layerWriter) writeHeader() error {
	var head []byte
	if w.mark && w.format != table.JSONL {
		head = []byte(table.ByteOrderMark)
	}
	_, err := w.out.Write(w.newEncoder().Header(head))
	return err
}

// writeRow writes the row at a position from the last layer whose next row has its ID.
func (w *layerWriter) writeRow(pos, id int64) error {
	var from *layer
	for _, l := range w.layers {
		if l.record != nil && l.id == id {
			from = l
		}
	}
	if from == nil {
		w.result.Missing++
		return w.missing(pos, id)
	}
	if _, err := w.out.Write(from.encodeRow()); err != nil {
		return err
	}
	w.result.Rows++
	w.result.Of[from.number]++
	for _, l := range w.layers {
		if l.record != nil && l.id == id {
			if err := l.advance(); err != nil {
				return err
			}
		}
	}
	return nil
}

// encodeRow makes the output record of the layer's row.
func (l *layer) encodeRow() []byte {
	e, form := l.enc, l.reader.Header().Format
	for i, at := range l.order {
		switch {
		case i == len(l.order)-1:
			e.cells[i] = table.Cell{Bytes: l.label}
		case at < 0:
			e.cells[i] = table.Cell{Form: table.JSONL} // null, or nothing
		default:
			e.cells[i] = table.Cell{Bytes: l.record.Field(at), Form: form}
			if e.values != nil && e.values[i] != nil {
				e.cells[i] = e.convertValue(e.values[i], e.cells[i])
			}
		}
	}
	e.line = e.enc.Record(e.line[:0], e.cells)
	return e.line
}
