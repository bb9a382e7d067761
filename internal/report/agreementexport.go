package report

import (
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// formatFigure is a figure of full precision; empty where it is undefined.
func formatFigure(f stats.Figure) string {
	if !f.IsDefined() {
		return ""
	}
	return strconv.FormatFloat(float64(f), 'g', -1, 64)
}

// namedFigure is a figure and its key in JSON.
type namedFigure struct {
	name  string
	value stats.Figure
}

// appendGoldRecords adds the records of gold: figures of columns and of labels, the
// confusion matrix, and the figures of confidences.
func appendGoldRecords(out [][]string, g *stats.Gold) [][]string {
	out = append(out, []string{"gold", "rows", "", formatInt(g.Rows), ""}, []string{"gold", "missing", "", formatInt(g.Missing), ""})
	for i := range g.Columns {
		c := &g.Columns[i]
		figures := []namedFigure{
			{"accuracy", c.Accuracy}, {"accuracy_low", c.AccuracyLow}, {"accuracy_high", c.AccuracyHigh}, {"macro_f1", c.MacroF1},
			{"kappa", c.Kappa}, {"kappa_low", c.KappaLow}, {"kappa_high", c.KappaHigh},
		}
		if n := c.NumberFigures; n != nil {
			figures = append(figures, namedFigure{"mae", n.MAE}, namedFigure{"spearman", n.Spearman}, namedFigure{"kappa_quadratic", n.KappaQuadratic})
		}
		if s := c.SetFigures; s != nil {
			figures = append(figures, namedFigure{"exact", s.Exact}, namedFigure{"jaccard", s.Jaccard}, namedFigure{"micro_f1", s.MicroF1})
		}
		out = append(out, []string{"gold", c.Column + " rows", "", formatInt(c.Rows), ""})
		for _, f := range figures {
			out = append(out, []string{"gold", c.Column + " " + f.name, formatFigure(f.value), "", ""})
		}
		for _, l := range c.Labels {
			for _, f := range []namedFigure{{"precision", l.Precision}, {"recall", l.Recall}, {"f1", l.F1}} {
				out = append(out, []string{"gold_" + f.name, c.Column + "=" + l.Label, formatFigure(f.value), formatInt(l.Support), ""})
			}
		}
		for _, x := range c.Confusion {
			out = append(out, []string{"gold_confusion", c.Column + "=" + x.Gold, x.Label, formatInt(x.Count), ""})
		}
		out = appendReliabilityRecords(out, c)
	}
	return out
}

// appendComparisonRecords adds the records of a comparison.
func appendComparisonRecords(out [][]string, c *stats.Comparison) [][]string {
	for i := range c.Columns {
		column := &c.Columns[i]
		out = append(out, []string{"compare", column.Column + " alpha", formatFigure(column.Alpha), "", ""})
		for k := range column.Pairs {
			p := &column.Pairs[k]
			pair := column.Column + " " + p.A + " " + p.B
			for _, f := range []namedFigure{
				{"agreement", p.Agreement}, {"kappa", p.Kappa}, {"accuracy_difference", p.AccuracyDifference}, {"low", p.Low}, {"high", p.High}, {"mcnemar_p", p.McNemarP},
			} {
				out = append(out, []string{"compare", pair + " " + f.name, formatFigure(f.value), formatInt(p.Rows), ""})
			}
			for _, m := range p.Moved {
				out = append(out, []string{"compare_moved", pair + "=" + m.From, m.To, formatInt(m.Count), ""})
			}
		}
	}
	return out
}

// writeGoldMarkdown writes how right the results are.
func writeGoldMarkdown(b *strings.Builder, g *stats.Gold) {
	b.WriteString("\n## Compared with gold\n\n" + goldRows(g) + ".\n")
	for i := range g.Columns {
		c := &g.Columns[i]
		b.WriteString("\n### " + markdownText(c.Column) + "\n\n| | | 95% |\n| --- | ---: | --- |\n")
		markdownRow(b, "rows", term.Count(c.Rows), "")
		for _, f := range goldFigures(c) {
			markdownRow(b, f[0], f[1], f[2])
		}
		writeLabelsMarkdown(b, c.Labels)
		writeReliabilityMarkdown(b, c)
	}
}

func writeLabelsMarkdown(b *strings.Builder, labels []stats.LabelFigures) {
	if len(labels) == 0 {
		return
	}
	b.WriteString("\n| label | precision | recall | F1 | in gold |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, l := range labels[:min(len(labels), maxMarkdownValues)] {
		markdownRow(b, labelOrEmpty(l.Label), formatScore(l.Precision), formatScore(l.Recall), formatScore(l.F1), term.Count(l.Support))
	}
	writeMoreMarkdown(b, len(labels)-maxMarkdownValues, "label")
}

// writeComparisonMarkdown writes how far results agree.
func writeComparisonMarkdown(b *strings.Builder, c *stats.Comparison) {
	b.WriteString("\n## Compared with each other\n\n| column | alpha | a | b | rows | agreement | kappa | accuracy |\n| --- | ---: | --- | --- | ---: | ---: | ---: | --- |\n")
	for i := range c.Columns {
		column := &c.Columns[i]
		for k := range column.Pairs {
			p := &column.Pairs[k]
			change := ""
			if p.AccuracyDifference.IsDefined() {
				change = accuracyChange(p)
			}
			markdownRow(b, column.Column, formatScore(column.Alpha), p.A, p.B, term.Count(p.Rows), formatPercent(p.Agreement), formatScore(p.Kappa), change)
		}
	}
}
