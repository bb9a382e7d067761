package stats

import (
	"slices"
)

// CrossTable is how many rows have each pair of values of two columns. A row with several
// labels counts once for each of them, so that counts may add up to more than the rows are.
// A table of such a column with itself is how often labels occur together. If there are too
// many values, the last one, with an empty name, stands for the others.
type CrossTable struct {
	Rows        string      `json:"rows_column"`
	Columns     string      `json:"columns_column"`
	RowAxis     []string    `json:"row_values"`    // by class, then count, then name; scales in their order
	ColAxis     []string    `json:"column_values"` // the same
	Counts      [][]int64   `json:"counts"`        // row values × column values; all are empty if a column is free text
	RowTotals   []int64     `json:"row_rows"`      // rows with each row value and any value of the other column
	RowShares   [][]float64 `json:"row_shares"`    // row values × column values: counts as shares of these rows
	PairedRows  int64       `json:"rows"`          // rows with a value in both columns, of those counted separately
	MissingRows int64       `json:"missing"`       // rows without a value in one of the columns
	OtherRows   int64       `json:"rest"`          // rows with values that are not counted separately
}

const (
	maxPairs      = 1 << 16 // counted separately
	maxAxisValues = 40      // values of a column in a CrossTable
)

// crossCounter counts pairs of cells.
type crossCounter struct {
	a, b                   *column
	counts                 map[tallyPair]int64
	otherRows, missingRows int64
}

type tallyPair struct{ a, b *tally }

// countPair counts n rows with a pair of cells; nil is a value not counted separately.
func (c *crossCounter) countPair(a, b *tally, n int64) {
	switch {
	case a == nil || b == nil:
		c.otherRows += n
		return
	case a.text == "" || b.text == "":
		c.missingRows += n
		return
	}
	pair := tallyPair{a, b}
	if _, known := c.counts[pair]; !known && len(c.counts) >= maxPairs {
		c.otherRows += n
		return
	}
	c.counts[pair] += n
}

func (c *crossCounter) summarize() CrossTable {
	out := CrossTable{
		Rows: c.a.name, Columns: c.b.name, RowAxis: []string{}, ColAxis: []string{}, Counts: [][]int64{}, RowTotals: []int64{}, RowShares: [][]float64{},
		MissingRows: c.missingRows, OtherRows: c.otherRows,
	}
	if c.a.isUncounted() || c.b.isUncounted() {
		out.OtherRows += c.missingRows
		for _, n := range c.counts {
			out.OtherRows += n
		}
		out.MissingRows = 0
		return out
	}
	rows, columns := newAxis(c.a), newAxis(c.b)
	out.RowAxis, out.ColAxis, out.RowTotals = rows.names, columns.names, make([]int64, len(rows.names))
	for range rows.names {
		out.Counts, out.RowShares = append(out.Counts, make([]int64, len(columns.names))), append(out.RowShares, make([]float64, len(columns.names)))
	}
	for pair, n := range c.counts {
		inRows, inColumns := rows.placesOf(pair.a), columns.placesOf(pair.b)
		if len(inRows) == 0 || len(inColumns) == 0 {
			out.MissingRows += n
			continue
		}
		out.PairedRows += n
		for _, i := range inRows {
			out.RowTotals[i] += n
			for _, k := range inColumns {
				out.Counts[i][k] += n
			}
		}
	}
	for i, line := range out.Counts {
		for k, n := range line {
			out.RowShares[i][k] = shareOf(n, out.RowTotals[i])
		}
	}
	return out
}

// isUncounted reports whether the values of a column were not counted separately: free text, or
// more numbers than that.
func (c *column) isUncounted() bool { return c.isText() || c.manyNumbers != nil }

// axis is the values of a column in a CrossTable.
type axis struct {
	names   []string
	several bool             // cells hold several labels
	places  map[string]int   // of the names
	ofTally map[*tally][]int // places of a cell's values
}

func newAxis(c *column) *axis {
	summary := c.summarize()
	a := &axis{names: []string{}, several: summary.Kind == Labels, places: map[string]int{}, ofTally: map[*tally][]int{}}
	for _, v := range summary.Values {
		if len(a.names) == maxAxisValues-1 && len(summary.Values) > maxAxisValues {
			a.names = append(a.names, "")
			break
		}
		a.places[v.Value] = len(a.names)
		a.names = append(a.names, v.Value)
	}
	return a
}

// placesOf returns the places of a cell's values on the axis, each once: none if the cell has
// no label. Those that have no place of their own share the last.
func (a *axis) placesOf(t *tally) []int {
	places, known := a.ofTally[t]
	if known {
		return places
	}
	values := []string{t.text}
	if a.several {
		values = splitLabels(t.text)
	}
	for _, v := range values {
		at, ok := a.places[v]
		if !ok {
			at = len(a.names) - 1
		}
		if !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	a.ofTally[t] = places
	return places
}

// SingleLabelCrosses names the columns that are crossed with themselves though their rows have
// one value each: nothing can be told of them.
func (r *Result) SingleLabelCrosses() (columns []string) {
	for i := range r.CrossTables {
		x := &r.CrossTables[i]
		at := slices.IndexFunc(r.Columns, func(c Column) bool { return c.Name == x.Rows })
		if x.Rows == x.Columns && at >= 0 && r.Columns[at].Kind != Labels && r.Columns[at].Rows > 0 {
			columns = append(columns, x.Rows)
		}
	}
	return columns
}
