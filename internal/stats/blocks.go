package stats

import (
	"context"
	"hash/maphash"
	"io"
	"slices"

	"prism/internal/table"
)

// ReadFile counts the records of a regular file of size bytes, on all cores.
// It returns what Read returns.
func (t *Table) ReadFile(ctx context.Context, f io.ReaderAt, size int64, o table.Options) error {
	h, err := table.ReadHeader(f, size, o)
	if err != nil {
		return err
	}
	src, err := t.open(h, o.Name, max(o.Format, table.CSV))
	if err != nil {
		return err
	}
	p := newBlockPlan(src, len(h.Names))
	err = table.Scan(ctx, f, size, h, table.ScanOptions{Options: o, Columns: p.columns, Prepare: p.prepare}, p.commit)
	if err != nil {
		return err
	}
	t.close(src)
	return nil
}

// blockPlan counts a file block by block: each block on its own in parallel,
// then its sums, in the order of the file, to the whole.
type blockPlan struct {
	f       *file
	columns []int  // to cut, ascending
	spans   []int  // of each source: which of columns
	ids     []bool // of each source: a cross needs the value of every row
	tail    int    // sources from here on are the last columns of the file and counted as one; else their number
	seed    maphash.Seed
	tallies [][]*tally // of each source, of each value of a block
}

func newBlockPlan(f *file, columns int) *blockPlan {
	p := &blockPlan{f: f, ids: make([]bool, len(f.cols)), tallies: make([][]*tally, len(f.cols)), seed: maphash.MakeSeed()}
	p.tail = tailOf(f, columns)
	cut := f.cols[:min(p.tail+1, len(f.cols))]
	for _, s := range cut {
		p.columns = append(p.columns, s.at)
	}
	slices.Sort(p.columns)
	p.columns = slices.Compact(p.columns)
	for _, s := range cut {
		p.spans = append(p.spans, slices.Index(p.columns, s.at))
	}
	for _, c := range f.crosses {
		p.ids[c.a], p.ids[c.b] = true, true
	}
	return p
}

// tailOf is the first of the facts where these are the last columns of a file:
// they say the same in nearly every row, so that cutting them would be waste.
func tailOf(f *file, columns int) int {
	first := len(f.cols) - f.facts
	if f.form == table.JSONL || f.facts < 2 {
		return len(f.cols)
	}
	for i, s := range f.cols[first:] {
		if s.at != columns-f.facts+i {
			return len(f.cols)
		}
	}
	return first
}

// blockCounts is what was counted in a block.
type blockCounts struct {
	sources []blockColumn      // the last of them the tail, if there is one
	pairs   []map[uint64]int64 // of each cross: places of two values, the first in the upper half
}

// blockColumn is the values of a column in a block, in the order in which they
// appear there, or the lengths of its texts.
type blockColumn struct {
	slots    []slot
	index    []int32 // open addressing: 1 + the place in slots; its length is a power of two
	ids      []int32 // of each row: the place in slots
	measured bool
	none     int64
	length   lengths
	scratch  []byte
}

type slot struct {
	key  key
	span table.Span
	rows int64
}

func (p *blockPlan) prepare(b *table.Block) {
	counts, _ := b.Aux.(*blockCounts)
	if counts == nil {
		counts = &blockCounts{sources: make([]blockColumn, len(p.spans)), pairs: make([]map[uint64]int64, len(p.f.crosses))}
		b.Aux = counts
	}
	for i := range counts.sources {
		c := &counts.sources[i]
		c.reset()
		spans := b.Spans[min(p.spans[i], len(b.Spans)):]
		if i == p.tail {
			toEnd(b, spans, len(p.columns))
		}
		if c.measured = p.f.cols[i].to.measures.Load(); c.measured {
			c.measure(b, spans, len(p.columns), p.f.form)
		} else {
			c.count(b, spans, len(p.columns), p.seed, p.ids[i])
		}
	}
	for i, pair := range p.f.crosses {
		counts.pairs[i] = meet(&counts.sources[pair.a], &counts.sources[pair.b], counts.pairs[i], len(b.Recs))
	}
}

func (c *blockColumn) reset() {
	clear(c.index)
	c.slots, c.ids, c.none, c.length = c.slots[:0], c.ids[:0], 0, lengths{}
}

// toEnd makes the first of every stride spans reach to the end of its record.
func toEnd(b *table.Block, spans []table.Span, stride int) {
	for i := range b.Recs {
		spans[i*stride].To = int32(b.Recs[i].End)
	}
}

// count counts the first of every stride spans.
func (c *blockColumn) count(b *table.Block, spans []table.Span, stride int, seed maphash.Seed, ids bool) {
	if c.index == nil {
		c.index = make([]int32, 256)
	}
	place := int32(-1)
	for i := 0; i < len(spans); i += stride {
		s := spans[i]
		switch n := s.To - s.From; {
		case s.From >= 0 && n <= wholeKey && int(s.From)+wholeKey <= len(b.Data): // nearly all: no calls
			k := shortKey(b.Data[s.From:s.From+wholeKey], n)
			at := c.index[k.hash()&uint32(len(c.index)-1)] - 1
			if at < 0 || c.slots[at].key != k {
				at = c.place(b, s, k)
			}
			place = at
		case place < 0 || !c.slots[place].holds(b, s):
			place = c.place(b, s, keyOf(b.Data, s, seed))
		}
		c.slots[place].rows++
		if ids {
			c.ids = append(c.ids, place)
		}
	}
}

// place finds or makes the slot of a token.
func (c *blockColumn) place(b *table.Block, s table.Span, k key) int32 {
	mask := uint32(len(c.index) - 1)
	at := k.hash() & mask
	for ; c.index[at] != 0; at = (at + 1) & mask {
		if place := c.index[at] - 1; c.slots[place].is(k, b, s) {
			return place
		}
	}
	c.slots = append(c.slots, slot{key: k, span: s})
	c.index[at] = int32(len(c.slots))
	if len(c.slots)*2 > len(c.index) {
		c.grow()
	}
	return int32(len(c.slots) - 1)
}

func (c *blockColumn) grow() {
	c.index = make([]int32, 2*len(c.index))
	mask := uint32(len(c.index) - 1)
	for i := range c.slots {
		at := c.slots[i].key.hash() & mask
		for c.index[at] != 0 {
			at = (at + 1) & mask
		}
		c.index[at] = int32(i + 1)
	}
}

// measure sums up the lengths of the first of every stride spans.
func (c *blockColumn) measure(b *table.Block, spans []table.Span, stride int, form table.Format) {
	for i := 0; i < len(spans); i += stride {
		var chars int64
		if chars, c.scratch = characters(b.Token(spans[i]), form, c.scratch); chars == 0 {
			c.none++
			continue
		}
		c.length.add(chars, 1)
	}
}

// meet counts the pairs of values of two columns in a block's rows, into known,
// which is emptied first.
func meet(a, b *blockColumn, known map[uint64]int64, rows int) map[uint64]int64 {
	clear(known)
	if a.measured || b.measured {
		return known
	}
	if known == nil {
		known = map[uint64]int64{}
	}
	wide := len(b.slots)
	if len(a.slots)*wide > max(4*rows, 1<<10) {
		for i := range a.ids {
			known[uint64(a.ids[i])<<32|uint64(b.ids[i])]++
		}
		return known
	}
	dense := make([]int64, len(a.slots)*wide)
	for i := range a.ids {
		dense[int(a.ids[i])*wide+int(b.ids[i])]++
	}
	for at, n := range dense {
		if n > 0 {
			known[uint64(at/wide)<<32|uint64(at%wide)] = n
		}
	}
	return known
}

// commit adds the counts of a block to the whole.
func (p *blockPlan) commit(b *table.Block) error {
	counts := b.Aux.(*blockCounts)
	p.f.rows += int64(len(b.Recs))
	for i := range counts.sources {
		c, to := &counts.sources[i], p.f.cols[i].to
		p.tallies[i] = p.tallies[i][:0]
		if c.measured {
			to.none += c.none
			to.rest += c.length.n
			to.length.merge(c.length)
			continue
		}
		for k := range c.slots {
			token := b.Token(c.slots[k].span)
			if i == p.tail {
				p.commitTail(token, c.slots[k].rows)
				continue
			}
			p.tallies[i] = append(p.tallies[i], to.count(token, p.f.form, c.slots[k].rows))
		}
	}
	for i, c := range p.f.crosses {
		if counts.sources[c.a].measured || counts.sources[c.b].measured {
			c.to.rest += int64(len(b.Recs))
			continue
		}
		p.commitPairs(c, counts.pairs[i])
	}
	return nil
}

// commitPairs adds the pairs of a block. Their order counts only when too many
// are told apart; it is that of the values in the block.
func (p *blockPlan) commitPairs(c sourcePair, pairs map[uint64]int64) {
	keys := make([]uint64, 0, len(pairs))
	for k := range pairs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		c.to.add(p.tallies[c.a][k>>32], p.tallies[c.b][uint32(k)], pairs[k])
	}
}

// commitTail counts n rows that end in the same fields.
func (p *blockPlan) commitTail(text []byte, n int64) {
	for _, s := range p.f.cols[p.tail:] {
		end := table.FieldEnd(p.f.form, text)
		s.to.count(text[:end], p.f.form, n)
		text = text[min(end+1, len(text)):]
	}
}
