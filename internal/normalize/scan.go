package normalize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"prism/internal/rowid"
	"prism/internal/table"
)

// csvScan reads CSV in blocks on all cores.
type csvScan struct {
	src       *source
	names     []string
	delimiter byte
	header    *table.Header
	columns   []int           // that the first pass looks at
	positions map[int64]int64 // offset of a block → position of its first record
}

// errNoScan says that the table is to be read record after record.
var errNoScan = errors.New("the table is not read in blocks")

// openScan finds where the records of a text begin; nil where it is not plain CSV.
func (s *source) openScan(o Options) (*csvScan, error) {
	if s.kind != table.PlainText || s.rows != nil {
		return nil, nil
	}
	opened, err := s.openRecords(o)
	if err != nil {
		return nil, err
	}
	r := opened.(*textReader)
	if s.endsInCR || s.invalid || len(r.names) < 2 { // a blank line in one column is a record
		return nil, nil
	}
	scan := &csvScan{src: s, names: r.names, delimiter: r.delimiter, positions: map[int64]int64{}}
	scan.header = table.BodyHeader(r.names, r.delimiter, s.headerAt+r.fields.Offset())
	for i, name := range r.names {
		if strings.TrimSpace(name) == "" || name == table.RowID || name == o.IDColumn {
			scan.columns = append(scan.columns, i)
		}
	}
	return scan, nil
}

// blockFindings are what the first pass learns of a block, for the columns it looks at.
type blockFindings struct{ used, integer []bool }

// inspect is the first pass. It ends with errNoScan where a record has a fault. Of columns
// that have a name and are no IDs it finds nothing.
func (c *csvScan) inspect(ctx context.Context) (findings, error) {
	if c == nil {
		return findings{}, errNoScan
	}
	found := findings{names: c.names, used: make([]bool, len(c.names)), integer: make([]bool, len(c.names))}
	for _, i := range c.columns {
		found.integer[i] = true
	}
	o := table.ScanOptions{Options: table.Options{Name: c.src.name}, Columns: c.columns, Prepare: c.inspectBlock}
	err := table.Scan(ctx, c.src.at, c.src.size, c.header, o, func(b *table.Block) error {
		c.positions[b.Start()] = b.Pos
		found.rows += int64(len(b.Recs))
		block := b.Aux.(*blockFindings)
		for k, i := range c.columns {
			found.used[i] = found.used[i] || block.used[k]
			found.integer[i] = found.integer[i] && block.integer[k]
		}
		return nil
	})
	if _, ok := errors.AsType[*table.Error](err); ok {
		return findings{}, errNoScan
	}
	return found, err
}

func (c *csvScan) inspectBlock(b *table.Block) {
	f, ok := b.Aux.(*blockFindings)
	if !ok {
		f = &blockFindings{used: make([]bool, len(c.columns)), integer: make([]bool, len(c.columns))}
		b.Aux = f
	}
	for k := range c.columns {
		f.used[k], f.integer[k] = false, true
	}
	var text []byte
	for i := range b.Recs {
		for k := range c.columns {
			text = table.AppendText(text[:0], table.CSV, b.Token(b.Spans[i*len(c.columns)+k]))
			f.used[k] = f.used[k] || len(text) > 0
			if f.integer[k] {
				_, err := rowid.Parse(text)
				f.integer[k] = err == nil
			}
		}
	}
}

// writeTable is the second pass.
func (c *csvScan) writeTable(ctx context.Context, out io.Writer, p plan) error {
	if _, err := out.Write(table.NewEncoder(table.CSV, p.names).Header(nil)); err != nil {
		return err
	}
	columns := make([]int, len(c.names))
	for i := range columns {
		columns[i] = i
	}
	e := recordEncoder{plan: p, columns: len(c.names), delimiter: c.delimiter, positions: c.positions}
	e.addsPosition = p.from[0] < 0
	e.keepsOrder = slices.Equal(p.from, columns) || e.addsPosition && slices.Equal(p.from[1:], columns)
	o := table.ScanOptions{Options: table.Options{Name: c.src.name}, Columns: columns, Prepare: e.encodeBlock}
	err := table.Scan(ctx, c.src.at, c.src.size, c.header, o, func(b *table.Block) error {
		encoded := b.Aux.(*encodedBlock)
		if encoded.from != b.Start() {
			return &table.Error{File: c.src.name, Msg: "the file changed while it was read"}
		}
		_, err := out.Write(encoded.lines)
		return err
	})
	return err
}

// recordEncoder makes lines in normal form of the records of blocks.
type recordEncoder struct {
	plan         plan
	columns      int // of the table
	delimiter    byte
	positions    map[int64]int64
	addsPosition bool // as the first column
	keepsOrder   bool // all columns stay, in their order
}

// encodedBlock is a block in normal form.
type encodedBlock struct {
	from    int64 // where it starts
	lines   []byte
	text    []byte
	cells   []table.Cell
	encoder *table.Encoder
}

func (e *recordEncoder) encodeBlock(b *table.Block) {
	x, ok := b.Aux.(*encodedBlock)
	if !ok {
		x = &encodedBlock{cells: make([]table.Cell, len(e.plan.names)), encoder: table.NewEncoder(table.CSV, e.plan.names)}
		b.Aux = x
	}
	pos, known := e.positions[b.Start()]
	if x.lines, x.from = x.lines[:0], b.Start(); !known && len(b.Recs) > 0 {
		x.from = -1 // the guess where it starts is wrong, or the file has changed
		return
	}
	for i, rec := range b.Recs {
		raw := b.Data[rec.From:rec.End]
		if e.keepsOrder && e.isPlain(raw) {
			x.lines = e.appendPlain(x.lines, raw, pos+int64(i))
		} else {
			x.appendRecord(e, b, i, pos+int64(i))
		}
	}
}

// isPlain reports whether the fields of a record are in normal form but for the delimiter.
func (e *recordEncoder) isPlain(raw []byte) bool {
	return bytes.IndexByte(raw, '"') < 0 && bytes.IndexByte(raw, '\r') < 0 && (e.delimiter == ',' || bytes.IndexByte(raw, ',') < 0)
}

func (e *recordEncoder) appendPlain(dst, raw []byte, pos int64) []byte {
	if e.addsPosition {
		dst = append(strconv.AppendInt(dst, pos, 10), ',')
	}
	from := len(dst)
	dst = append(dst, raw...)
	if e.delimiter != ',' {
		for fields := dst[from:]; ; {
			i := bytes.IndexByte(fields, e.delimiter)
			if i < 0 {
				break
			}
			fields[i] = ','
			fields = fields[i+1:]
		}
	}
	return append(dst, '\n')
}

// appendRecord appends record i of a block, cell by cell.
func (x *encodedBlock) appendRecord(e *recordEncoder, b *table.Block, i int, pos int64) {
	spans := b.Spans[i*e.columns : (i+1)*e.columns]
	x.text = x.text[:0]
	for k, from := range e.plan.from {
		if from < 0 {
			x.cells[k].Bytes = fmt.Append(nil, pos)
			continue
		}
		token := b.Token(spans[from])
		if len(token) > 0 && token[0] == '"' {
			at := len(x.text)
			x.text = table.AppendText(x.text, table.CSV, token)
			token = x.text[at:len(x.text):len(x.text)]
		}
		x.cells[k].Bytes = token
	}
	x.lines = x.encoder.Record(x.lines, x.cells)
}
