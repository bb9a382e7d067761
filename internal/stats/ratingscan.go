package stats

import (
	"context"
	"hash/maphash"
	"slices"

	"prism/internal/table"
)

// ratingScan reads the values of one file. readBlock finds the IDs and the different
// values of a block, in parallel; addBlock then gives them to the rows, in file order.
type ratingScan struct {
	ratings *Ratings
	file    *RatedFile
	rater   int
	mayAdd  bool // rows that are not known yet are added; else they are passed over
	cut     []int
	idPlace int   // in cut
	places  []int // of each column in cut, -1: the file lacks it
	seed    maphash.Seed
}

// ratedBlock is the IDs and values of a block.
type ratedBlock struct {
	ids     []int64
	columns []blockColumn // of columns that are not wide
	wide    [][]uint64    // by column and row; nil: not wide when the block was read
	codes   []int32       // by token; reused
	scratch []byte
}

// unknownCode is the code of a token that no row needed yet.
const unknownCode = -2

// readFile reads the values of the file'th file for a rater.
func (r *Ratings) readFile(ctx context.Context, f *RatedFile, rater, file int, mayAdd bool) error {
	s := &ratingScan{ratings: r, file: f, rater: rater, mayAdd: mayAdd, seed: maphash.MakeSeed()}
	id := f.header.Index(r.options.idColumn())
	s.cut = []int{id}
	for _, p := range r.plans {
		if at := p.places[file]; at >= 0 {
			s.cut = append(s.cut, at)
		}
	}
	slices.Sort(s.cut)
	s.cut = slices.Compact(s.cut)
	s.idPlace = slices.Index(s.cut, id)
	for i, p := range r.plans {
		s.places = append(s.places, slices.Index(s.cut, p.places[file]))
		r.columns[i].startFile(r.hasGold && rater == goldRater)
	}
	if !mayAdd {
		r.growTo(rater, len(r.rows.ids))
	}
	r.rows.next = 0
	return table.Scan(ctx, f.Content, f.Size, f.header, table.ScanOptions{Options: f.Options, Columns: s.cut, Text: true, Prepare: s.readBlock}, s.addBlock)
}

// readBlock reads a block on its own, into its Aux.
func (s *ratingScan) readBlock(b *table.Block) {
	v, _ := b.Aux.(*ratedBlock)
	if v == nil {
		v = &ratedBlock{columns: make([]blockColumn, len(s.places)), wide: make([][]uint64, len(s.places))}
		b.Aux = v
	}
	form := s.file.header.Format
	v.ids = b.IDs(v.ids[:0], form, s.idPlace, len(s.cut), s.ratings.options.idColumn())
	for i, place := range s.places {
		if place < 0 || len(b.Spans) == 0 {
			continue
		}
		column := s.ratings.columns[i]
		v.wide[i] = nil
		if column.wideNow.Load() {
			v.wide[i] = make([]uint64, len(b.Recs))
			for row := range b.Recs {
				v.wide[i][row], v.scratch = column.wideOfToken(b.Token(b.Spans[row*len(s.cut)+place]), form, v.scratch)
			}
			continue
		}
		v.columns[i].reset()
		v.columns[i].countTokens(b, b.Spans[place:], len(s.cut), s.seed, true)
	}
}

// addBlock gives the values of a block to its rows.
func (s *ratingScan) addBlock(b *table.Block) error {
	v := b.Aux.(*ratedBlock)
	rows := make([]int, len(v.ids))
	for i, id := range v.ids {
		if s.mayAdd {
			rows[i] = s.ratings.rows.findOrAdd(id)
		} else {
			rows[i] = s.ratings.rows.find(id)
		}
	}
	s.ratings.growTo(s.rater, len(s.ratings.rows.ids))
	has := s.ratings.has[s.rater]
	for i, row := range rows {
		if row < 0 {
			continue
		}
		if has[row] {
			return s.ratings.duplicateError(s.file, b, i, v.ids[i])
		}
		has[row] = true
	}
	for i, place := range s.places {
		if place >= 0 {
			s.addColumn(b, v, i, place, rows)
		}
	}
	return nil
}

// addColumn gives the values of one column of a block to the rows, -1 being none.
func (s *ratingScan) addColumn(b *table.Block, v *ratedBlock, i, place int, rows []int) {
	column, form := s.ratings.columns[i], s.file.header.Format
	if v.wide[i] == nil && !column.isWide && !s.addCodes(b, v, i, rows) {
		return
	}
	for k, row := range rows {
		switch {
		case row < 0:
		case v.wide[i] != nil:
			column.wide[s.rater][row] = v.wide[i][k]
		default:
			column.wide[s.rater][row], v.scratch = column.wideOfToken(b.Token(b.Spans[k*len(s.cut)+place]), form, v.scratch)
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
