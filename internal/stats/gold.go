package stats

import (
	"cmp"
	"math"
	"slices"
)

// Gold is how right results are, by the rows that people labelled. Where gold has
// inclusion probabilities each row weighs as many as it stands for; counts are of rows.
type Gold struct {
	Rows     int64        `json:"rows"`    // of gold
	Missing  int64        `json:"missing"` // of Rows, those that no result has
	Columns  []GoldColumn `json:"columns"`
	Weighted bool         `json:"-"`
	// MissingIDs are the first of the missing rows.
	MissingIDs []int64 `json:"-"`
}

// GoldColumn is how right a column is, over the rows that both sides have and of which
// gold says something.
type GoldColumn struct {
	Column       string `json:"column"` // in gold
	Output       string `json:"output"` // in the results
	Kind         Kind   `json:"kind"`
	Rows         int64  `json:"rows"`
	Accuracy     Figure `json:"accuracy"`
	AccuracyLow  Figure `json:"accuracy_low"`
	AccuracyHigh Figure `json:"accuracy_high"`
	MacroF1      Figure `json:"macro_f1"`
	Kappa        Figure `json:"kappa"`
	KappaLow     Figure `json:"kappa_low"`
	KappaHigh    Figure `json:"kappa_high"`
	*NumberFigures
	*SetFigures
	Labels      []LabelFigures `json:"labels"`
	Confusion   []Confusion    `json:"confusion"`
	Reliability *Reliability   `json:"reliability,omitempty"` // nil where the results have no confidence
}

// NumberFigures are those of integers and numbers, over rows that have numbers on both sides.
type NumberFigures struct {
	MAE            Figure `json:"mae"` // mean absolute error
	Spearman       Figure `json:"spearman"`
	KappaQuadratic Figure `json:"kappa_quadratic"`
}

// SetFigures are those of several labels a row.
type SetFigures struct {
	Exact   Figure `json:"exact"` // rows with exactly the labels of gold
	Jaccard Figure `json:"jaccard"`
	MicroF1 Figure `json:"micro_f1"`
}

// LabelFigures is how well a label is found.
type LabelFigures struct {
	Label     string `json:"label"`
	Precision Figure `json:"precision"`
	Recall    Figure `json:"recall"`
	F1        Figure `json:"f1"`
	Support   int64  `json:"support"` // rows that have it in gold
}

// Confusion is the rows that have one value in gold and one in the results.
type Confusion struct {
	Gold  string `json:"gold"`
	Label string `json:"label"`
	Count int64  `json:"count"`
}

// maxMissingIDs is how many missing rows are named.
const maxMissingIDs = 5

// goldRater and resultRater are the raters of ratings with gold and one result.
const (
	goldRater   = 0
	resultRater = 1
)

// Gold compares the results, as one rater, with gold.
func (r *Ratings) Gold() *Gold {
	g := &Gold{Weighted: r.drawn.differ()}
	for row, has := range r.has[goldRater] {
		if !has {
			continue
		}
		g.Rows++
		if !r.has[resultRater][row] {
			if g.Missing++; len(g.MissingIDs) < maxMissingIDs {
				g.MissingIDs = append(g.MissingIDs, r.rows.ids[row])
			}
		}
	}
	g.Columns = eachColumn(r, r.goldColumn)
	return g
}

// isKnown reports whether gold and some raters say something of a row. An empty cell is a value
// of a result, but not of gold.
func (r *Ratings) isKnown(c *ratedColumn, row int, raters ...int) bool {
	known := !c.isEmpty(goldRater, row)
	for _, rater := range raters {
		known = known && r.has[rater][row]
	}
	return known
}

// goldColumn compares the i-th column.
func (r *Ratings) goldColumn(i int) GoldColumn {
	c, undefined := r.columns[i], Figure(math.NaN())
	g := GoldColumn{
		Column: r.plans[i].name, Output: r.plans[i].output, Kind: c.kind,
		MacroF1: undefined, Kappa: undefined, KappaLow: undefined, KappaHigh: undefined, Labels: []LabelFigures{}, Confusion: []Confusion{},
		Reliability: r.reliability(i),
	}
	if c.isWide {
		r.compareWide(&g, c)
		return g
	}
	weighed := countWeighedCells(c.codes[goldRater], c.codes[resultRater], r.drawn)
	weighed = slices.DeleteFunc(weighed, func(cell weighedCell) bool { return cell.gold == emptyCode })
	cells := joinWeighedCells(weighed)
	g.setAccuracy(accuracyOf(cells), weighed)
	if c.kind == Integer || c.kind == Number {
		g.NumberFigures = c.compareNumbers(cells)
	}
	if c.kind == Text {
		return g
	}
	g.Kappa = Figure(cohenKappa(cells))
	if g.Kappa.IsDefined() {
		low, high := kappaInterval(weighed, r.options.Seed)
		g.KappaLow, g.KappaHigh = Figure(low), Figure(high)
	}
	scores := scoreLabels(cells, c.sets)
	g.MacroF1 = Figure(macroF1(scores))
	if c.kind == Labels {
		g.SetFigures = &SetFigures{Exact: g.Accuracy, Jaccard: Figure(meanJaccard(cells, c.sets)), MicroF1: Figure(microF1(scores))}
	}
	g.Labels = c.labelFigures(scores)
	for _, cell := range cells {
		g.Confusion = append(g.Confusion, Confusion{Gold: c.texts[cell.gold], Label: c.texts[cell.label], Count: cell.rows})
	}
	slices.SortStableFunc(g.Confusion, func(a, b Confusion) int {
		return cmp.Or(c.compareTexts(a.Gold, b.Gold), c.compareTexts(a.Label, b.Label))
	})
	return g
}

// setAccuracy sets the number of rows, and the accuracy with its interval.
func (g *GoldColumn) setAccuracy(accuracy float64, cells []weighedCell) {
	for _, cell := range cells {
		g.Rows += cell.rows
	}
	low, high := wilsonInterval(accuracy, effectiveRows(cells))
	g.Accuracy, g.AccuracyLow, g.AccuracyHigh = Figure(accuracy), Figure(low), Figure(high)
}

// compareWide compares a column with more different values than have codes.
func (r *Ratings) compareWide(g *GoldColumn, c *ratedColumn) {
	ones, right := make([]int32, len(r.rows.ids)), make([]int32, len(r.rows.ids))
	var x, y, weights []float64
	for row := range ones {
		ones[row] = 1
		switch {
		case !r.isKnown(c, row, resultRater):
			ones[row] = noCode
			continue
		case c.areEqual(goldRater, resultRater, row):
			right[row] = 1
		}
		a, b := c.number(goldRater, row), c.number(resultRater, row)
		if math.IsNaN(a) || math.IsNaN(b) {
			continue
		}
		x, y, weights = append(x, a), append(y, b), append(weights, r.drawn.classOf(row).weight)
	}
	cells := countWeighedCells(ones, right, r.drawn)
	g.setAccuracy(accuracyOf(joinWeighedCells(cells)), cells)
	if c.kind == Integer || c.kind == Number {
		g.NumberFigures = newNumberFigures(x, y, weights)
	}
}

// compareNumbers compares the rows that are numbers on both sides.
func (c *ratedColumn) compareNumbers(cells []pairCell) *NumberFigures {
	var x, y, weights []float64
	for _, cell := range cells {
		a, b := c.numbers[cell.gold], c.numbers[cell.label]
		if !math.IsNaN(a) && !math.IsNaN(b) {
			x, y, weights = append(x, a), append(y, b), append(weights, cell.weight)
		}
	}
	return newNumberFigures(x, y, weights)
}

func newNumberFigures(x, y, weights []float64) *NumberFigures {
	if len(x) == 0 {
		none := Figure(math.NaN())
		return &NumberFigures{none, none, none}
	}
	return &NumberFigures{
		MAE: Figure(meanAbsoluteError(x, y, weights)), Spearman: Figure(spearman(x, y, weights)), KappaQuadratic: Figure(quadraticKappa(x, y, weights)),
	}
}

// labelFigures names the scores of labels, in the order of the column's labels.
func (c *ratedColumn) labelFigures(scores []labelScore) []LabelFigures {
	figures := make([]LabelFigures, 0, len(scores))
	for i := range scores {
		s := &scores[i]
		name := ""
		if c.kind == Labels {
			name = c.labels[s.code]
		} else {
			name = c.texts[s.code]
		}
		figures = append(figures, LabelFigures{
			Label: name, Precision: Figure(s.precision()), Recall: Figure(s.recall()), F1: Figure(s.f1()), Support: s.support,
		})
	}
	slices.SortStableFunc(figures, func(a, b LabelFigures) int { return c.compareTexts(a.Label, b.Label) })
	return figures
}

// compareTexts orders values: listed labels as they are listed and before others, numbers
// by size, others by name.
func (c *ratedColumn) compareTexts(a, b string) int {
	if c.schema != nil && c.schema.Labels != nil {
		i, k := slices.Index(c.schema.Labels, a), slices.Index(c.schema.Labels, b)
		if i >= 0 || k >= 0 {
			return cmp.Compare(uint(i), uint(k)) // -1 comes last
		}
	}
	x, isX := parseNumber(a)
	y, isY := parseNumber(b)
	switch {
	case isX && isY:
		return cmp.Compare(x, y)
	case isX:
		return -1
	case isY:
		return 1
	}
	return cmp.Compare(a, b)
}

// Miss is a row and a column in which results differ from gold.
type Miss struct {
	RowID       int64
	Column      string
	Gold, Label string
}

// isMiss reports whether results differ from gold in a row. Free text of more than maxDistinct
// values is not kept, so nothing is told of it.
func (r *Ratings) isMiss(c *ratedColumn, row int) bool {
	return !(c.isWide && !c.isNumeric) && !c.isEmpty(goldRater, row) && r.has[resultRater][row] && !c.areEqual(goldRater, resultRater, row)
}

// Misses lists the first misses of each column, and counts all. Free text is left out: it
// differs nearly always.
func (r *Ratings) Misses(ofColumn int) (misses []Miss, all int64) {
	for _, c := range r.columns {
		if c.kind == Text {
			continue
		}
		listed := 0
		for row := range r.has[goldRater] {
			if !r.has[goldRater][row] || !r.isMiss(c, row) {
				continue
			}
			all++
			if listed++; listed <= ofColumn {
				misses = append(misses, Miss{r.rows.ids[row], c.name, c.text(goldRater, row), c.text(resultRater, row)})
			}
		}
	}
	return misses, all
}
