package stats

import (
	"cmp"
	"math"
	"slices"
)

// Comparison is how far results of the same rows agree. A row that a file lacks, and an
// empty cell, is a missing value.
type Comparison struct {
	Files   []string         `json:"files"`
	Rows    int64            `json:"-"` // that any of the files has
	Columns []ComparedColumn `json:"columns"`
	HasGold bool             `json:"-"`
}

// ComparedColumn is how far the files agree in a column.
type ComparedColumn struct {
	Column string         `json:"column"`
	Kind   Kind           `json:"kind"`
	Alpha  Figure         `json:"alpha"` // Krippendorff's: nominal; ordinal of integers, interval of numbers
	Pairs  []ComparedPair `json:"pairs"`
}

// ComparedPair is how far two files agree. The difference of accuracies is B's less A's,
// over the rows that both files and gold have; it is undefined without gold.
type ComparedPair struct {
	A         string  `json:"a"`
	B         string  `json:"b"`
	Rows      int64   `json:"rows"` // that have a value in both
	Agreement Figure  `json:"agreement"`
	Kappa     Figure  `json:"kappa"`
	Moved     []Moved `json:"moved"` // by count

	AccuracyDifference Figure `json:"accuracy_difference"`
	Low                Figure `json:"low"`
	High               Figure `json:"high"`
	McNemarP           Figure `json:"mcnemar_p"`
}

// Moved is the rows that have one value in A and another in B.
type Moved struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
}

// firstResult is the first rater that is not gold.
func (r *Ratings) firstResult() int {
	if r.hasGold {
		return 1
	}
	return 0
}

// Compare compares the results with each other.
func (r *Ratings) Compare() *Comparison {
	from := r.firstResult()
	out := &Comparison{Files: r.names[from:], Columns: []ComparedColumn{}, HasGold: r.hasGold}
	for row := range r.rows.ids {
		for rater := from; rater < len(r.names); rater++ {
			if r.has[rater][row] {
				out.Rows++
				break
			}
		}
	}
	for i, c := range r.columns {
		column := ComparedColumn{Column: r.plans[i].name, Kind: c.kind, Alpha: Figure(c.alphaOfRaters(from)), Pairs: []ComparedPair{}}
		for a := from; a < len(r.names); a++ {
			for b := a + 1; b < len(r.names); b++ {
				column.Pairs = append(column.Pairs, r.comparePair(c, a, b))
			}
		}
		out.Columns = append(out.Columns, column)
	}
	return out
}

// withoutEmpty is the codes of a rater, in which empty cells are missing values.
func (c *ratedColumn) withoutEmpty(rater int) []int32 {
	codes := slices.Clone(c.codes[rater])
	for row, code := range codes {
		if code == emptyCode {
			codes[row] = noCode
		}
	}
	return codes
}

// alphaOfRaters is Krippendorff's alpha of the raters from the given one on.
func (c *ratedColumn) alphaOfRaters(from int) float64 {
	switch {
	case c.kind == Text:
		return math.NaN()
	case c.kind == Integer, c.kind == Number:
		var numbers [][]float64
		for rater := from; rater < len(c.codes); rater++ {
			rows := max(len(c.codes[rater]), len(c.wide[rater]))
			values := make([]float64, rows)
			for row := range values {
				values[row] = c.number(rater, row)
			}
			numbers = append(numbers, values)
		}
		if c.kind == Integer {
			return ordinalAlpha(numbers)
		}
		return intervalAlpha(numbers)
	}
	var codes [][]int32
	for rater := from; rater < len(c.codes); rater++ {
		codes = append(codes, c.withoutEmpty(rater))
	}
	return nominalAlpha(codes)
}

// comparePair compares two raters.
func (r *Ratings) comparePair(c *ratedColumn, a, b int) ComparedPair {
	none := Figure(math.NaN())
	p := ComparedPair{
		A: r.names[a], B: r.names[b], Kappa: none, Moved: []Moved{},
		AccuracyDifference: none, Low: none, High: none, McNemarP: none,
	}
	equal := int64(0)
	for row := range r.rows.ids {
		if c.isEmpty(a, row) || c.isEmpty(b, row) {
			continue
		}
		p.Rows++
		if c.areEqual(a, b, row) {
			equal++
		}
	}
	p.Agreement = Figure(float64(equal) / float64(p.Rows))
	if !c.isWide && c.kind != Text {
		cells := countPairCells(c.withoutEmpty(a), c.withoutEmpty(b), nil)
		p.Kappa = Figure(cohenKappa(cells))
		for _, cell := range cells {
			if cell.gold != cell.label {
				p.Moved = append(p.Moved, Moved{From: c.texts[cell.gold], To: c.texts[cell.label], Count: cell.rows})
			}
		}
		slices.SortStableFunc(p.Moved, func(a, b Moved) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), c.compareTexts(a.From, b.From), c.compareTexts(a.To, b.To))
		})
	}
	if r.hasGold {
		r.compareAccuracies(&p, c, a, b)
	}
	return p
}

// compareAccuracies sets the figures that need gold.
func (r *Ratings) compareAccuracies(p *ComparedPair, c *ratedColumn, a, b int) {
	rows := r.knownRows(c, a, b)
	if len(rows) == 0 {
		return
	}
	aRight, bRight := make([]int32, len(rows)), make([]int32, len(rows))
	var onlyA, onlyB int64
	for k, row := range rows {
		isRight := [2]bool{c.areEqual(goldRater, a, row), c.areEqual(goldRater, b, row)}
		switch isRight {
		case [2]bool{true, true}:
			aRight[k], bRight[k] = 1, 1
		case [2]bool{true, false}:
			aRight[k] = 1
			onlyA++
		case [2]bool{false, true}:
			bRight[k] = 1
			onlyB++
		}
	}
	weights, strata := r.weightsOf(rows)
	difference, low, high := accuracyDifference(countWeighedCells(aRight, bRight, weights, strata), r.options.Seed)
	p.AccuracyDifference, p.Low, p.High = Figure(difference), Figure(low), Figure(high)
	p.McNemarP = Figure(mcnemarExact(onlyA, onlyB))
}
