package report

import (
	"fmt"
	"strings"
	"testing"

	"prism/internal/stats"
)

func comparedResult() *stats.Result {
	return &stats.Result{Compare: &stats.Comparison{Files: []string{"a.csv", "b.csv"}, Rows: 1000, Columns: []stats.ComparedColumn{
		{Column: "Topic", Kind: stats.Label, Alpha: 0.75, Pairs: []stats.ComparedPair{{
			A: "a.csv", B: "b.csv", Rows: 990, Agreement: 0.9, Kappa: 0.8, Moved: []stats.Moved{{From: "Billing", To: "", Count: 1200}, {From: "Product", To: "Billing", Count: 3}},
			AccuracyDifference: 0.0125, Low: -0.01, High: 0.035, McNemarP: 0.0004,
		}}},
		{Column: "Severity", Kind: stats.Integer, Alpha: 0.5, Pairs: []stats.ComparedPair{{
			A: "a.csv", B: "b.csv", Rows: 10, Agreement: 1, Kappa: undefined(), AccuracyDifference: -0.05, Low: undefined(), High: undefined(), McNemarP: 0.25,
		}}},
		{Column: "Score", Kind: stats.Number, Alpha: undefined(), Pairs: []stats.ComparedPair{{
			A: "a.csv", B: "b.csv", Rows: 1, Agreement: 1, Kappa: undefined(), AccuracyDifference: undefined(), Low: undefined(), High: undefined(), McNemarP: undefined(),
		}}},
		{Column: "Order", Kind: stats.Text, Alpha: undefined()},
	}}}
}

func TestComparisonInEveryForm(t *testing.T) {
	checkForms(t, comparedResult(), &PageData{}, []formCase{
		{"files", "text", "Compared: 2 files, 1,000 rows"},
		{"alpha of labels", "text", "Topic: alpha 0.75 (nominal)"},
		{"alpha of integers", "text", "Severity: alpha 0.50 (ordinal)"},
		{"an undefined alpha of numbers", "text", "Score: alpha - (interval)\n  a.csv and b.csv: 100.0% of 1 row agree"},
		{"no alpha of texts", "text", "Order: free text"},
		{"agreement and kappa", "text", "  a.csv and b.csv: 90.0% of 990 rows agree, kappa 0.80"},
		{"accuracy", "text", "    accuracy of the second: +1.2 points, -1.0 to +3.5 (95%), McNemar p < 0.001"},
		{"accuracy without an interval", "text", "    accuracy of the second: -5.0 points, McNemar p 0.250"},
		{"what moved", "text", "    from     to        rows\n    Billing  (empty)  1,200\n    Product  Billing      3"},
		{"a pair", "Markdown", "| Topic | 0.75 | a.csv | b.csv | 990 | 90.0% | 0.80 | +1.2 points, -1.0 to +3.5 (95%), McNemar p \\< 0.001 |"},
		{"no accuracy", "Markdown", "| Score | - | a.csv | b.csv | 1 | 100.0% | - |  |"},
		{"alpha", "CSV", "compare|Topic alpha|0.75||"},
		{"a pair", "CSV", "compare|Topic a.csv b.csv agreement|0.9|990|\ncompare|Topic a.csv b.csv kappa|0.8|990|\ncompare|Topic a.csv b.csv accuracy_difference|0.0125|990|\n" +
			"compare|Topic a.csv b.csv low|-0.01|990|\ncompare|Topic a.csv b.csv high|0.035|990|\ncompare|Topic a.csv b.csv mcnemar_p|0.0004|990|"},
		{"what moved", "CSV", "compare_moved|Topic a.csv b.csv=Billing||1200|"},
		{"title", "page", "<h1>Comparison</h1>"},
		{"a pair", "page", `<th scope="row">Topic</th><td>a.csv and b.csv</td><td class="number">990</td><td class="number">0.75</td><td class="number">90.0%</td>`},
		{"no accuracy", "page", `<th scope="row">Score</th><td>a.csv and b.csv</td><td class="number">1</td><td class="number">-</td><td class="number">100.0%</td><td class="number">-</td><td class="number">-</td>`},
		{"what moved", "page", `Topic: from a.csv to b.csv</h3>`},
		{"what moved", "page", `<th scope="row">Billing</th><td>(empty)</td><td class="number">1,200</td>`},
	})
}

// The page of a comparison does not say that nothing tells how right the labels are.
func TestPageAsksForGold(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *stats.Result
		want bool
	}{
		{"labels", &stats.Result{}, true},
		{"a comparison", comparedResult(), false},
		{"gold", goldResult(), false},
	} {
		c.r.Columns = []stats.Column{{Name: "Topic", Kind: stats.Label}}
		page, err := HTML(c.r, &PageData{Commands: PageCommands{Sample: "draw a sample"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(page), "<code>draw a sample</code>"); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMovedLabelsAreBounded(t *testing.T) {
	r := comparedResult()
	p := &r.Compare.Columns[0].Pairs[0]
	p.Moved = nil
	for i := range 100 {
		p.Moved = append(p.Moved, stats.Moved{From: fmt.Sprintf("label %02d", i), To: "other", Count: 1})
	}
	checkForms(t, r, &PageData{}, []formCase{
		{"text", "text", "    label 07  other     1\n    … and 92 more pairs"},
		{"page", "page", "… and 92 more pairs"},
		{"all", "CSV", "compare_moved|Topic a.csv b.csv=label 99|other|1|"},
	})
}
