package report

import (
	"cmp"
	"fmt"
	"slices"

	"prism/internal/stats"
	"prism/internal/term"
)

const (
	maxTextLabels    = 30 // of a gold column in text; CSV and JSON have all
	maxTextConfusion = 8  // of a gold column or a pair of files, likewise
)

// formatScore is a figure between -1 and 1 with two decimals.
func formatScore(f stats.Figure) string {
	if !f.IsDefined() {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(f))
}

// formatPercent is a share as percent with one decimal.
func formatPercent(f stats.Figure) string {
	if !f.IsDefined() {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(f))
}

// intervalText is an interval of 95%, empty where it is undefined.
func intervalText(low, high stats.Figure, format func(stats.Figure) string) string {
	if !low.IsDefined() || !high.IsDefined() {
		return ""
	}
	return format(low) + " to " + format(high)
}

// goldRows says what rows results are compared with.
func goldRows(g *stats.Gold) string {
	text := term.Plural(g.Rows, "row")
	if g.Missing > 0 {
		text += ", " + term.Count(g.Missing) + " of them without a result"
	}
	if g.Weighted {
		text += ", weighted by how likely each was to be drawn"
	}
	return text
}

// appendGold says how right the results are.
func appendGold(dst []byte, g *stats.Gold) []byte {
	dst = append(dst, "Gold: "+goldRows(g)+"\n"...)
	for i := range g.Columns {
		dst = appendGoldColumn(append(dst, '\n'), &g.Columns[i])
	}
	return dst
}

// goldFigures are the figures of a column: name, value, 95% interval.
func goldFigures(c *stats.GoldColumn) [][3]string {
	figures := [][3]string{{"accuracy", formatPercent(c.Accuracy), intervalText(c.AccuracyLow, c.AccuracyHigh, formatPercent)}}
	if c.Kind == stats.Text {
		return figures
	}
	figures = append(figures,
		[3]string{"kappa", formatScore(c.Kappa), intervalText(c.KappaLow, c.KappaHigh, formatScore)}, [3]string{"macro-F1", formatScore(c.MacroF1)})
	if n := c.NumberFigures; n != nil {
		figures = append(figures, [3]string{"quadratic kappa", formatScore(n.KappaQuadratic)}, [3]string{"Spearman", formatScore(n.Spearman)},
			[3]string{"mean error", formatScore(n.MAE)})
	}
	if s := c.SetFigures; s != nil {
		figures = append(figures, [3]string{"Jaccard", formatScore(s.Jaccard)}, [3]string{"micro-F1", formatScore(s.MicroF1)})
	}
	return figures
}

func appendGoldColumn(dst []byte, c *stats.GoldColumn) []byte {
	name := term.Truncate(term.Printable(c.Column), 40)
	if c.Output != c.Column {
		name += " (" + term.Truncate(term.Printable(c.Output), 50) + ")"
	}
	dst = append(dst, name+": "+term.Plural(c.Rows, "row")+" compared\n"...)
	t := term.Table{Indent: "  ", Columns: []term.Column{{}, {Right: true}, {}}}
	for i, f := range goldFigures(c) {
		if i == 0 && f[2] != "" {
			f[2] += " (95%)"
		}
		t.AddRow(f[0], f[1], f[2])
	}
	dst = t.AppendTo(dst)
	dst = appendLabelFigures(dst, c.Labels)
	return appendReliability(appendConfusion(dst, c.Confusion), c)
}

func appendLabelFigures(dst []byte, labels []stats.LabelFigures) []byte {
	if len(labels) == 0 {
		return dst
	}
	t := term.Table{Indent: "  ", Columns: []term.Column{
		{Name: "label", Max: maxLabelWidth}, {Name: "precision", Right: true}, {Name: "recall", Right: true}, {Name: "F1", Right: true}, {Name: "in gold", Right: true},
	}}
	for _, l := range labels[:min(len(labels), maxTextLabels)] {
		t.AddRow(labelOrEmpty(l.Label), formatScore(l.Precision), formatScore(l.Recall), formatScore(l.F1), term.Count(l.Support))
	}
	dst = t.AppendTo(dst)
	if more := int64(len(labels) - maxTextLabels); more > 0 {
		dst = append(dst, "  … and "+term.Plural(more, "more label")+"\n"...)
	}
	return dst
}

// labelOrEmpty shows a value of a cell.
func labelOrEmpty(s string) string {
	if s == "" {
		return "(empty)"
	}
	return quoteBlanks(s)
}

// appendConfusion lists what is confused most.
func appendConfusion(dst []byte, cells []stats.Confusion) []byte {
	wrong := slices.DeleteFunc(slices.Clone(cells), func(c stats.Confusion) bool { return c.Gold == c.Label })
	slices.SortStableFunc(wrong, func(a, b stats.Confusion) int { return cmp.Compare(b.Count, a.Count) })
	if len(wrong) == 0 {
		return dst
	}
	t := term.Table{Indent: "  ", Columns: []term.Column{{Name: "gold", Max: maxLabelWidth}, {Name: "labelled", Max: maxLabelWidth}, {Name: "rows", Right: true}}}
	for _, c := range wrong[:min(len(wrong), maxTextConfusion)] {
		t.AddRow(labelOrEmpty(c.Gold), labelOrEmpty(c.Label), term.Count(c.Count))
	}
	dst = t.AppendTo(dst)
	if more := int64(len(wrong) - maxTextConfusion); more > 0 {
		dst = append(dst, "  … and "+term.Plural(more, "more pair")+"\n"...)
	}
	return dst
}

// alphaKind is the distance that Krippendorff's alpha uses for a kind.
func alphaKind(k stats.Kind) string {
	switch k {
	case stats.Integer:
		return "ordinal"
	case stats.Number:
		return "interval"
	}
	return "nominal"
}

// appendComparison says how far results agree.
func appendComparison(dst []byte, c *stats.Comparison) []byte {
	dst = append(dst, "Compared: "+term.Plural(int64(len(c.Files)), "file")+", "+term.Plural(c.Rows, "row")+"\n"...)
	for i := range c.Columns {
		column := &c.Columns[i]
		line := term.Truncate(term.Printable(column.Column), 40) + ": "
		if column.Kind == stats.Text {
			line += "free text"
		} else {
			line += "alpha " + formatScore(column.Alpha) + " (" + alphaKind(column.Kind) + ")"
		}
		dst = append(dst, "\n"+line+"\n"...)
		for k := range column.Pairs {
			dst = appendPair(dst, &column.Pairs[k])
		}
	}
	return dst
}

func appendPair(dst []byte, p *stats.ComparedPair) []byte {
	line := "  " + term.Printable(p.A) + " and " + term.Printable(p.B) + ": " + formatPercent(p.Agreement) + " of " + term.Plural(p.Rows, "row") + " agree"
	if p.Kappa.IsDefined() {
		line += ", kappa " + formatScore(p.Kappa)
	}
	dst = append(dst, line+"\n"...)
	if p.AccuracyDifference.IsDefined() {
		dst = append(dst, "    accuracy of the second: "+accuracyChange(p)+"\n"...)
	}
	t := term.Table{Indent: "    ", Columns: []term.Column{{Name: "from", Max: maxLabelWidth}, {Name: "to", Max: maxLabelWidth}, {Name: "rows", Right: true}}}
	for _, m := range p.Moved[:min(len(p.Moved), maxTextConfusion)] {
		t.AddRow(labelOrEmpty(m.From), labelOrEmpty(m.To), term.Count(m.Count))
	}
	if len(p.Moved) == 0 {
		return dst
	}
	dst = t.AppendTo(dst)
	if more := int64(len(p.Moved) - maxTextConfusion); more > 0 {
		dst = append(dst, "    … and "+term.Plural(more, "more pair")+"\n"...)
	}
	return dst
}

// accuracyChange is the difference of accuracies in points, with its interval and p.
func accuracyChange(p *stats.ComparedPair) string {
	points := func(f stats.Figure) string { return fmt.Sprintf("%+.1f", 100*float64(f)) }
	text := points(p.AccuracyDifference) + " points"
	if interval := intervalText(p.Low, p.High, points); interval != "" {
		text += ", " + interval + " (95%)"
	}
	if p.McNemarP.IsDefined() {
		text += ", McNemar p " + formatP(p.McNemarP)
	}
	return text
}

// formatP is a p with three decimals.
func formatP(p stats.Figure) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", float64(p))
}
