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
func (d *Distributions) CountFile(ctx context.Context, f io.ReaderAt, size int64, o table.Options) error {
	h, err := table.ReadHeader(f, size, o)
	if err != nil {
		return err
	}
	src, err := d.resolveColumns(h, o.Name, max(o.Format, table.CSV))
	if err != nil {
		return err
	}
	p := newBlockScan(src, len(h.Names))
	err = table.Scan(ctx, f, size, h, table.ScanOptions{Options: o, Columns: p.cutColumns, Prepare: p.countBlock}, p.mergeBlock)
	if err != nil {
		return err
	}
	d.finishFile(src)
	return nil
}

// blockPlan counts a file block by block: each block on its own in parallel,
// then its sums, in the order of the file, to the whole.
type blockScan struct {
	file          *inputFile
	cutColumns    []int  // to cut, ascending
	cutIndex      []int  // of each source: which of columns
	keepRowValues []bool // of each source: a cross needs the value of every row
	tailStart     int    // sources from here on are the last columns of the file and counted as one; else their number
	seed          maphash.Seed
	tallies       [][]*tally // of each source, of each value of a block
}

func newBlockScan(f *inputFile, columns int) *blockScan {
	p := &blockScan{file: f, keepRowValues: make([]bool, len(f.sources)), tallies: make([][]*tally, len(f.sources)), seed: maphash.MakeSeed()}
	p.tailStart = findTail(f, columns)
	cut := f.sources[:min(p.tailStart+1, len(f.sources))]
	for _, s := range cut {
		p.cutColumns = append(p.cutColumns, s.index)
	}
	slices.Sort(p.cutColumns)
	p.cutColumns = slices.Compact(p.cutColumns)
	for _, s := range cut {
		p.cutIndex = append(p.cutIndex, slices.Index(p.cutColumns, s.index))
	}
	for _, c := range f.crosses {
		p.keepRowValues[c.a], p.keepRowValues[c.b] = true, true
	}
	return p
}

// tailOf is the first of the facts where these are the last columns of a file:
// they say the same in nearly every row, so that cutting them would be waste.
func findTail(f *inputFile, columns int) int {
	first := len(f.sources) - f.runColumns
	if f.format == table.JSONL || f.runColumns < 2 {
		return len(f.sources)
	}
	for i, s := range f.sources[first:] {
		if s.index != columns-f.runColumns+i {
			return len(f.sources)
		}
	}
	return first
}

// blockCounts is what was counted in a block.
type blockCounts struct {
	columns []blockColumn      // the last of them the tail, if there is one
	pairs   []map[uint64]int64 // of each cross: places of two values, the first in the upper half
}

// blockColumn is the values of a column in a block, in the order in which they
// appear there, or the lengths of its texts.
type blockColumn struct {
	tokens      []tokenCount
	index       []int32 // open addressing: 1 + the place in slots; its length is a power of two
	rowTokens   []int32 // of each row: the place in slots
	lengthsOnly bool
	missingRows int64
	lengths     lengthSums
	scratch     []byte
}

type tokenCount struct {
	key  tokenKey
	span table.Span
	rows int64
}

func (s *blockScan) countBlock(b *table.Block) {
	counts, _ := b.Aux.(*blockCounts)
	if counts == nil {
		counts = &blockCounts{columns: make([]blockColumn, len(s.cutIndex)), pairs: make([]map[uint64]int64, len(s.file.crosses))}
		b.Aux = counts
	}
	for i := range counts.columns {
		c := &counts.columns[i]
		c.reset()
		spans := b.Spans[min(s.cutIndex[i], len(b.Spans)):]
		if i == s.tailStart {
			extendToRecordEnd(b, spans, len(s.cutColumns))
		}
		if c.lengthsOnly = s.file.sources[i].column.lengthsOnly.Load(); c.lengthsOnly {
			c.countLengths(b, spans, len(s.cutColumns), s.file.format)
		} else {
			c.countTokens(b, spans, len(s.cutColumns), s.seed, s.keepRowValues[i])
		}
	}
	for i, pair := range s.file.crosses {
		counts.pairs[i] = countPairs(&counts.columns[pair.a], &counts.columns[pair.b], counts.pairs[i], len(b.Recs))
	}
}

func (c *blockColumn) reset() {
	clear(c.index)
	c.tokens, c.rowTokens, c.missingRows, c.lengths = c.tokens[:0], c.rowTokens[:0], 0, lengthSums{}
}

// toEnd makes the first of every stride spans reach to the end of its record.
func extendToRecordEnd(b *table.Block, spans []table.Span, stride int) {
	for i := range b.Recs {
		spans[i*stride].To = int32(b.Recs[i].End)
	}
}

// count counts the first of every stride spans.
func (c *blockColumn) countTokens(b *table.Block, spans []table.Span, stride int, seed maphash.Seed, ids bool) {
	if c.index == nil {
		c.index = make([]int32, 256)
	}
	place := int32(-1)
	for i := 0; i < len(spans); i += stride {
		s := spans[i]
		switch n := s.To - s.From; {
		case s.From >= 0 && n <= maxExactKey && int(s.From)+maxExactKey <= len(b.Data): // nearly all: no calls
			k := newShortKey(b.Data[s.From:s.From+maxExactKey], n)
			at := c.index[k.hash()&uint32(len(c.index)-1)] - 1
			if at < 0 || c.tokens[at].key != k {
				at = c.findOrAddToken(b, s, k)
			}
			place = at
		case place < 0 || !c.tokens[place].repeats(b, s):
			place = c.findOrAddToken(b, s, newTokenKey(b.Data, s, seed))
		}
		c.tokens[place].rows++
		if ids {
			c.rowTokens = append(c.rowTokens, place)
		}
	}
}

// place finds or makes the slot of a token.
func (c *blockColumn) findOrAddToken(b *table.Block, s table.Span, k tokenKey) int32 {
	mask := uint32(len(c.index) - 1)
	at := k.hash() & mask
	for ; c.index[at] != 0; at = (at + 1) & mask {
		if place := c.index[at] - 1; c.tokens[place].matches(k, b, s) {
			return place
		}
	}
	c.tokens = append(c.tokens, tokenCount{key: k, span: s})
	c.index[at] = int32(len(c.tokens))
	if len(c.tokens)*2 > len(c.index) {
		c.growIndex()
	}
	return int32(len(c.tokens) - 1)
}

func (c *blockColumn) growIndex() {
	c.index = make([]int32, 2*len(c.index))
	mask := uint32(len(c.index) - 1)
	for i := range c.tokens {
		at := c.tokens[i].key.hash() & mask
		for c.index[at] != 0 {
			at = (at + 1) & mask
		}
		c.index[at] = int32(i + 1)
	}
}

// measure sums up the lengths of the first of every stride spans.
func (c *blockColumn) countLengths(b *table.Block, spans []table.Span, stride int, form table.Format) {
	for i := 0; i < len(spans); i += stride {
		var chars int64
		if chars, c.scratch = countCharacters(b.Token(spans[i]), form, c.scratch); chars == 0 {
			c.missingRows++
			continue
		}
		c.lengths.addLength(chars, 1)
	}
}

// meet counts the pairs of values of two columns in a block's rows, into known,
// which is emptied first.
func countPairs(a, b *blockColumn, pairs map[uint64]int64, rows int) map[uint64]int64 {
	clear(pairs)
	if a.lengthsOnly || b.lengthsOnly {
		return pairs
	}
	if pairs == nil {
		pairs = map[uint64]int64{}
	}
	width := len(b.tokens)
	if len(a.tokens)*width > max(4*rows, 1<<10) {
		for i := range a.rowTokens {
			pairs[uint64(a.rowTokens[i])<<32|uint64(b.rowTokens[i])]++
		}
		return pairs
	}
	dense := make([]int64, len(a.tokens)*width)
	for i := range a.rowTokens {
		dense[int(a.rowTokens[i])*width+int(b.rowTokens[i])]++
	}
	for at, n := range dense {
		if n > 0 {
			pairs[uint64(at/width)<<32|uint64(at%width)] = n
		}
	}
	return pairs
}

// commit adds the counts of a block to the whole.
func (s *blockScan) mergeBlock(b *table.Block) error {
	counts := b.Aux.(*blockCounts)
	s.file.rows += int64(len(b.Recs))
	for i := range counts.columns {
		c, to := &counts.columns[i], s.file.sources[i].column
		s.tallies[i] = s.tallies[i][:0]
		if c.lengthsOnly {
			to.missingRows += c.missingRows
			to.otherRows += c.lengths.n
			to.otherLengths.addSums(c.lengths)
			continue
		}
		for k := range c.tokens {
			token := b.Token(c.tokens[k].span)
			if i == s.tailStart {
				s.mergeTail(token, c.tokens[k].rows)
				continue
			}
			s.tallies[i] = append(s.tallies[i], to.countToken(token, s.file.format, c.tokens[k].rows))
		}
	}
	for i, c := range s.file.crosses {
		if counts.columns[c.a].lengthsOnly || counts.columns[c.b].lengthsOnly {
			c.counter.otherRows += int64(len(b.Recs))
			continue
		}
		s.mergePairs(c, counts.pairs[i])
	}
	return nil
}

// commitPairs adds the pairs of a block. Their order counts only when too many
// are told apart; it is that of the values in the block.
func (s *blockScan) mergePairs(c crossSource, pairs map[uint64]int64) {
	keys := make([]uint64, 0, len(pairs))
	for k := range pairs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		c.counter.countPair(s.tallies[c.a][k>>32], s.tallies[c.b][uint32(k)], pairs[k])
	}
}

// commitTail counts n rows that end in the same fields.
func (s *blockScan) mergeTail(text []byte, n int64) {
	for _, source := range s.file.sources[s.tailStart:] {
		end := table.FieldEnd(s.file.format, text)
		source.column.countToken(text[:end], s.file.format, n)
		text = text[min(end+1, len(text)):]
	}
}
