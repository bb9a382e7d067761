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
	out := &Comparison{Files: r.names[from:], HasGold: r.hasGold}
	for row := range r.rows.ids {
		for rater := from; rater < len(r.names); rater++ {
			if r.has[rater][row] {
				out.Rows++
				break
			}
		}
	}
	out.Columns = eachColumn(r, func(i int) ComparedColumn {
		c := r.columns[i]
		column := ComparedColumn{Column: r.plans[i].name, Kind: c.kind, Alpha: Figure(c.alphaOfRaters(from)), Pairs: []ComparedPair{}}
		for a := from; a < len(r.names); a++ {
			for b := a + 1; b < len(r.names); b++ {
				column.Pairs = append(column.Pairs, r.comparePair(c, a, b))
			}
		}
		return column
	})
	return out
}

// forgetEmpty makes the empty cells of a rater missing values.
func (c *ratedColumn) forgetEmpty(rater int) {
	codes := c.codes[rater]
	for row, code := range codes {
		if code == emptyCode {
			codes[row] = noCode
		}
	}
}

// alphaOfRaters is Krippendorff's alpha of the raters from the given one on.
func (c *ratedColumn) alphaOfRaters(from int) float64 {
	isNumber := c.kind == Integer || c.kind == Number
	switch {
	case c.kind == Text, c.isWide && !c.isNumeric:
		return math.NaN()
	case c.isWide:
		var numbers [][]float64
		for _, wide := range c.wide[from:] {
			values := make([]float64, len(wide))
			for row, v := range wide {
				values[row] = math.Float64frombits(v)
			}
			numbers = append(numbers, values)
		}
		if c.kind == Integer {
			return ordinalAlpha(numbers)
		}
		return intervalAlpha(numbers)
	case isNumber:
		return codedAlpha(c.codes[from:], c.numbers, c.kind == Integer)
	}
	return nominalAlpha(c.codes[from:])
}

// comparePair compares two raters.
func (r *Ratings) comparePair(c *ratedColumn, a, b int) ComparedPair {
	none := Figure(math.NaN())
	p := ComparedPair{
		A: r.names[a], B: r.names[b], Kappa: none, Moved: []Moved{},
		AccuracyDifference: none, Low: none, High: none, McNemarP: none,
	}
	var cells []pairCell // of a column without codes: of equal values and of others
	if c.isWide {
		cells = c.countEqual(a, b)
	} else {
		cells = countPairCells(c.codes[a], c.codes[b], nil)
	}
	for _, cell := range cells {
		p.Rows += cell.rows
	}
	p.Agreement = Figure(accuracyOf(cells))
	if !c.isWide && c.kind != Text {
		p.Kappa = Figure(cohenKappa(cells))
		p.Moved = c.movedRows(cells)
	}
	if r.hasGold {
		r.compareAccuracies(&p, c, a, b)
	}
	return p
}

// countEqual counts the rows in which two raters have the same value, and those in which
// they have others.
func (c *ratedColumn) countEqual(a, b int) []pairCell {
	equal, other := pairCell{}, pairCell{label: 1}
	for row := range c.wide[a] {
		switch {
		case c.isEmpty(a, row) || c.isEmpty(b, row):
		case c.areEqual(a, b, row):
			equal.rows++
		default:
			other.rows++
		}
	}
	equal.weight, other.weight = float64(equal.rows), float64(other.rows)
	return []pairCell{equal, other}
}

// movedRows are the cells with different values, the largest first.
func (c *ratedColumn) movedRows(cells []pairCell) []Moved {
	moved := []Moved{}
	for _, cell := range cells {
		if cell.gold != cell.label {
			moved = append(moved, Moved{From: c.texts[cell.gold], To: c.texts[cell.label], Count: cell.rows})
		}
	}
	slices.SortStableFunc(moved, func(a, b Moved) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), c.compareTexts(a.From, b.From), c.compareTexts(a.To, b.To))
	})
	return moved
}

// compareAccuracies sets the figures that need gold.
func (r *Ratings) compareAccuracies(p *ComparedPair, c *ratedColumn, a, b int) {
	aRight, bRight := make([]int32, len(r.rows.ids)), make([]int32, len(r.rows.ids))
	for row := range aRight {
		switch {
		case !r.isKnown(c, row, a, b):
			aRight[row] = noCode
			continue
		case c.areEqual(goldRater, a, row):
			aRight[row] = 1
		}
		if c.areEqual(goldRater, b, row) {
			bRight[row] = 1
		}
	}
	cells := countWeighedCells(aRight, bRight, r.drawn)
	if len(cells) == 0 {
		return
	}
	var onlyA, onlyB int64
	for _, cell := range cells {
		switch {
		case cell.gold > cell.label:
			onlyA += cell.rows
		case cell.label > cell.gold:
			onlyB += cell.rows
		}
	}
	difference, low, high := accuracyDifference(cells, r.options.Seed)
	p.AccuracyDifference, p.Low, p.High = Figure(difference), Figure(low), Figure(high)
	p.McNemarP = Figure(mcnemarExact(onlyA, onlyB))
}
