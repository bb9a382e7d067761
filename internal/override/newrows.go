package override

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// AddRows writes rows of an input that no result has, because they failed, and that overrides
// give labels: the columns of the input, the coded ones as they are given, and nothing in those of the
// run. names and format are those of the results after Apply. It is called when all results were
// rewritten, and returns the number of rows; Err tells which lack a value.
func AddRows(ctx context.Context, all []*Overrides, f io.ReaderAt, size int64, o table.Options, names []string, format table.Format, out io.Writer) (int64, error) {
	wanted := map[int64]bool{}
	for _, v := range all {
		for row, seen := range v.seen {
			if !seen && v.hasValues(row) {
				wanted[v.ids[row]] = true
			}
		}
	}
	if len(wanted) == 0 {
		return 0, nil
	}
	id := all[0].options.IDColumn
	h, err := table.ReadHeader(f, size, o)
	if err != nil {
		return 0, err
	}
	if h.Index(id) < 0 {
		return 0, h.MissingIDColumn(o.Name, id)
	}
	a := &rowAdder{overrides: all, schema: all[0].options.Schema, header: h, names: names, format: format, cells: make([]table.Cell, len(names))}
	encoder := table.NewIDEncoder(format, names, id)
	w := bufio.NewWriterSize(out, writeSize)
	if _, err := w.Write(encoder.Header(nil)); err != nil {
		return 0, err
	}
	scan := table.ScanOptions{Options: o, Text: true}
	for i := range h.Names {
		scan.Columns = append(scan.Columns, i)
	}
	var ids []int64
	var line []byte
	added := int64(0)
	err = table.Scan(ctx, f, size, h, scan, func(b *table.Block) error {
		ids = b.IDs(ids[:0], h.Format, h.Index(id), len(h.Names), id)
		for i, id := range ids {
			spans := b.Spans[i*len(h.Names):]
			if !wanted[id] || !a.fillCells(id, func(place int) []byte { return b.Token(spans[place]) }) {
				continue
			}
			added++
			line = encoder.Record(line[:0], a.cells)
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return added, w.Flush()
}

// rowAdder makes rows of an input and of overrides.
type rowAdder struct {
	overrides []*Overrides
	schema    *prompt.Schema
	header    *table.Header // of the input
	names     []string      // of the results
	format    table.Format
	cells     []table.Cell
}

// fillCells makes the cells of a row: false if overrides do not give all its values.
func (a *rowAdder) fillCells(id int64, tokenOf func(place int) []byte) bool {
	var first *Overrides // that has the row
	line := int64(0)
	for _, o := range a.overrides {
		if row := o.find(id); row >= 0 && o.hasValues(row) {
			o.seen[row] = true
			if first == nil {
				first, line = o, o.lines[row]
			}
		}
	}
	applies := true
	if a.schema.Gate != prompt.NoGate {
		applies = a.valueOf(&a.schema.Columns[a.schema.Gate], id).value != prompt.NotApplicable
	}
	var given, lacks []string
	valid := true
	for i, name := range a.names {
		c := a.schema.FindOutput(name, a.names)
		place := a.header.Index(name)
		switch {
		case c == nil && place >= 0:
			a.cells[i] = table.Cell{Bytes: tokenOf(place), Form: a.header.Format}
			continue
		case c == nil:
			a.cells[i] = table.Cell{Form: a.emptyForm()}
			continue
		}
		v := a.valueOf(c, id)
		switch {
		case v.err != nil:
			v.from.faults.addFault(v.line, "%s %v", c.Name, v.err)
			valid = false
		case v.from != nil:
			given = append(given, name)
		case !applies && !c.IsReasoning:
			v.value = c.Default
		case !c.Optional && !c.IsReasoning:
			lacks = append(lacks, c.Name)
		}
		a.cells[i] = codedCell(a.format, c, v.value)
	}
	if len(lacks) > 0 {
		first.faults.addFault(line, "no result has the row, so it requires values of %s too", strings.Join(lacks, ", "))
		return false
	}
	a.cells[slices.Index(a.names, Reviewed)] = table.Cell{Bytes: []byte(strings.Join(given, "|"))}
	return valid
}

// emptyForm makes an absent value of an empty cell.
func (a *rowAdder) emptyForm() table.Format {
	if a.format == table.JSONL {
		return table.JSONL
	}
	return 0
}

// givenValue is what overrides give in a column of a row.
type givenValue struct {
	value string
	from  *Overrides // nil: nothing is given
	line  int64
	err   error // the codebook does not have it
}

// valueOf is the value that the last of the overrides gives a row.
func (a *rowAdder) valueOf(c *prompt.Column, id int64) (given givenValue) {
	for _, o := range a.overrides {
		row := o.find(id)
		if row < 0 {
			continue
		}
		for _, column := range o.columns {
			number := column.valueOf(row)
			if column.spec != c || number == 0 {
				continue
			}
			kind, text := column.texts.text(number)
			given = givenValue{value: string(text), from: o, line: o.lines[row]}
			if kind != validValue {
				_, given.err = a.schema.ParseTyped(c, given.value, kind == invalidComma)
			}
		}
	}
	return given
}
