package merge

import (
	"prism/internal/extsort"
	"prism/internal/table"
)

// batcher makes batches of a part's blocks: the records as they are to be
// written, with their keys. The work is done by prepare, in parallel; take and
// giveBack come on the goroutine that the blocks are committed on.
type batcher struct {
	s       *sorting
	p       *part
	columns []int // to cut of each record
	key     int   // which of them to sort by
}

func (s *sorting) batcher(p *part) *batcher {
	b := &batcher{s: s, p: p, key: p.order[s.column]}
	switch {
	case p.raw && s.long:
		b.columns, b.key = []int{b.key}, 0
		return b
	case p.raw:
		b.columns, b.key = table.IDColumns(b.key, p.Options.Format), 0
		return b
	}
	for i := range p.header.Names {
		b.columns = append(b.columns, i)
	}
	return b
}

func (b *batcher) scanOptions() table.ScanOptions {
	return table.ScanOptions{Options: b.p.Options, Columns: b.columns, Prepare: b.prepare}
}

// direct tells whether items are records where they stand in the block.
func (b *batcher) direct() bool { return b.p.raw && !b.s.long }

// made is what prepare keeps with a block.
type made struct {
	extsort.Batch
	p    *part
	enc  *encoder // of p
	ids  []int64
	text []byte
	key  []byte
}

func (b *batcher) prepare(blk *table.Block) {
	m, ok := blk.Aux.(*made)
	if !ok {
		m = &made{}
		blk.Aux = m
	}
	if m.p != b.p {
		m.p, m.enc = b.p, b.s.encoder(b.p)
	}
	m.Reset()
	switch {
	case b.s.long:
		b.makeLong(m, blk)
	default:
		b.makeByID(m, blk)
	}
}

func (b *batcher) makeByID(m *made, blk *table.Block) {
	m.ids = blk.IDs(m.ids[:0], b.p.Options.Format, b.key, len(b.columns), table.RowID)
	if !b.p.raw {
		for i, id := range m.ids {
			m.Append(idKey(id), m.enc.encode(blk, i))
		}
		return
	}
	for i, id := range m.ids {
		m.Keys = append(m.Keys, idKey(id))
		m.Items = append(m.Items, extsort.Span{From: blk.Recs[i].From, To: blk.Recs[i].Next})
	}
}

func (b *batcher) makeLong(m *made, blk *table.Block) {
	for i, rec := range blk.Recs {
		m.text = table.AppendText(m.text[:0], b.p.Options.Format, blk.Token(blk.Spans[i*len(b.columns)+b.key]))
		m.key = appendKey(m.key[:0], m.text)
		if b.p.raw {
			m.AppendKeyed(m.key, endLine(blk.Data[rec.From:rec.Next:rec.Next], b.p.header.CRLF))
		} else {
			m.AppendKeyed(m.key, m.enc.encode(blk, i))
		}
	}
}

// take returns a committed block's batch, without the records that drops names.
func (b *batcher) take(blk *table.Block, drop func(pos int64) (bool, error)) (*extsort.Batch, error) {
	m := blk.Aux.(*made)
	if b.direct() {
		m.Data = blk.Data
		last := &m.Items[len(m.Items)-1]
		if int(last.To) == len(m.Data) {
			m.Data = endLine(m.Data, b.p.header.CRLF)
			last.To = uint32(len(m.Data))
		}
	}
	if drop == nil {
		return &m.Batch, nil
	}
	n := 0
	for i := range m.Items {
		gone, err := drop(blk.Pos + int64(i))
		if err != nil {
			return nil, err
		}
		if !gone {
			m.Items[n], m.Keys[n] = m.Items[i], m.Keys[i]
			n++
		}
	}
	m.Items, m.Keys = m.Items[:n], m.Keys[:n]
	return &m.Batch, nil
}

// giveBack gives the block its memory again, or other memory that the batch
// was given in exchange.
func (b *batcher) giveBack(blk *table.Block) {
	if b.direct() {
		m := blk.Aux.(*made)
		blk.Data, m.Data = m.Data, nil
	}
}
