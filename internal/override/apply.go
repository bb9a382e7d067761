package override

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// Apply rewrites a table with the values of overrides, those of later ones after those of
// earlier ones, as if the table had been rewritten by each in turn. The table has the columns that
// the overrides were read for, but JSONL may lack some; it must be a regular file. A record keeps its
// bytes but for what is replaced. Err of each tells what is wrong.
func Apply(ctx context.Context, all []*Overrides, f io.ReaderAt, size int64, o table.Options, out io.Writer) error {
	h, err := table.ReadHeader(f, size, o)
	if err != nil || len(h.Names) == 0 {
		return err
	}
	a, err := newApplier(all, h, o, bufio.NewWriterSize(out, writeSize))
	if err != nil {
		return err
	}
	if err := a.writeHeader(f); err != nil {
		return err
	}
	scan := table.ScanOptions{Options: o, Text: true}
	for i := range h.Names {
		scan.Columns = append(scan.Columns, i)
	}
	if err := table.Scan(ctx, f, size, h, scan, a.addBlock); err != nil {
		return err
	}
	return a.out.Flush()
}

const writeSize = 512 << 10 // bytes a write

// applier rewrites one table.
type applier struct {
	overrides []*Overrides
	header    *table.Header
	out       *bufio.Writer
	encoder   *table.Encoder
	id        int
	reviewed  int // place of the column Reviewed; that behind all others if the table lacks it
	places    []filePlaces

	ids   []int64
	cells []table.Cell
	names []string // of the replaced columns of the row
	text  []byte
	line  []byte
}

// filePlaces is where the table has a column of overrides; -1: it lacks it.
type filePlaces struct{ coded, passed []int }

func newApplier(all []*Overrides, h *table.Header, o table.Options, out *bufio.Writer) (*applier, error) {
	id := all[0].options.IDColumn
	a := &applier{overrides: all, header: h, out: out, id: h.Index(id), reviewed: h.Index(Reviewed)}
	if a.id < 0 {
		return nil, h.MissingIDColumn(o.Name, id)
	}
	names := h.Names
	if a.reviewed < 0 {
		a.reviewed = len(names)
		names = append(slices.Clip(names), Reviewed)
	}
	a.encoder = table.NewIDEncoder(h.Format, names, id)
	a.cells = make([]table.Cell, len(names))
	for _, v := range all {
		var p filePlaces
		for _, c := range v.columns {
			p.coded = append(p.coded, h.Index(c.name))
		}
		for _, c := range v.passed {
			p.passed = append(p.passed, h.Index(c.name))
		}
		a.places = append(a.places, p)
	}
	return a, nil
}

// writeHeader writes the header as it stands, and the name of the column that is added.
func (a *applier) writeHeader(f io.ReaderAt) error {
	if a.header.Format == table.JSONL {
		return nil
	}
	head := make([]byte, a.header.Size)
	if _, err := f.ReadAt(head, 0); err != nil {
		return fmt.Errorf("read the header: %w", err)
	}
	text := bytes.TrimRight(head, "\r\n")
	if a.addsColumn() {
		text = append(append(text, byte(a.header.Format)), Reviewed...)
	}
	_, err := a.out.Write(a.endLine(text))
	return err
}

func (a *applier) addsColumn() bool { return a.reviewed == len(a.header.Names) }

func (a *applier) endLine(line []byte) []byte {
	if a.header.CRLF {
		line = append(line, '\r')
	}
	return append(line, '\n')
}

// addBlock rewrites the records of a block.
func (a *applier) addBlock(b *table.Block) error {
	columns := len(a.header.Names)
	a.ids = b.IDs(a.ids[:0], a.header.Format, a.id, columns, a.overrides[0].options.IDColumn)
	for i, id := range a.ids {
		spans := b.Spans[i*columns : (i+1)*columns]
		if a.replaceValues(id, func(place int) []byte { return b.Token(spans[place]) }) {
			a.line = a.encoder.Record(a.line[:0], a.cells)
			if a.header.CRLF && a.header.Format != table.JSONL {
				a.line = a.endLine(a.line[:len(a.line)-1])
			}
		} else {
			a.line = a.appendUnchanged(a.line[:0], b.Data[b.Recs[i].From:b.Recs[i].End])
		}
		if _, err := a.out.Write(a.line); err != nil {
			return err
		}
	}
	return nil
}

// appendUnchanged appends a record that keeps its values.
func (a *applier) appendUnchanged(dst, record []byte) []byte {
	switch {
	case !a.addsColumn():
		return a.endLine(append(dst, record...))
	case a.header.Format != table.JSONL:
		return a.endLine(append(append(dst, record...), byte(a.header.Format)))
	}
	end := bytes.LastIndexByte(record, '}')
	comma := ","
	if len(bytes.TrimSpace(record[1:end])) == 0 {
		comma = ""
	}
	dst = fmt.Appendf(append(dst, record[:end]...), `%s"%s":""`, comma, Reviewed)
	return a.endLine(append(dst, record[end:]...))
}

// replaceValues puts the values of a row into cells: false if none is replaced. tokenOf is what
// the table has of a column.
func (a *applier) replaceValues(id int64, tokenOf func(place int) []byte) bool {
	changed := false
	for k, o := range a.overrides {
		o.noteResultRow(id)
		row := o.find(id)
		if row < 0 {
			continue
		}
		if !changed {
			for place := range a.header.Names {
				a.cells[place] = table.Cell{Bytes: tokenOf(place), Form: a.header.Format}
			}
			a.names = a.names[:0]
		}
		o.seen[row] = true
		o.noteEdits(row, a.places[k].passed, func(place int) []byte { return a.textOf(table.Cell{Bytes: tokenOf(place), Form: a.header.Format}) })
		for i, c := range o.columns {
			if a.replaceValue(o, c, a.places[k].coded[i], row) {
				changed = true
			}
		}
	}
	if changed {
		a.markReviewed(tokenOf)
	}
	return changed
}

// replaceValue replaces the value of a column, which is at a place of the table, if that has another.
func (a *applier) replaceValue(o *Overrides, c *column, place, row int) bool {
	number := c.valueOf(row)
	if number == 0 || place < 0 {
		return false
	}
	kind, value := c.texts.text(number)
	present := a.textOf(a.cells[place])
	switch {
	case bytes.Equal(value, present) || isSame(o.options.Schema, c.spec, kind, string(value), string(present)):
		return false
	case isRewrittenNumber(c.spec, string(value), string(present)):
		if c.kept++; c.kept == 1 {
			c.firstKept = fmt.Sprintf("%s: %.40q for %.40q", lineText(o.lines[row]), value, present)
		}
		return false
	}
	if kind != validValue {
		_, err := o.options.Schema.ParseTyped(c.spec, string(value), kind == invalidComma)
		o.faults.addFault(o.lines[row], "%s %v", c.name, err)
		return false
	}
	a.cells[place] = codedCell(a.header.Format, c.spec, string(value))
	if slices.Contains(a.names, c.name) {
		c.again++
	} else {
		a.names = append(a.names, c.name)
	}
	o.replaced++
	o.replacedOf[row] = true
	return true
}

// codedCell is a value of the codebook as a cell of a table of that format.
func codedCell(format table.Format, c *prompt.Column, value string) table.Cell {
	if format == table.JSONL {
		return table.Cell{Bytes: c.AppendJSON(nil, value), Form: table.JSONL}
	}
	return table.Cell{Bytes: []byte(value)}
}

// textOf is the text of a cell, which lives until the next call.
func (a *applier) textOf(cell table.Cell) []byte {
	if cell.Form == 0 {
		return cell.Bytes
	}
	a.text = table.AppendText(a.text[:0], cell.Form, cell.Bytes)
	return a.text
}

// isSame reports whether a value is the one that a row has already, however it is written.
func isSame(s *prompt.Schema, c *prompt.Column, kind byte, value, present string) bool {
	if kind == validValue {
		cell, err := s.ParseTyped(c, present, false)
		if present == "" {
			cell, err = "", nil
		}
		return err == nil && cell == value || isLossyCopy(value, strings.TrimSpace(present))
	}
	present = strings.ReplaceAll(strings.TrimSpace(present), "\r\n", "\n")
	if strings.HasPrefix(present, "[") && c.Type == prompt.TypeLabels {
		present = strings.NewReplacer(`["`, "", `"]`, "", `","`, "|").Replace(present)
	}
	value = strings.ReplaceAll(value, "\r\n", "\n")
	return term.EqualNames(value, present) || isLossyCopy(value, present) || kind == invalidComma && strings.ReplaceAll(value, ",", ".") == present
}

// noteResultRow notes that a result has a row.
func (o *Overrides) noteResultRow(id int64) {
	if o.resultRows == 0 {
		o.least, o.most = id, id
	}
	o.resultRows++
	o.least, o.most = min(o.least, id), max(o.most, id)
}

// noteEdits notes cells of columns that are passed over and that differ from the result's.
func (o *Overrides) noteEdits(row int, places []int, textOf func(place int) []byte) {
	for i, p := range o.passed {
		if places[i] < 0 || row >= len(p.hashes) || p.hashes[row] == 0 || p.hashes[row] == hashCell(textOf(places[i])) {
			continue
		}
		if p.edited == 0 {
			p.firstEdited = o.lines[row]
		}
		p.edited++
	}
}

// checkReviewed makes sure that the column Reviewed is the one that Apply writes, and not a
// column of the input.
func (a *applier) checkReviewed(text string, names []string) {
	o := a.overrides[0]
	for _, name := range names {
		if o.options.Schema.FindOutput(name, a.header.Names) == nil {
			o.faults.addFault(0, "%s has a column %s of its own (%.40q): rename it", o.options.Result, Reviewed, text)
			return
		}
	}
}

// markReviewed adds the replaced columns to those that the row has in Reviewed.
func (a *applier) markReviewed(tokenOf func(place int) []byte) {
	var names []string
	if !a.addsColumn() {
		if text := string(a.textOf(table.Cell{Bytes: tokenOf(a.reviewed), Form: a.header.Format})); text != "" {
			names = strings.Split(text, "|")
			a.checkReviewed(text, names)
		}
	}
	for _, name := range a.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	a.cells[a.reviewed] = table.Cell{Bytes: []byte(strings.Join(names, "|"))}
}
