package merge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// Input is a part to join.
type Input struct {
	File    *table.File
	Options table.Options
}

// part is an input whose header is read.
type part struct {
	Input
	header *table.Header
	order  []int // output column → column of the part
	raw    bool  // its records are output records as they stand
	sorted bool  // by what was seen so far

	textChecked bool // all of it was read and is UTF-8
}

// layout is the output's columns and what each part is to them.
type layout struct {
	names  []string
	format table.Format
	first  *part // whose columns and header count
	parts  []*part
	idName string
	id     int // the column of the IDs; -1: none

	values []*prompt.Column // what a model filled, by column; nil: a text
}

// newLayout reads the headers. Parts of JSONL without any record have no
// columns and are left out. Columns that differ are an *record.Error.
func newLayout(inputs []Input, format table.Format, id string) (*layout, error) {
	l := &layout{format: format, idName: id}
	for _, in := range inputs {
		h, err := table.ReadHeader(in.File, in.File.Size, in.Options)
		if err != nil {
			return nil, err
		}
		if l.format == 0 {
			l.format = h.Format
		}
		if len(h.Names) == 0 {
			continue
		}
		l.format = table.OutputFormat(l.format, in.Options, h) // CSV keeps the delimiter of the first
		p := &part{Input: in, header: h}
		if l.first == nil {
			l.first, l.names = p, h.Names
		}
		if err := l.fit(p); err != nil {
			return nil, err
		}
		l.parts = append(l.parts, p)
	}
	l.id = slices.Index(l.names, id)
	return l, nil
}

// fit finds the output's columns in a part. JSONL may lack some: its first
// record, which names the columns, may leave out what is empty.
func (l *layout) fit(p *part) error {
	var missing, more []string
	for _, n := range l.names {
		if p.header.Index(n) < 0 {
			missing = append(missing, fmt.Sprintf("%q", n))
		}
	}
	for _, n := range p.header.Names {
		if !slices.Contains(l.names, n) {
			more = append(more, fmt.Sprintf("%q", n))
		}
	}
	jsonl := p.header.Format == table.JSONL
	if len(more) > 0 || len(missing) > 0 && !jsonl {
		what := "the columns differ from those of " + l.first.Options.Name
		if len(missing) > 0 {
			what += "; missing: " + strings.Join(missing, ", ")
		}
		if len(more) > 0 {
			what += "; additional: " + strings.Join(more, ", ")
		}
		return &table.Error{File: p.Options.Name, Line: max(p.header.Lines, 1), Msg: what}
	}
	if jsonl {
		p.header = p.header.With(l.names)
	}
	inOrder := true
	for i, n := range l.names {
		p.order = append(p.order, p.header.Index(n))
		inOrder = inOrder && p.order[i] == i
	}
	p.raw = p.header.Format == l.format && inOrder
	return nil
}

// missingColumn is the error for a column that the parts do not have.
func (l *layout) missingColumn(name string) *table.Error {
	if name == l.idName {
		return l.first.header.MissingIDColumn(l.first.Options.Name, name)
	}
	return l.first.header.MissingColumn(l.first.Options.Name, name)
}

// checkIDColumn is the error for parts without the ID column that the options name.
func (l *layout) checkIDColumn(o Options) error {
	if o.IDColumn != "" && l.id < 0 && l.first != nil {
		return l.missingColumn(o.IDColumn)
	}
	return nil
}

// head is the header record of the output: that of the first part, byte for
// byte, where its records are output records too.
func (l *layout) head() ([]byte, error) {
	if l.first == nil {
		return nil, nil
	}
	if !l.first.raw || l.format == table.JSONL {
		var head []byte
		if l.first.header.Mark && l.format != table.JSONL {
			head = []byte(table.ByteOrderMark)
		}
		return l.newEncoder().Header(head), nil
	}
	head := make([]byte, l.first.header.Size)
	if _, err := l.first.File.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("read %s: %w", l.first.Options.Name, err)
	}
	return endLine(head, l.first.header.CRLF), nil
}

// endLine completes a record that lacks its line ending or half of it.
func endLine(rec []byte, crlf bool) []byte {
	switch {
	case bytes.HasSuffix(rec, []byte("\n")):
		return rec
	case bytes.HasSuffix(rec, []byte("\r")), !crlf:
		return append(rec, '\n')
	}
	return append(rec, '\r', '\n')
}

// encoder makes output records of a part's records.
type encoder struct {
	p     *part
	enc   *table.Encoder
	cells []table.Cell
	line  []byte

	format table.Format
	values []*prompt.Column // of layout
}

func (l *layout) newEncoder() *table.Encoder { return table.NewIDEncoder(l.format, l.names, l.idName) }

func (l *layout) encoder(p *part) *encoder {
	return &encoder{p: p, enc: l.newEncoder(), cells: make([]table.Cell, len(l.names)), format: l.format, values: l.values}
}

// encode makes record i of a block whose columns were all cut.
func (e *encoder) encode(b *table.Block, i int) []byte {
	spans := b.Spans[i*len(e.p.header.Names):]
	for j, column := range e.p.order {
		e.cells[j] = table.Cell{Bytes: b.Token(spans[column]), Form: e.p.header.Format}
		if e.values != nil && e.values[j] != nil {
			e.cells[j] = e.convertValue(e.values[j], e.cells[j])
		}
	}
	e.line = e.enc.Record(e.line[:0], e.cells)
	return e.line
}

// findValues finds the columns that a model filled whose values are more than texts: JSONL
// has numbers, booleans and arrays where other formats have cells.
func (l *layout) findValues(s *prompt.Schema) {
	if s == nil {
		return
	}
	for i, name := range l.names {
		c := cmp.Or(s.FindOutput(name, l.names), s.FindShare(name, l.names))
		if c != nil && c.NeedsJSON() {
			if l.values == nil {
				l.values = make([]*prompt.Column, len(l.names))
			}
			l.values[i] = c
		}
	}
}

// convertValue makes what the output's format has of the value of a column.
func (e *encoder) convertValue(c *prompt.Column, cell table.Cell) table.Cell {
	from, to := cell.Form == table.JSONL, e.format == table.JSONL
	switch {
	case to && !from:
		text := string(table.AppendText(nil, cell.Form, cell.Bytes))
		return table.Cell{Bytes: c.AppendJSON(nil, text), Form: table.JSONL}
	case from && !to && c.Type == prompt.TypeLabels:
		var labels []string
		if json.Unmarshal(cell.Bytes, &labels) == nil { // else somebody wrote another value there
			return table.Cell{Bytes: []byte(prompt.LabelsCell(labels))}
		}
	}
	return cell
}
