package stats

// CrossTable is how many rows have each pair of values of two columns. If there are
// too many values, the last one, with an empty name, stands for the others.
type CrossTable struct {
	Rows        string    `json:"rows_column"`
	Columns     string    `json:"columns_column"`
	RowAxis     []string  `json:"row_values"`    // by class, then count, then name
	ColAxis     []string  `json:"column_values"` // the same
	Counts      [][]int64 `json:"counts"`        // row values × column values; all three are empty if a column is free text
	MissingRows int64     `json:"missing"`       // rows without a value in one of the columns
	OtherRows   int64     `json:"rest"`          // rows with values that are not counted separately
}

const (
	maxPairs      = 1 << 16 // counted separately
	maxAxisValues = 40      // values of a column in a CrossTable
)

// crossCounter counts pairs of values.
type crossCounter struct {
	a, b                   *column
	counts                 map[tallyPair]int64
	otherRows, missingRows int64
}

type tallyPair struct{ a, b *tally }

// countPair counts n rows with a pair of values; nil is a value not counted separately.
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
	out := CrossTable{Rows: c.a.name, Columns: c.b.name, RowAxis: []string{}, ColAxis: []string{}, Counts: [][]int64{}, MissingRows: c.missingRows, OtherRows: c.otherRows}
	if c.a.isText() || c.b.isText() {
		out.OtherRows += c.missingRows
		for _, n := range c.counts {
			out.OtherRows += n
		}
		out.MissingRows = 0
		return out
	}
	rows, rowAt := axisValues(c.a)
	cols, colAt := axisValues(c.b)
	out.RowAxis, out.ColAxis, out.Counts = rows, cols, make([][]int64, len(rows))
	for i := range out.Counts {
		out.Counts[i] = make([]int64, len(cols))
	}
	for pair, n := range c.counts {
		out.Counts[axisIndex(rowAt, pair.a, len(rows))][axisIndex(colAt, pair.b, len(cols))] += n
	}
	return out
}

// axisValues returns the values of a column in a CrossTable and their indexes.
func axisValues(c *column) (names []string, places map[string]int) {
	names, places = []string{}, map[string]int{}
	values := c.summarize().Values
	for _, v := range values {
		if len(names) == maxAxisValues-1 && len(values) > maxAxisValues {
			names = append(names, "")
			break
		}
		places[v.Value] = len(names)
		names = append(names, v.Value)
	}
	return names, places
}

func axisIndex(places map[string]int, t *tally, values int) int {
	if i, ok := places[t.text]; ok {
		return i
	}
	return values - 1
}
