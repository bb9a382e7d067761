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
	Labels    []LabelFigures `json:"labels"`
	Confusion []Confusion    `json:"confusion"`
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
	g := &Gold{Columns: []GoldColumn{}, Weighted: r.weights != nil}
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
	for i := range r.columns {
		g.Columns = append(g.Columns, r.goldColumn(i))
	}
	return g
}

// knownRows lists the rows of which gold and all of some raters say something. An empty
// cell is a value of a result, but not of gold.
func (r *Ratings) knownRows(c *ratedColumn, raters ...int) []int {
	var rows []int
	for row := range r.has[goldRater] {
		known := !c.isEmpty(goldRater, row)
		for _, rater := range raters {
			known = known && r.has[rater][row]
		}
		if known {
			rows = append(rows, row)
		}
	}
	return rows
}

// weightsOf are the weights and strata of rows, nil where all are the same.
func (r *Ratings) weightsOf(rows []int) (weights []float64, strata []int32) {
	if r.weights == nil {
		return nil, nil
	}
	for _, row := range rows {
		weights = append(weights, r.weights[row])
		if r.strata != nil {
			strata = append(strata, r.strata[row])
		}
	}
	return weights, strata
}

// goldColumn compares the i-th column.
func (r *Ratings) goldColumn(i int) GoldColumn {
	c, undefined := r.columns[i], Figure(math.NaN())
	rows := r.knownRows(c, resultRater)
	weights, strata := r.weightsOf(rows)
	g := GoldColumn{
		Column: r.plans[i].name, Output: r.plans[i].output, Kind: c.kind, Rows: int64(len(rows)),
		MacroF1: undefined, Kappa: undefined, KappaLow: undefined, KappaHigh: undefined, Labels: []LabelFigures{}, Confusion: []Confusion{},
	}
	right := make([]int32, len(rows))
	ones := make([]int32, len(rows))
	for k, row := range rows {
		ones[k] = 1
		if c.areEqual(goldRater, resultRater, row) {
			right[k] = 1
		}
	}
	effective := float64(len(rows))
	if weights != nil {
		effective = effectiveRows(weights)
	}
	accuracy := accuracyOf(countPairCells(ones, right, weights))
	low, high := wilsonInterval(accuracy, effective)
	g.Accuracy, g.AccuracyLow, g.AccuracyHigh = Figure(accuracy), Figure(low), Figure(high)
	if c.kind == Integer || c.kind == Number {
		g.NumberFigures = c.compareNumbers(rows, weights, r)
	}
	if c.isWide || c.kind == Text {
		return g
	}
	gold, label := make([]int32, len(rows)), make([]int32, len(rows))
	for k, row := range rows {
		gold[k], label[k] = c.codes[goldRater][row], c.codes[resultRater][row]
	}
	cells := countPairCells(gold, label, weights)
	g.Kappa = Figure(cohenKappa(cells))
	low, high = kappaInterval(countWeighedCells(gold, label, weights, strata), r.options.Seed)
	if g.Kappa.IsDefined() {
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

// compareNumbers compares the rows that are numbers on both sides.
func (c *ratedColumn) compareNumbers(rows []int, weights []float64, r *Ratings) *NumberFigures {
	var x, y, w []float64
	for k, row := range rows {
		a, b := c.number(goldRater, row), c.number(resultRater, row)
		if math.IsNaN(a) || math.IsNaN(b) {
			continue
		}
		x, y = append(x, a), append(y, b)
		if weights != nil {
			w = append(w, weights[k])
		}
	}
	if len(x) == 0 {
		none := Figure(math.NaN())
		return &NumberFigures{none, none, none}
	}
	return &NumberFigures{
		MAE: Figure(meanAbsoluteError(x, y, w)), Spearman: Figure(spearman(x, y, w)), KappaQuadratic: Figure(quadraticKappa(x, y, w)),
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
