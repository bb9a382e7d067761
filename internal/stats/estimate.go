package stats

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Estimate is the shares of labels and the means of numbers over all rows of results: as
// labelled, and corrected by a sample of rows that people labelled.
type Estimate struct {
	Rows    int64             `json:"rows"`    // of the results
	Sampled int64             `json:"sampled"` // of Rows, those of the sample
	Columns []EstimatedColumn `json:"columns"`
	Cross   []EstimatedCross  `json:"cross"`
	Missing int64             `json:"-"` // sampled rows without a result
	// MissingIDs are the first of the missing rows.
	MissingIDs []int64 `json:"-"`
	// StandsFor is the rows that the sample was drawn from, by its inclusion probabilities.
	StandsFor float64 `json:"-"`
}

// EstimatedColumn is a column's labels, or the mean of its numbers.
type EstimatedColumn struct {
	Column string           `json:"column"`
	Kind   Kind             `json:"kind"`
	Labels []EstimatedShare `json:"labels"`
	Mean   *EstimatedMean   `json:"mean,omitempty"` // of integers and numbers
}

// EstimatedShare is the share of the rows with a label.
type EstimatedShare struct {
	Label string `json:"label"`
	EstimatedMean
}

// EstimatedMean is a share or a mean as labelled and as corrected, with its 95% interval.
type EstimatedMean struct {
	Labelled  Figure `json:"labelled"`
	Corrected Figure `json:"corrected"`
	Low       Figure `json:"low"`
	High      Figure `json:"high"`
}

// EstimatedCross is the share of the rows with each pair of labels of two columns.
type EstimatedCross struct {
	RowsColumn    string          `json:"rows_column"`
	ColumnsColumn string          `json:"columns_column"`
	Cells         []EstimatedCell `json:"cells"`
}

// EstimatedCell is the share of the rows with a pair of labels.
type EstimatedCell struct {
	Row    string `json:"row"`
	Column string `json:"column"`
	EstimatedMean
}

// maxEstimated is how many labels of a column, or cells of a cross table, are estimated.
const maxEstimated = 1000

// Estimate corrects shares and means by gold, a random sample of the rows. Crosses are
// pairs of columns, by the names of their columns in gold or results.
func (r *Ratings) Estimate(crosses [][2]string) *Estimate {
	e := &Estimate{Columns: []EstimatedColumn{}, Cross: []EstimatedCross{}}
	for row := range r.rows.ids {
		switch inGold, inResult := r.has[goldRater][row], r.has[resultRater][row]; {
		case inGold && inResult:
			e.Sampled++
			e.Rows++
		case inResult:
			e.Rows++
		case inGold:
			if e.Missing++; len(e.MissingIDs) < maxMissingIDs {
				e.MissingIDs = append(e.MissingIDs, r.rows.ids[row])
			}
		}
	}
	if r.drawn != nil {
		e.StandsFor = r.drawn.standsFor
	}
	for i, c := range r.columns {
		if c.kind == Text || c.isWide && c.kind != Number && c.kind != Integer {
			continue
		}
		e.Columns = append(e.Columns, r.estimateColumn(i, e.Rows))
	}
	for _, pair := range crosses {
		a, b := r.columnNamed(pair[0]), r.columnNamed(pair[1])
		if a >= 0 && b >= 0 && !r.columns[a].isWide && !r.columns[b].isWide {
			e.Cross = append(e.Cross, r.estimateCross(a, b, e.Rows))
		}
	}
	return e
}

// IsPicked reports whether the rows of gold were chosen for doubt, not drawn at random.
func (r *Ratings) IsPicked() bool { return r.isPicked && r.drawn == nil }

// HasProbabilities reports whether gold says with which probabilities its rows were drawn.
func (r *Ratings) HasProbabilities() bool { return r.drawn != nil }

func (r *Ratings) columnNamed(name string) int {
	return slices.IndexFunc(r.plans, func(p ratedPlan) bool {
		return p.name == name || p.output == name || strings.TrimPrefix(p.name, "Validated_") == name
	})
}

// strataOf groups the rows of gold that have a result by stratum and inclusion probability.
// A row counts among the sampled of its stratum if isKnown says so.
func (r *Ratings) strataOf(all int64, isKnown func(row int) bool) []stratumSample {
	places := map[rowClass]int{}
	var strata []stratumSample
	for row, has := range r.has[goldRater] {
		if !has || !r.has[resultRater][row] {
			continue
		}
		class := r.drawn.classOf(row)
		at, known := places[class]
		if !known {
			at = len(strata)
			places[class] = at
			strata = append(strata, stratumSample{})
		}
		s := &strata[at]
		s.size += class.weight
		if isKnown(row) {
			s.rows = append(s.rows, row)
		}
	}
	if !r.drawn.differ() && len(strata) == 1 {
		strata[0].size = float64(all)
	}
	return strata
}

// estimateShare corrects the share of the rows that have something, such as a label:
// labelled is the share of the results, hasIt tells of the sampled rows.
func estimateShare(labelled float64, strata []stratumSample, hasIt func(rater, row int) bool) EstimatedMean {
	none := Figure(math.NaN())
	if countSampled(strata) == 0 {
		return EstimatedMean{Figure(labelled), none, none, none}
	}
	corrected, low, high := shareInterval(labelled, strata, func(row int) float64 {
		switch inGold, inResult := hasIt(goldRater, row), hasIt(resultRater, row); {
		case inGold && !inResult:
			return 1
		case inResult && !inGold:
			return -1
		}
		return 0
	})
	within := func(share float64) Figure { return Figure(min(1, max(0, share))) }
	return EstimatedMean{Figure(labelled), within(corrected), within(low), within(high)}
}

func countSampled(strata []stratumSample) (rows int64) {
	for _, s := range strata {
		rows += int64(len(s.rows))
	}
	return rows
}

// labelsOf are the labels that a value of a column stands for, by code.
func (c *ratedColumn) labelsOf(code int32) []int32 {
	switch {
	case code < 0:
		return nil
	case c.kind == Labels:
		return c.sets[code]
	}
	return []int32{code}
}

// labelNames are the labels that raters use, by code, in their order.
func (c *ratedColumn) labelNames() (codes []int32, names []string) {
	names = c.texts
	if c.kind == Labels {
		names = c.labels
	}
	used := make([]bool, len(names))
	for _, rater := range c.codes {
		for _, code := range rater {
			for _, label := range c.labelsOf(code) {
				used[label] = true
			}
		}
	}
	for code, is := range used {
		if is && (c.kind == Labels || code != emptyCode) {
			codes = append(codes, int32(code))
		}
	}
	slices.SortStableFunc(codes, func(a, b int32) int { return c.compareTexts(names[a], names[b]) })
	return codes, names
}

func (r *Ratings) estimateColumn(i int, all int64) EstimatedColumn {
	c := r.columns[i]
	strata := r.strataOf(all, func(row int) bool { return !c.isEmpty(goldRater, row) })
	e := EstimatedColumn{Column: r.plans[i].name, Kind: c.kind, Labels: []EstimatedShare{}}
	if c.kind == Integer || c.kind == Number {
		e.Mean = r.estimateMean(c, strata)
	}
	if c.isWide {
		return e
	}
	codes, names := c.labelNames()
	if len(codes) > maxEstimated {
		return e
	}
	rows := make([]int64, len(names)) // of the results, by label
	for _, code := range c.codes[resultRater] {
		for _, label := range c.labelsOf(code) {
			rows[label]++
		}
	}
	for _, label := range codes {
		e.Labels = append(e.Labels, EstimatedShare{names[label], estimateShare(float64(rows[label])/float64(all), strata, func(rater, row int) bool {
			return slices.Contains(c.labelsOf(c.codes[rater][row]), label)
		})})
	}
	return e
}

// estimateMean corrects the mean of the rows that have a number. Of which rows people say
// that there is one may differ from the results, so it is a ratio of two totals, and its
// variance that of the linearised ratio: Särndal, Swensson and Wretman (1992), section 5.6.
func (r *Ratings) estimateMean(c *ratedColumn, strata []stratumSample) *EstimatedMean {
	totals := func(rater, row int) (number, count float64) {
		if v := c.number(rater, row); !math.IsNaN(v) {
			return v, 1
		}
		return 0, 0
	}
	var sum, count, rows float64
	for row, has := range r.has[resultRater] {
		if has {
			v, n := totals(resultRater, row)
			sum, count, rows = sum+v, count+n, rows+1
		}
	}
	difference := func(of func(number, count float64) float64) (mean, variance float64) {
		return meanOfDifferences(strata, func(row int) float64 {
			return of(totals(goldRater, row)) - of(totals(resultRater, row))
		})
	}
	moreSum, _ := difference(func(number, _ float64) float64 { return number })
	moreCount, _ := difference(func(_, count float64) float64 { return count })
	counted := count/rows + moreCount
	corrected := (sum/rows + moreSum) / counted
	_, variance := difference(func(number, count float64) float64 { return (number - corrected*count) / counted })
	half := normal95 * math.Sqrt(variance)
	if countSampled(strata) == 0 {
		corrected, half = math.NaN(), math.NaN()
	}
	return &EstimatedMean{Figure(sum / count), Figure(corrected), Figure(corrected - half), Figure(corrected + half)}
}

func (r *Ratings) estimateCross(a, b int, all int64) EstimatedCross {
	x, y := r.columns[a], r.columns[b]
	cross := EstimatedCross{RowsColumn: r.plans[a].name, ColumnsColumn: r.plans[b].name, Cells: []EstimatedCell{}}
	strata := r.strataOf(all, func(row int) bool { return !x.isEmpty(goldRater, row) && !y.isEmpty(goldRater, row) })
	xs, xNames := x.labelNames()
	ys, yNames := y.labelNames()
	if len(xs)*len(ys) > maxEstimated {
		return cross
	}
	rows := map[[2]int32]int64{} // of the results, by labels
	for _, cell := range countPairCells(x.codes[resultRater], y.codes[resultRater], nil) {
		for _, i := range x.labelsOf(cell.gold) {
			for _, k := range y.labelsOf(cell.label) {
				rows[[2]int32{i, k}] += cell.rows
			}
		}
	}
	for _, i := range xs {
		for _, k := range ys {
			labelled := float64(rows[[2]int32{i, k}]) / float64(all)
			cross.Cells = append(cross.Cells, EstimatedCell{xNames[i], yNames[k], estimateShare(labelled, strata, func(rater, row int) bool {
				return slices.Contains(x.labelsOf(x.codes[rater][row]), i) && slices.Contains(y.labelsOf(y.codes[rater][row]), k)
			})})
		}
	}
	slices.SortStableFunc(cross.Cells, func(a, b EstimatedCell) int {
		return cmp.Or(x.compareTexts(a.Row, b.Row), y.compareTexts(a.Column, b.Column))
	})
	return cross
}
