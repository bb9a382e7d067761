package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// formatThousandths is a figure between 0 and 1 with three decimals.
func formatThousandths(f stats.Figure) string {
	if !f.IsDefined() {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(f))
}

// reliabilityFigures are the figures of the confidences of a column: name, value, what it means.
// There are none where no row has a confidence.
func reliabilityFigures(r *stats.Reliability) [][3]string {
	if !r.Brier.IsDefined() {
		return nil
	}
	figures := [][3]string{
		{"Brier score", formatThousandths(r.Brier), "0 is best"}, {"ECE", formatThousandths(r.ECE), "0 is best"},
		{"AUROC", formatThousandths(r.AUROC), "1 is best, 0.5 is chance"},
	}
	target := strconv.FormatFloat(100*float64(r.Target), 'g', 6, 64) + "%"
	switch {
	case !r.Target.IsDefined():
		return figures
	case !r.Threshold.IsDefined():
		return append(figures, [3]string{"threshold", "-", "no confidence guarantees " + target + " accuracy"})
	}
	return append(figures, [3]string{"threshold", formatFigure(r.Threshold), "for " + target + " accuracy; " + formatPercent(r.Above) + " of the rows reach it"})
}

// reliabilityCells are the bins that have rows: their bounds, rows, mean confidence, accuracy.
func reliabilityCells(r *stats.Reliability) (cells [][4]string) {
	for _, b := range r.Bins {
		if b.Rows > 0 {
			cells = append(cells, [4]string{reliabilityBinText(b), term.Count(b.Rows), formatScore(b.Confidence), formatPercent(b.Accuracy)})
		}
	}
	return cells
}

// reliabilityBinText names a bin by its bounds; the second one is part of the last bin only.
func reliabilityBinText(b stats.ReliabilityBin) string {
	return formatFigure(b.From) + " to " + formatFigure(b.To)
}

// withoutConfidence says how many of the compared rows have no confidence; empty where all have.
func withoutConfidence(c *stats.GoldColumn) string {
	rows := c.Rows
	for _, b := range c.Reliability.Bins {
		rows -= b.Rows
	}
	if rows == 0 {
		return ""
	}
	return term.Plural(rows, "row") + " without a confidence left out"
}

// appendReliability shows how far the confidences of a column tell which rows are right.
func appendReliability(dst []byte, c *stats.GoldColumn) []byte {
	if c.Reliability == nil {
		return dst
	}
	bins := term.Table{Indent: "  ", Columns: []term.Column{{Name: "confidence"}, {Name: "rows", Right: true}, {Name: "mean", Right: true}, {Name: "accuracy", Right: true}}}
	for _, cells := range reliabilityCells(c.Reliability) {
		bins.AddRow(cells[:]...)
	}
	if len(bins.Rows) > 0 {
		dst = bins.AppendTo(dst)
	}
	figures := term.Table{Indent: "  ", Columns: []term.Column{{}, {Right: true}, {}}}
	for _, f := range reliabilityFigures(c.Reliability) {
		figures.AddRow(f[:]...)
	}
	dst = figures.AppendTo(dst)
	if note := withoutConfidence(c); note != "" {
		dst = append(dst, "  "+note+"\n"...)
	}
	return dst
}

// writeReliabilityMarkdown writes the same in Markdown.
func writeReliabilityMarkdown(b *strings.Builder, c *stats.GoldColumn) {
	if c.Reliability == nil {
		return
	}
	if bins := reliabilityCells(c.Reliability); len(bins) > 0 {
		b.WriteString("\n| confidence | rows | mean | accuracy |\n| --- | ---: | ---: | ---: |\n")
		for _, cells := range bins {
			markdownRow(b, cells[:]...)
		}
		b.WriteString("\n| | | |\n| --- | ---: | --- |\n")
		for _, f := range reliabilityFigures(c.Reliability) {
			markdownRow(b, f[:]...)
		}
	}
	if note := withoutConfidence(c); note != "" {
		b.WriteString("\n" + note + ".\n")
	}
}

// appendReliabilityRecords adds the records of the confidences of a column, empty bins among them.
func appendReliabilityRecords(out [][]string, c *stats.GoldColumn) [][]string {
	r := c.Reliability
	if r == nil {
		return out
	}
	for _, f := range []namedFigure{
		{"brier", r.Brier}, {"ece", r.ECE}, {"auroc", r.AUROC}, {"target", r.Target}, {"threshold", r.Threshold}, {"above", r.Above},
	} {
		out = append(out, []string{"gold", c.Column + " " + f.name, formatFigure(f.value), "", ""})
	}
	for _, b := range r.Bins {
		for _, f := range []namedFigure{{"confidence", b.Confidence}, {"accuracy", b.Accuracy}} {
			out = append(out, []string{"gold_bin_" + f.name, c.Column + "=" + reliabilityBinText(b), formatFigure(f.value), formatInt(b.Rows), ""})
		}
	}
	return out
}

// reliabilityPanel is what a page shows of the confidences of a column.
type reliabilityPanel struct {
	Name    string
	Bins    []reliabilityLine
	Figures []figure
	Note    string
}

// reliabilityLine is a bin. Its bar ends at the accuracy, and has a mark at the mean confidence.
type reliabilityLine struct {
	Name, Rows, Confidence, Accuracy string
	Bar                              *interval
}

// newReliabilityPanel returns nil for a column without confidences, or without rows to compare.
func newReliabilityPanel(c *stats.GoldColumn) *reliabilityPanel {
	if c.Reliability == nil || c.Rows == 0 {
		return nil
	}
	p := &reliabilityPanel{Name: "Confidence of " + term.Printable(c.Column), Note: withoutConfidence(c)}
	for _, b := range c.Reliability.Bins {
		if b.Rows == 0 {
			continue
		}
		bar := newInterval(b.Accuracy, 0, b.Accuracy, 1)
		bar.At = markOnScale(b.Accuracy)
		bar.Labelled = markOnScale(b.Confidence)
		p.Bins = append(p.Bins, reliabilityLine{reliabilityBinText(b), term.Count(b.Rows), formatScore(b.Confidence), formatPercent(b.Accuracy), bar})
	}
	for _, f := range reliabilityFigures(c.Reliability) {
		p.Figures = append(p.Figures, figure{f[0], f[1], f[2]})
	}
	return p
}

// markOnScale is where a mark begins for a share of a scale from 0 to 1, so that all of it is seen.
func markOnScale(share stats.Figure) string { return coordinate(min(onScale(share, 1), 99.2)) }

// certaintyLines says how sure the model was of the values of a column, and how far votes on
// them agree, a line each.
func certaintyLines(c *stats.Column) (lines []string) {
	if s := c.Confidence; s != nil {
		line := "confidence: no row has one"
		if s.Rows > 0 {
			line = "confidence: mean " + formatPercent(s.Mean)
		}
		if s.Rows > 0 && s.Rows < c.Rows {
			line += ", of " + term.Plural(s.Rows, "row")
		}
		lines = append(lines, line)
	}
	if s := c.Agreement; s != nil {
		line := "votes: no row has any"
		if s.Rows > 0 {
			line = "votes: mean agreement " + formatPercent(s.Mean) + ", " + term.Percent(changedRows(s), s.Rows) + " of " + term.Plural(s.Rows, "row") + " change with their place"
		}
		lines = append(lines, line)
	}
	return lines
}

// changedRows is how many rows of an agreement change with their place.
func changedRows(s *stats.VoteShare) int64 {
	if !s.Changed.IsDefined() {
		return 0
	}
	return int64(math.Round(float64(s.Changed) * float64(s.Rows)))
}

// appendCertaintyRecords adds the means of confidences and agreements, with the rows that have one, and
// the rows that change with their place.
func appendCertaintyRecords(out [][]string, columns []stats.Column) [][]string {
	for i := range columns {
		c := &columns[i]
		if s := c.Confidence; s != nil {
			out = append(out, []string{"confidence_mean", c.Name, formatFigure(s.Mean), formatInt(s.Rows), ""})
		}
		if s := c.Agreement; s != nil {
			out = append(out, []string{"agreement_mean", c.Name, formatFigure(s.Mean), formatInt(s.Rows), ""},
				[]string{"agreement_changed", c.Name, "", formatInt(changedRows(s)), formatFigure(s.Changed)})
		}
	}
	return out
}
