package report

import (
	"fmt"
	"testing"

	"prism/internal/stats"
)

func TestEstimateInEveryForm(t *testing.T) {
	r := &stats.Result{Estimate: &stats.Estimate{Rows: 5000, Sampled: 200,
		Columns: []stats.EstimatedColumn{
			{Column: "Topic", Kind: stats.Label, Labels: []stats.EstimatedShare{
				{Label: "Billing", EstimatedMean: stats.EstimatedMean{Labelled: 0.3, Corrected: 0.25, Low: 0.2, High: 0.4}},
				{Label: "Product", EstimatedMean: stats.EstimatedMean{Labelled: 0.1, Corrected: undefined(), Low: undefined(), High: undefined()}},
			}},
			{Column: "Severity", Kind: stats.Integer, Mean: &stats.EstimatedMean{Labelled: 2.5, Corrected: 2.75, Low: 2.25, High: 3.25}},
		},
		Cross: []stats.EstimatedCross{{RowsColumn: "Topic", ColumnsColumn: "Region", Cells: []stats.EstimatedCell{
			{Row: "Billing", Column: "", EstimatedMean: stats.EstimatedMean{Labelled: 0.01, Corrected: 0.02, Low: 0, High: 0.04}},
		}}},
	}}
	checkForms(t, r, &PageData{}, []formCase{
		{"rows", "text", "Estimate: 5,000 rows, corrected by 200 that people labelled"},
		{"rows", "Markdown", "5,000 rows, corrected by 200 that people labelled."},
		{"rows", "page", "Shares of all 5,000 rows: as they were labelled, and corrected by what 200 rows that people labelled show to be wrong."},
		{"shares", "text", "Topic\n           labelled  corrected  95%\n  Billing     30.0%      25.0%  20.0% to 40.0%\n  Product     10.0%          -"},
		{"shares", "Markdown", "### Topic\n\n| | labelled | corrected | 95% |\n| --- | ---: | ---: | --- |\n| Billing | 30.0% | 25.0% | 20.0% to 40.0% |\n| Product | 10.0% | - |  |"},
		{"shares", "CSV", "estimate_labelled|Topic=Billing|0.3||\nestimate_corrected|Topic=Billing|0.25||\nestimate_low|Topic=Billing|0.2||\nestimate_high|Topic=Billing|0.4||"},
		{"an undefined share", "CSV", "estimate_corrected|Topic=Product|||"},
		{"a mean is no share", "Markdown", "| mean | 2.50 | 2.75 | 2.25 to 3.25 |"},
		{"a mean is no share", "CSV", "estimate_mean_corrected|Severity|2.75||"},
		{"cells of a cross table", "Markdown", "### Topic and Region\n\n| | labelled | corrected | 95% |\n| --- | ---: | ---: | --- |\n| Billing, (empty) | 1.0% | 2.0% | 0.0% to 4.0% |"},
		{"cells of a cross table", "CSV", "estimate_cross_corrected|Topic=Billing Region=|0.02||"},
		{"the scale has room for every share", "page", `<h3>Topic</h3><p class="soft">scale from 0 to 50%</p>`},
		{"where the shares are on the scale", "page", `<rect class="span" x="40" y="3" width="40" height="8"/><rect class="at" x="50" y="1" width="0.8" height="12"/><rect class="before" x="60"`},
		{"a scale of small shares", "page", `<h3>Topic and Region</h3><p class="soft">scale from 0 to 5%</p>`},
		{"a mean has no scale", "page", "<h3>Severity</h3>\n"},
	})
}

// Shares of many single numbers tell nothing: of these the page has the mean alone.
func TestEstimateOfManyNumbers(t *testing.T) {
	labels := func(n int) (shares []stats.EstimatedShare) {
		for i := range n {
			shares = append(shares, stats.EstimatedShare{Label: fmt.Sprintf("value %d", i), EstimatedMean: stats.EstimatedMean{Labelled: 0.6, Corrected: 0.6, Low: 0.5, High: 0.7}})
		}
		return shares
	}
	r := &stats.Result{Estimate: &stats.Estimate{Columns: []stats.EstimatedColumn{
		{Column: "Score", Kind: stats.Number, Labels: labels(stats.MaxScale + 1), Mean: &stats.EstimatedMean{Labelled: 1, Corrected: 2, Low: 1, High: 3}},
		{Column: "Topic", Kind: stats.Label, Labels: labels(100)},
	}}}
	checkForms(t, r, &PageData{}, []formCase{
		{"the mean alone", "page", "<tbody>\n" + `<tr><th scope="row">mean</th><td class="number">1.00</td><td class="number">2.00</td>`},
		{"labels beyond the page", "page", "… and 40 more lines: --format csv has all"},
		{"labels beyond the Markdown", "Markdown", "… and 50 more labels; --format csv has all."},
		{"labels beyond the text", "text", "  … and 70 more labels"},
		{"all", "CSV", "estimate_high|Topic=value 99|0.7||"},
	})
}
