package report

import (
	"fmt"
	"strings"
	"testing"

	"prism/internal/stats"
)

// goldResult has gold of every kind of column. One confidence in ten of the first is missing.
func goldResult() *stats.Result {
	return &stats.Result{Gold: &stats.Gold{Rows: 1200, Missing: 3, Weighted: true, Columns: []stats.GoldColumn{
		{
			Column: "Topic", Output: "Validated_Topic", Kind: stats.Label, Rows: 1000, Accuracy: 0.925, AccuracyLow: 0.9, AccuracyHigh: 0.95,
			MacroF1: 0.88, Kappa: 0.81, KappaLow: 0.75, KappaHigh: undefined(),
			Labels:    []stats.LabelFigures{{Label: "Billing", Precision: 0.9, Recall: 0.8, F1: 0.85, Support: 600}, {Label: "", Precision: undefined(), Recall: 0, F1: undefined(), Support: 2}},
			Confusion: []stats.Confusion{{Gold: "Billing", Label: "Billing", Count: 900}, {Gold: "Billing", Label: "Product", Count: 5}, {Gold: "Product", Label: "", Count: 70}},
			Reliability: &stats.Reliability{
				Bins:  []stats.ReliabilityBin{{From: 0.8, To: 0.9, Confidence: undefined(), Accuracy: undefined()}, {From: 0.9, To: 1, Rows: 900, Confidence: 0.97, Accuracy: 0.95}},
				Brier: 0.0456, ECE: 0.02, AUROC: undefined(), Target: 0.95, Threshold: 0.9125, Above: 0.6,
			},
		},
		{Column: "Severity", Output: "Severity", Kind: stats.Integer, Rows: 10, Accuracy: 0.5, AccuracyLow: undefined(), AccuracyHigh: undefined(), MacroF1: 0.4,
			Kappa: 0.3, KappaLow: 0.1, KappaHigh: 0.5, NumberFigures: &stats.NumberFigures{MAE: 0.75, Spearman: -0.25, KappaQuadratic: 0.625}},
		{Column: "Areas", Output: "Areas", Kind: stats.Labels, Rows: 10, Accuracy: 0.5, AccuracyLow: 0.2, AccuracyHigh: 0.8, MacroF1: 0.6,
			Kappa: undefined(), KappaLow: undefined(), KappaHigh: undefined(),
			SetFigures: &stats.SetFigures{Exact: 0.5, Jaccard: 0.7, MicroF1: 0.65}},
		{Column: "Order", Output: "Order", Kind: stats.Text, Rows: 0, Accuracy: undefined(), AccuracyLow: undefined(), AccuracyHigh: undefined()},
	}}}
}

func TestGoldInEveryForm(t *testing.T) {
	checkForms(t, goldResult(), &PageData{}, []formCase{
		{"rows", "text", "Gold: 1,200 rows, 3 of them without a result, weighted by how likely each was to be drawn"},
		{"rows", "Markdown", "1,200 rows, 3 of them without a result, weighted by how likely each was to be drawn."},
		{"rows", "CSV", "gold|rows||1200|\ngold|missing||3|"},
		{"rows", "page", "Compared with 1,200 rows that people labelled, 3 of them without a result; each counts by how likely it was to be drawn."},
		{"a column of another name", "text", "Topic (Validated_Topic): 1,000 rows compared"},
		{"a column of the same name", "text", "Severity: 10 rows compared"},
		{"accuracy with its interval", "text", "  accuracy  92.5%  90.0% to 95.0% (95%)"},
		{"accuracy with its interval", "Markdown", "| accuracy | 92.5% | 90.0% to 95.0% |"},
		{"accuracy", "CSV", "gold|Topic accuracy|0.925||"},
		{"accuracy with its interval", "page", "Right in 92.5% of the 1,000 rows that people labelled; of all rows probably 90.0% to 95.0%."},
		{"accuracy at the top of the page", "page", `<li><b>92.5%</b><span>right: Topic</span><span class="soft">90.0% to 95.0%</span></li>`},
		{"accuracy without an interval", "page", "Right in 50.0% of the 10 rows that people labelled."},
		{"nothing to compare", "page", "No row that people labelled has a result."},
		{"half an interval is none", "Markdown", "| kappa | 0.81 |  |"},
		{"an undefined figure", "CSV", "gold|Topic kappa_high|||"},
		{"numbers", "Markdown", "| quadratic kappa | 0.62 |  |\n| Spearman | -0.25 |  |\n| mean error | 0.75 |  |"},
		{"numbers", "CSV", "gold|Severity mae|0.75||\ngold|Severity spearman|-0.25||\ngold|Severity kappa_quadratic|0.625||"},
		{"several labels", "Markdown", "| kappa | - |  |\n| macro-F1 | 0.60 |  |\n| Jaccard | 0.70 |  |\n| micro-F1 | 0.65 |  |"},
		{"several labels", "CSV", "gold|Areas exact|0.5||\ngold|Areas jaccard|0.7||\ngold|Areas micro_f1|0.65||"},
		{"text has an accuracy alone", "Markdown", "### Order\n\n| | | 95% |\n| --- | ---: | --- |\n| rows | 0 |  |\n| accuracy | - |  |"},
		{"labels", "text", "  label    precision  recall    F1  in gold\n  Billing       0.90    0.80  0.85      600\n  (empty)          -    0.00     -        2"},
		{"labels", "Markdown", "| Billing | 0.90 | 0.80 | 0.85 | 600 |\n| (empty) | - | 0.00 | - | 2 |"},
		{"labels", "CSV", "gold_precision|Topic=Billing|0.9|600|\ngold_recall|Topic=Billing|0.8|600|\ngold_f1|Topic=Billing|0.85|600|"},
		{"the most frequent confusion first", "text", "  gold     labelled  rows\n  Product  (empty)     70\n  Billing  Product      5"},
		{"the whole matrix", "CSV", "gold_confusion|Topic=Billing|Billing|900|\ngold_confusion|Topic=Billing|Product|5|\ngold_confusion|Topic=Product||70|"},
		{"the most frequent confusion first", "page", `<th scope="row">Product</th><td>(empty)</td><td class="number">70</td></tr>` + "\n" + `<tr><th scope="row">Billing</th><td>Product</td>`},
	})
}

func TestConfidencesInEveryForm(t *testing.T) {
	checkForms(t, goldResult(), &PageData{}, []formCase{
		{"bins that have rows", "text", "  confidence  rows  mean  accuracy\n  0.9 to 1     900  0.97     95.0%\n  Brier score   0.046  0 is best"},
		{"bins that have rows", "Markdown", "| confidence | rows | mean | accuracy |\n| --- | ---: | ---: | ---: |\n| 0.9 to 1 | 900 | 0.97 | 95.0% |\n"},
		{"every bin", "CSV", "gold_bin_confidence|Topic=0.8 to 0.9||0|\ngold_bin_accuracy|Topic=0.8 to 0.9||0|\ngold_bin_confidence|Topic=0.9 to 1|0.97|900|"},
		{"undefined figure", "Markdown", "| AUROC | - | 1 is best, 0.5 is chance |"},
		{"threshold", "Markdown", "| threshold | 0.9125 | for 95% accuracy; 60.0% of the rows reach it |"},
		{"threshold", "CSV", "gold|Topic target|0.95||\ngold|Topic threshold|0.9125||\ngold|Topic above|0.6||"},
		{"rows without a confidence", "text", "  100 rows without a confidence left out"},
		{"rows without a confidence", "Markdown", "100 rows without a confidence left out."},
		{"rows without a confidence", "page", `<p class="soft">100 rows without a confidence left out</p>`},
		{"a bin on the page", "page", `<th scope="row">0.9 to 1</th><td class="number">900</td><td class="number">0.97</td><td class="number">95.0%</td>`},
		{"the bar ends at the accuracy, with a mark at the confidence", "page", `x="0" y="3" width="95" height="8"/><rect class="at" x="95" y="1" width="0.8" height="12"/><rect class="before" x="97"`},
	})
}

func TestThresholdOfConfidences(t *testing.T) {
	for _, c := range []struct {
		name              string
		target, threshold stats.Figure
		want              string // empty: no line
	}{
		{"no target", undefined(), undefined(), ""},
		{"no confidence is enough", 0.999, undefined(), "| threshold | - | no confidence guarantees 99.9% accuracy |"},
		{"one is", 0.9, 0.5, "| threshold | 0.5 | for 90% accuracy; 60.0% of the rows reach it |"},
	} {
		r := goldResult()
		r.Gold.Columns[0].Reliability.Target, r.Gold.Columns[0].Reliability.Threshold = c.target, c.threshold
		got := ""
		for line := range strings.Lines(string(Markdown(r))) {
			if strings.HasPrefix(line, "| threshold") {
				got = strings.TrimSpace(line)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A column of which no row has a confidence has no figures of it, but says so.
func TestNoConfidenceAtAll(t *testing.T) {
	r := goldResult()
	r.Gold.Columns[0].Reliability = &stats.Reliability{Bins: []stats.ReliabilityBin{{From: 0, To: 1}}, Brier: undefined(), ECE: undefined(), AUROC: undefined()}
	checkForms(t, r, &PageData{}, []formCase{
		{"text", "text", "  1,000 rows without a confidence left out"},
		{"Markdown", "Markdown", "1,000 rows without a confidence left out."},
		{"page", "page", `<p class="soft">1,000 rows without a confidence left out</p>`},
	})
	for _, text := range []string{string(Text(r)), string(Markdown(r))} {
		if strings.Contains(text, "Brier") {
			t.Errorf("there is a Brier score in\n%s", text)
		}
	}
}

// Long lists of labels and of pairs are cut, and say how much more there is; CSV has all.
func TestListsOfGoldAreBounded(t *testing.T) {
	c := stats.GoldColumn{Column: "Topic", Output: "Topic", Kind: stats.Label, Rows: 100}
	for i := range 100 {
		label := fmt.Sprintf("label %02d", i)
		c.Labels = append(c.Labels, stats.LabelFigures{Label: label, Support: 1})
		c.Confusion = append(c.Confusion, stats.Confusion{Gold: label, Label: "other", Count: int64(1 + i%2)})
	}
	r := &stats.Result{Gold: &stats.Gold{Rows: 100, Columns: []stats.GoldColumn{c}}}
	checkForms(t, r, &PageData{}, []formCase{
		{"labels", "text", "  … and 70 more labels"},
		{"pairs", "text", "  label 15  other        2\n  … and 92 more pairs"},
		{"labels", "page", "… and 40 more labels"},
		{"labels", "Markdown", "… and 50 more labels; --format csv has all."},
		{"pairs", "page", "… and 92 more pairs"},
		{"the last label", "CSV", "gold_f1|Topic=label 99|0|1|"},
		{"the last pair", "CSV", "gold_confusion|Topic=label 99|other|2|"},
	})
}
