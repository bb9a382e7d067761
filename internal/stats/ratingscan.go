package stats

import (
	"context"
	"hash/maphash"
	"slices"

	"prism/internal/table"
)

// ratingScan reads the values of one file. readBlock finds the IDs and the different
// values of a block, in parallel; addBlock then gives them to the rows, in file order. A
// file whose labels are counted too is counted in the same pass.
type ratingScan struct {
	ratings *Ratings
	file    *RatedFile
	rater   int
	mayAdd  bool // rows that are not known yet are added; else they are passed over
	cut     []int
	idPlace int   // in cut
	places  []int // of each column in cut, -1: the file lacks it
	// confidencePlaces is the same of the confidences of each column.
	confidencePlaces []int
	seed             maphash.Seed
	counts           *blockScan    // nil: the file is not counted
	drawn            *drawnColumns // nil: nothing tells how the rows were drawn

	expected int   // rows of the file, about
	rows     []int // of the block, -1: passed over; reused
}

// ratedBlock is the IDs and values of a block.
type ratedBlock struct {
	counts      *blockCounts // of a file that is counted
	drawn       drawnBlock
	ids         []int64
	columns     []blockColumn // of columns that are not wide
	isWide      []bool        // by column: it was wide when the block was read
	wide        [][]uint64    // by column and row, of wide columns
	confidences [][]float64   // by column and row, of columns that have some
	codes       []int32       // by token; reused
	text        []byte        // of a token; reused
	scratch     []byte
}

// wideOfToken is the wide value of a raw token.
func (v *ratedBlock) wideOfToken(c *ratedColumn, token []byte, form table.Format) (value uint64) {
	if form == table.JSONL || len(token) > 0 && token[0] == '"' {
		v.text = table.AppendText(v.text[:0], form, token)
		token = v.text
	}
	value, v.scratch = c.wideOf(token, v.scratch)
	return value
}

// unknownCode is the code of a token that no row needed yet.
const unknownCode = -2

// readFile reads the values of the file'th file for a rater.
func (r *Ratings) readFile(ctx context.Context, f *RatedFile, rater, file int, mayAdd bool) error {
	s := &ratingScan{ratings: r, file: f, rater: rater, mayAdd: mayAdd, seed: maphash.MakeSeed()}
	isGold := r.hasGold && rater == goldRater
	var counted *inputFile
	if r.options.Counts != nil && !isGold {
		var err error
		if counted, err = r.options.Counts.resolveColumns(f.header, f.Options.Name); err != nil {
			return err
		}
		s.counts = newBlockScan(counted, len(f.header.Names))
	}
	s.planCut(file, isGold)
	for _, c := range r.columns {
		c.startFile(isGold)
	}
	if !mayAdd {
		r.growTo(rater, 0)
	}
	r.rows.next = 0
	o := table.ScanOptions{Options: f.Options, Columns: s.cut, Text: true, Prepare: s.readBlock}
	err := table.Scan(ctx, f.Content, f.Size, f.header, o, func(b *table.Block) error { return s.addBlock(ctx, b) })
	if err == nil && counted != nil {
		r.options.Counts.finishFile(counted)
	}
	return err
}

// planCut decides which columns of the file'th file are cut out.
func (s *ratingScan) planCut(file int, isGold bool) {
	r, h := s.ratings, s.file.header
	id := h.Index(r.options.idColumn())
	s.cut = []int{id}
	for _, p := range r.plans {
		s.cut = append(s.cut, p.places[file], p.confidencePlace(file))
	}
	probability, stratum := h.Index(InclusionProbability), h.Index(Stratum)
	isDrawn := isGold && probability >= 0
	if isDrawn {
		s.cut = append(s.cut, probability, stratum)
	}
	if s.counts != nil {
		s.cut = append(s.cut, s.counts.columns()...)
	}
	slices.Sort(s.cut)
	s.cut = slices.Compact(s.cut)
	if s.cut[0] < 0 { // a column that the file lacks
		s.cut = s.cut[1:]
	}
	s.idPlace = slices.Index(s.cut, id)
	for _, p := range r.plans {
		s.places = append(s.places, slices.Index(s.cut, p.places[file]))
		s.confidencePlaces = append(s.confidencePlaces, slices.Index(s.cut, p.confidencePlace(file)))
	}
	if isDrawn {
		s.drawn = &drawnColumns{slices.Index(s.cut, probability), slices.Index(s.cut, stratum)}
		r.drawn = &rowClasses{byClass: map[rowClass]int32{}, strata: map[string]int32{}}
	}
	if s.counts != nil {
		s.counts.cutFrom(s.cut)
	}
}

// readBlock reads a block on its own, into its Aux.
func (s *ratingScan) readBlock(b *table.Block) {
	v, _ := b.Aux.(*ratedBlock)
	if v == nil {
		v = &ratedBlock{
			columns: make([]blockColumn, len(s.places)), wide: make([][]uint64, len(s.places)), isWide: make([]bool, len(s.places)),
			confidences: make([][]float64, len(s.places)),
		}
		if s.counts != nil {
			v.counts = s.counts.newBlockCounts()
		}
		b.Aux = v
	}
	form := s.file.header.Format
	v.ids = b.IDs(v.ids[:0], form, s.idPlace, len(s.cut), s.ratings.options.idColumn())
	for i, place := range s.places {
		if at := s.confidencePlaces[i]; at >= 0 {
			v.confidences[i] = v.readConfidences(v.confidences[i][:0], b, at, len(s.cut), form)
		}
		if place < 0 || len(b.Spans) == 0 {
			continue
		}
		column := s.ratings.columns[i]
		v.isWide[i], v.wide[i] = column.wideNow.Load(), v.wide[i][:0]
		if v.isWide[i] {
			for row := range b.Recs {
				value := v.wideOfToken(column, b.Token(b.Spans[row*len(s.cut)+place]), form)
				v.wide[i] = append(v.wide[i], value)
			}
			continue
		}
		v.columns[i].reset()
		v.columns[i].countTokens(b, b.Spans[place:], len(s.cut), s.seed, true)
	}
	if s.drawn != nil {
		s.drawn.readBlock(b, &v.drawn, s)
	}
	if s.counts != nil { // last: it changes spans of the run columns
		s.counts.countBlock(b, v.counts)
	}
}

// addBlock gives the values of a block to its rows.
func (s *ratingScan) addBlock(ctx context.Context, b *table.Block) error {
	v := b.Aux.(*ratedBlock)
	if s.expected == 0 && len(v.ids) > 0 { // as many as the first block tells
		s.expected = int(float64(len(v.ids)) / float64(b.End()) * float64(s.file.Size) * 1.01)
		if s.mayAdd {
			s.ratings.rows.ids = slices.Grow(s.ratings.rows.ids, max(0, s.expected-len(s.ratings.rows.ids)))
		}
	}
	s.rows = s.rows[:0]
	for _, id := range v.ids {
		if s.mayAdd {
			s.rows = append(s.rows, s.ratings.rows.findOrAdd(id))
		} else {
			s.rows = append(s.rows, s.ratings.rows.find(id))
		}
	}
	s.ratings.growTo(s.rater, s.expected)
	has := s.ratings.has[s.rater]
	for i, row := range s.rows {
		if row < 0 {
			continue
		}
		if has[row] {
			return s.ratings.duplicateError(ctx, s.file, b, i, v.ids[i])
		}
		has[row] = true
	}
	if s.drawn != nil {
		if err := s.drawn.addBlock(b, &v.drawn, len(s.rows), s.ratings, s.file); err != nil {
			return err
		}
	}
	for i, place := range s.places {
		if place >= 0 {
			s.addColumn(b, v, i, place, s.rows)
		}
		if s.confidencePlaces[i] >= 0 {
			if err := s.addConfidences(b, v, i); err != nil {
				return err
			}
		}
	}
	if s.counts != nil {
		s.counts.mergeBlock(b, v.counts)
	}
	return nil
}

// addColumn gives the values of one column of a block to the rows, -1 being none.
func (s *ratingScan) addColumn(b *table.Block, v *ratedBlock, i, place int, rows []int) {
	column, form := s.ratings.columns[i], s.file.header.Format
	if !v.isWide[i] && !column.isWide && !s.addCodes(b, v, i, rows) {
		return
	}
	for k, row := range rows {
		switch {
		case row < 0:
		case v.isWide[i]:
			column.wide[s.rater][row] = v.wide[i][k]
		default:
			column.wide[s.rater][row] = v.wideOfToken(column, b.Token(b.Spans[k*len(s.cut)+place]), form)
		}
	}
}

// addCodes gives codes to rows. It reports whether the column became wide meanwhile: then
// all rows of the block need wide values.
func (s *ratingScan) addCodes(b *table.Block, v *ratedBlock, i int, rows []int) bool {
	column, values := s.ratings.columns[i], &v.columns[i]
	v.codes = v.codes[:0]
	for range values.tokens {
		v.codes = append(v.codes, unknownCode)
	}
	for k, row := range rows {
		if row < 0 {
			continue
		}
		at := values.rowTokens[k]
		if v.codes[at] == unknownCode {
			code, ok := column.codeOfToken(b.Token(values.tokens[at].span), s.file.header.Format)
			if !ok {
				return true
			}
			v.codes[at] = code
		}
		column.codes[s.rater][row] = v.codes[at]
	}
	return false
}

// rowIndex numbers rows by their RowIDs, in the order in which they first come. Files
// mostly have the same rows in the same order: a look at the next row then answers.
type rowIndex struct {
	ids       []int64
	byID      map[int64]int32 // nil while the IDs ascend
	unordered bool
	next      int // row after the one found last
}

// find returns the number of a row, -1 if it has none.
func (x *rowIndex) find(id int64) int {
	if x.next < len(x.ids) && x.ids[x.next] == id {
		x.next++
		return x.next - 1
	}
	if x.unordered {
		at, known := x.byID[id]
		if !known {
			return -1
		}
		x.next = int(at) + 1
		return int(at)
	}
	at, known := slices.BinarySearch(x.ids, id)
	if !known {
		return -1
	}
	x.next = at + 1
	return at
}

// findOrAdd returns the number of a row, a new one if it has none.
func (x *rowIndex) findOrAdd(id int64) int {
	if at := x.find(id); at >= 0 {
		return at
	}
	n := len(x.ids)
	if !x.unordered && n > 0 && id < x.ids[n-1] {
		x.unordered = true
		x.byID = make(map[int64]int32, n+1)
		for i, known := range x.ids {
			x.byID[known] = int32(i)
		}
	}
	if x.unordered {
		x.byID[id] = int32(n)
	}
	x.ids = append(x.ids, id)
	x.next = n + 1
	return n
}
