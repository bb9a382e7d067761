package merge

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"

	"prism/internal/extsort"
	"prism/internal/rowid"
	"prism/internal/table"
)

// batcher makes batches of a part's blocks: the records as they are to be
// written, with their keys. Most of the work is done by prepare, in parallel.
type batcher struct {
	s       *sorting
	p       *part
	columns []int // to cut of each record
	key     int   // which of them to sort by
	quiet   bool  // do not tell the progress
}

func (s *sorting) batcher(p *part) *batcher {
	b := &batcher{s: s, p: p, key: p.order[s.column]}
	switch {
	case p.raw && s.long:
		b.columns, b.key = []int{b.key}, 0
		return b
	case p.raw:
		b.columns, b.key = table.IDColumns(b.key, p.header.Format), 0
		return b
	}
	for i := range p.header.Names {
		b.columns = append(b.columns, i)
	}
	return b
}

func (b *batcher) scanOptions() table.ScanOptions {
	return table.ScanOptions{Options: b.p.Options, Columns: b.columns, Text: !b.p.textChecked, Prepare: b.prepare}
}

// direct reports whether items are records where they stand in the block.
func (b *batcher) direct() bool { return b.p.raw && !b.s.long }

// blockBatch is the batch of a block, which prepare keeps with it.
type blockBatch struct {
	extsort.Batch
	p    *part
	enc  *encoder // of p
	ids  []int64
	text []byte
	key  []byte
}

func (b *batcher) prepare(blk *table.Block) {
	m, ok := blk.Aux.(*blockBatch)
	if !ok {
		m = &blockBatch{}
		blk.Aux = m
	}
	if m.p != b.p {
		m.p, m.enc = b.p, b.s.encoder(b.p)
	}
	m.Reset()
	if b.s.long {
		b.appendByColumn(m, blk)
	} else {
		b.appendByID(m, blk)
	}
}

func (b *batcher) appendByID(m *blockBatch, blk *table.Block) {
	m.ids = blk.IDs(m.ids[:0], b.p.header.Format, b.key, len(b.columns), b.s.idName)
	if !b.p.raw {
		for i, id := range m.ids {
			m.Append(rowid.SortKey(id), m.enc.encode(blk, i))
		}
		return
	}
	for i, id := range m.ids {
		m.Keys = append(m.Keys, rowid.SortKey(id))
		m.Items = append(m.Items, extsort.Span{From: blk.Recs[i].From, To: blk.Recs[i].Next})
	}
}

func (b *batcher) appendByColumn(m *blockBatch, blk *table.Block) {
	for i, rec := range blk.Recs {
		m.text = table.AppendText(m.text[:0], b.p.header.Format, blk.Token(blk.Spans[i*len(b.columns)+b.key]))
		m.key = appendKey(m.key[:0], m.text)
		if b.p.raw {
			m.AppendKeyed(m.key, endLine(blk.Data[rec.From:rec.Next:rec.Next], b.p.header.CRLF))
		} else {
			m.AppendKeyed(m.key, m.enc.encode(blk, i))
		}
	}
}

// eachBatch scans the part and calls do with the batches of its blocks, without
// the records that drop names; drop may be nil. A batch lives until do returns; do may
// keep its memory if it puts other memory in its place.
func (b *batcher) eachBatch(ctx context.Context, o table.ScanOptions, drop func(pos int64) bool, do func(*extsort.Batch) error) error {
	return table.Scan(ctx, b.p.File, b.p.File.Size, b.p.header, o, func(blk *table.Block) error {
		if !b.quiet {
			b.s.o.progress(len(blk.Data))
		}
		m := blk.Aux.(*blockBatch)
		if b.direct() {
			b.adoptBlock(m, blk)
			defer func() { blk.Data, m.Data = m.Data, nil }()
		}
		if drop != nil {
			m.dropItems(blk.Pos, drop)
		}
		return do(&m.Batch)
	})
}

// adoptBlock gives the batch the memory of its block, whose records are the items.
func (b *batcher) adoptBlock(m *blockBatch, blk *table.Block) {
	m.Data = blk.Data
	last := &m.Items[len(m.Items)-1]
	if int(last.To) == len(m.Data) {
		m.Data = endLine(m.Data, b.p.header.CRLF)
		last.To = uint32(len(m.Data))
	}
}

// dropItems removes the items that drop names; pos is the position of the first.
func (m *blockBatch) dropItems(pos int64, drop func(pos int64) bool) {
	n := 0
	for i := range m.Items {
		if !drop(pos + int64(i)) {
			m.Items[n], m.Keys[n] = m.Items[i], m.Keys[i]
			n++
		}
	}
	m.Items, m.Keys = m.Items[:n], m.Keys[:n]
}

const (
	numberKey = 1
	textKey   = 2
)

// appendKey appends the key of a field to sort by: numbers come first, by their
// value, then texts, by their bytes. Keys compare as bytes.
func appendKey(dst, text []byte) []byte {
	f, i, ok := parseNumber(text)
	if !ok {
		return append(append(dst, textKey), text...)
	}
	dst = append(dst, numberKey)
	bits := math.Float64bits(f + 0) // -0 is 0
	if f < 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = binary.BigEndian.AppendUint64(dst, bits)
	return binary.BigEndian.AppendUint64(dst, rowid.SortKey(i))
}

// parseNumber reads a decimal number. Whole numbers of 64 bits, which a float64 may
// not hold exactly, are told apart by i.
func parseNumber(text []byte) (f float64, i int64, ok bool) {
	if v, err := rowid.Parse(text); err == nil {
		return float64(v), v, true
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c|0x20 != 'e' {
			return 0, 0, false
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, 0, false
	}
	if math.Abs(f) < 1<<63 {
		i = int64(f)
	}
	return f, i, true
}
