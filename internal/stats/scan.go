package stats

import (
	"context"
	"hash/maphash"
	"io"
	"slices"

	"prism/internal/table"
)

// CountFile counts the records of a regular file of size bytes, on all cores. Its
// errors are those of CountRecords.
func (d *Distributions) CountFile(ctx context.Context, f io.ReaderAt, size int64, o table.Options) error {
	h, err := table.ReadHeader(f, size, o)
	if err != nil {
		return err
	}
	src, err := d.resolveColumns(h, o.Name)
	if err != nil {
		return err
	}
	p := newBlockScan(src, len(h.Names))
	p.cutFrom(p.columns())
	prepare := func(b *table.Block) {
		counts, _ := b.Aux.(*blockCounts)
		if counts == nil {
			counts = p.newBlockCounts()
			b.Aux = counts
		}
		p.countBlock(b, counts)
	}
	merge := func(b *table.Block) error {
		p.mergeBlock(b, b.Aux.(*blockCounts))
		return nil
	}
	err = table.Scan(ctx, f, size, h, table.ScanOptions{Options: o, Columns: p.cutColumns, Text: true, Prepare: prepare}, merge)
	if err != nil {
		return err
	}
	d.finishFile(src)
	return nil
}

// blockScan counts a file in blocks: countBlock counts each block on its own, in
// parallel; mergeBlock then adds its counts to the columns, in file order.
type blockScan struct {
	file           *inputFile
	cutColumns     []int  // columns of the file that are cut out, ascending
	cutIndex       []int  // for each source: its index in cutColumns
	certaintyIndex []int  // for each column of certainties, likewise
	keepRowValues  []bool // for each source: a cross table needs the value of every row
	tailStart      int    // first source of the tail, see findTail; without a tail the number of sources
	seed           maphash.Seed
	tallies        [][]*tally // for each source, for each value of a block
}

func newBlockScan(f *inputFile, columns int) *blockScan {
	p := &blockScan{file: f, keepRowValues: make([]bool, len(f.sources)), tallies: make([][]*tally, len(f.sources)), seed: maphash.MakeSeed()}
	p.tailStart = findTail(f, columns)
	for _, c := range f.crosses {
		p.keepRowValues[c.a], p.keepRowValues[c.b] = true, true
	}
	return p
}

// countedSources are the sources that are counted: of the tail the first.
func (s *blockScan) countedSources() []columnSource {
	return s.file.sources[:min(s.tailStart+1, len(s.file.sources))]
}

// columns are the columns of the file to cut out, ascending.
func (s *blockScan) columns() []int {
	var places []int
	for _, source := range s.countedSources() {
		places = append(places, source.index)
	}
	for _, source := range s.file.certainties {
		places = append(places, source.index)
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// cutFrom says which columns of the file are cut out: the scan's and others.
func (s *blockScan) cutFrom(columns []int) {
	s.cutColumns = columns
	for _, source := range s.countedSources() {
		s.cutIndex = append(s.cutIndex, slices.Index(columns, source.index))
	}
	for _, source := range s.file.certainties {
		s.certaintyIndex = append(s.certaintyIndex, slices.Index(columns, source.index))
	}
}

// newBlockCounts is memory for the counts of a block.
func (s *blockScan) newBlockCounts() *blockCounts {
	return &blockCounts{columns: make([]blockColumn, len(s.cutIndex)), pairs: make([]map[uint64]int64, len(s.file.crosses)), certainties: make([]certaintySums, len(s.certaintyIndex))}
}

// findTail returns the first source of the tail: the run columns, if they are the
// last columns of the file. They are the same in nearly every row, so they are
// counted as one column and cut apart once per different tail.
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

// countBlock counts a block on its own.
func (s *blockScan) countBlock(b *table.Block, counts *blockCounts) {
	for i, at := range s.certaintyIndex {
		counts.certainties[i] = sumCertainties(b, b.Spans[min(at, len(b.Spans)):], len(s.cutColumns), s.file.format)
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

// extendToRecordEnd makes every stride-th span end at the end of its record.
func extendToRecordEnd(b *table.Block, spans []table.Span, stride int) {
	for i := range b.Recs {
		spans[i*stride].To = int32(b.Recs[i].End)
	}
}

// countPairs counts the pairs of values of two columns in a block's rows. It clears
// and reuses pairs.
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

// mergeBlock adds the counts of a block to the columns.
func (s *blockScan) mergeBlock(b *table.Block, counts *blockCounts) {
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
	for i, source := range s.file.certainties {
		source.sums.addSums(counts.certainties[i])
	}
	for i, c := range s.file.crosses {
		if counts.columns[c.a].lengthsOnly || counts.columns[c.b].lengthsOnly {
			c.counter.otherRows += int64(len(b.Recs))
			continue
		}
		s.mergePairs(c, counts.pairs[i])
	}
}

// mergePairs adds the pairs of a block, in the order of the values in the block:
// the order decides which pairs are counted separately if there are too many.
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

// mergeTail counts n rows that have the same run columns.
func (s *blockScan) mergeTail(text []byte, n int64) {
	for _, source := range s.file.sources[s.tailStart:] {
		end := table.FieldEnd(s.file.format, text)
		source.column.countToken(text[:end], s.file.format, n)
		text = text[min(end+1, len(text)):]
	}
}
