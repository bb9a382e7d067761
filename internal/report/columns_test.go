package report

import (
	"strings"
	"testing"

	"prism/internal/stats"
)

func TestNumbersInEveryForm(t *testing.T) {
	c := stats.Column{Name: "Score", Kind: stats.Number, Rows: 110, MissingRows: 10, Distinct: 95, Numbers: &stats.Numbers{
		Count: 100, Mean: 4.25, Min: 0, P25: 2.5, Median: 4, P75: 7.5, Max: 10, Histogram: []stats.NumberBin{{From: 0, To: 5, Rows: 75}, {From: 5, To: 10, Rows: 25}},
	}}
	r := &stats.Result{Files: []stats.File{{Name: "r.csv", Rows: 110}}, Rows: 110, Columns: []stats.Column{c}}
	checkForms(t, r, &PageData{}, []formCase{
		{"figures", "text", "Score: 95 different values, mean 4.25, median 4 (quartiles 2.5 and 7.5),\n  0 to 10, 10 missing"},
		{"figures", "CSV", "number_count|Score|100||\nnumber_mean|Score|4.25||\nnumber_min|Score|0||\nnumber_p25|Score|2.5||\nnumber_median|Score|4||\nnumber_p75|Score|7.5||\nnumber_max|Score|10||"},
		{"bins", "Markdown", "| from, to | rows | share |\n| --- | ---: | ---: |\n| 0 to 5 | 75 | 75.0% |\n| 5 to 10 | 25 | 25.0% |"},
		{"bins", "CSV", "histogram|Score|0 to 5|75|0.750000\nhistogram|Score|5 to 10|25|0.250000"},
		{"bins", "page", "rows by their number, in 2 bins of 5 each"},
		{"the median is where it belongs", "page", `<line class="quantile" x1="240" x2="240"`},
		{"the median", "page", "<li>median 4</li>"},
		{"a bar as high as its share of the highest", "page", `<rect x="312" y="80" width="276" height="40"/>`},
	})
	bars := []int{}
	for line := range strings.Lines(string(Text(r))) {
		if strings.Contains(line, " to 5 ") || strings.Contains(line, " to 10 ") {
			bars = append(bars, strings.Count(line, "█"))
		}
	}
	if len(bars) != 2 || bars[0] < 30 || bars[1] != bars[0]/3 {
		t.Errorf("bars of %v cells, want the second a third of the first", bars)
	}
}

// Numbers of a scale are listed one by one; more of them than are counted separately only have
// a histogram.
func TestNumbersOfAScale(t *testing.T) {
	numbers := &stats.Numbers{Count: 3, Histogram: []stats.NumberBin{{From: 1, To: 3, Rows: 3}}}
	r := &stats.Result{Columns: []stats.Column{
		{Name: "Severity", Kind: stats.Integer, Rows: 3, Distinct: 2, Numbers: numbers, Values: []stats.ValueCount{{Value: "1", Count: 1}, {Value: "3", Count: 2}}},
		{Name: "Price", Kind: stats.Number, Rows: 3, Distinct: 10_000, Overflow: true, Numbers: numbers},
	}}
	checkForms(t, r, &PageData{}, []formCase{
		{"a scale", "Markdown", "| label | rows | share |\n| --- | ---: | ---: |\n| 1 | 1 | 33.3% |\n| 3 | 2 | 66.7% |"},
		{"too many to count", "Markdown", "more than 10,000 different values, mean 0, median 0 (quartiles 0 and 0), 0 to 0.\n\n| from, to | rows | share |"},
	})
}

// crossResult has a cross table of some columns: one line is without rows, the cells of another
// grow from left to right.
func crossResult(columns int) *stats.Result {
	c := stats.CrossTable{Rows: "Topic", Columns: "Region", RowAxis: []string{"Billing", "Product", ""}, RowTotals: []int64{0, 500, 0}, MissingRows: 2, OtherRows: 3}
	c.Counts = [][]int64{make([]int64, columns), make([]int64, columns), make([]int64, columns)}
	c.RowShares = [][]float64{make([]float64, columns), make([]float64, columns), make([]float64, columns)}
	c.Counts[1][0], c.RowShares[1][0] = 500, 1
	for k := range columns {
		c.ColAxis = append(c.ColAxis, "region "+string(rune('A'+k)))
		c.Counts[0][k] = int64(500 * k)
		c.RowTotals[0] += c.Counts[0][k]
	}
	for k := range columns {
		c.RowShares[0][k] = float64(c.Counts[0][k]) / float64(c.RowTotals[0])
	}
	c.PairedRows = c.RowTotals[0] + 500
	return &stats.Result{CrossTables: []stats.CrossTable{c}}
}

func TestCrossTableInEveryForm(t *testing.T) {
	checkForms(t, crossResult(3), &PageData{}, []formCase{
		{"cells", "text", "Topic by Region\n             rows    region A   region B     region C\n  Billing   1,500           0  500 (33%)  1,000 (67%)\n  Product     500  500 (100%)          0            0\n  (others)      0           0          0            0"},
		{"cells", "Markdown", "| Topic | rows | region A | region B | region C |\n| --- | ---: | ---: | ---: | ---: |\n| Billing | 1,500 | 0 | 500 (33%) | 1,000 (67%) |"},
		{"what is not in it", "Markdown", "2 rows without a value in one of the two, 3 rows with values that are not counted separately."},
		{"shares of all", "CSV", "cross|Topic=Billing|Region=region B|500|0.250000"},
		{"shares of a line", "CSV", "cross_row|Topic=Billing|Region=region B|500|0.333333"},
		{"other values", "CSV", "cross|Topic=(others)|Region=region A|0|0.000000"},
		{"a cell is the darker the greater its share is", "page", `<td class="h0">0%<small>0</small></td><td class="h2">33%<small>500</small></td><td class="h4">67%<small>1,000</small></td>`},
		{"no share of no rows", "page", `<th scope="row">(others)</th><td>0</td><td class="h0"><small>0</small></td>`},
	})
}

// A table too wide for the terminal has fewer columns, and says how many it lacks.
func TestWideCrossTable(t *testing.T) {
	checkForms(t, crossResult(20), &PageData{}, []formCase{
		{"text", "text", "  15 more columns, 2 rows without a value in one of the two, 3 rows with values that are not counted separately"},
		{"the last column", "CSV", "cross|Topic=Billing|Region=region T|9500|0.099476"},
	})
	for line := range strings.Lines(string(Text(crossResult(20)))) {
		if strings.Contains(line, "Billing") && len(strings.TrimSuffix(line, "\n")) > textWidth {
			t.Errorf("%d cells: %q", len(line), line)
		}
	}
}

func TestCrossTableOfFreeText(t *testing.T) {
	r := &stats.Result{CrossTables: []stats.CrossTable{{Rows: "Topic", Columns: "Order", OtherRows: 5}}}
	checkForms(t, r, &PageData{}, []formCase{
		{"text", "text", "Topic by Order\n  one of the two is free text: not tabulated"},
		{"Markdown", "Markdown", "## Topic by Order\n\none of the two is free text: not tabulated."},
		{"page", "page", `<h2>Topic by Order</h2><p class="soft">one of the two is free text: not tabulated</p>`},
	})
}
