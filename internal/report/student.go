package report

import (
	"fmt"

	"prism/internal/stats"
	"prism/internal/term"
)

// appendStudent says how far a student can be relied on.
func appendStudent(dst []byte, r *stats.StudentReport) []byte {
	line := "Student: " + term.Plural(r.Rows, "row")
	if r.Gold > 0 {
		line += ", " + term.Count(r.Gold) + " of them gold"
	}
	if r.PassedOver > 0 {
		line += ", " + term.Count(r.PassedOver) + " passed over"
	}
	dst = append(dst, line+"; written to "+term.Printable(r.File)+"\n"...)
	dst = append(dst, "Each row is judged by a student that did not see it.\n"...)
	for i := range r.Columns {
		dst = appendStudentColumn(append(dst, '\n'), r, &r.Columns[i])
	}
	w := &r.Whole
	dst = fmt.Appendf(dst, "\nsure in all columns: %s of the rows", formatPercent(w.Above))
	if w.Rows > 0 {
		dst = append(dst, ", agreement "+shareWithInterval(w.Agreement, w.Low, w.High)...)
	}
	if w.Accuracy.IsDefined() {
		dst = append(dst, ", accuracy "+shareWithInterval(w.Accuracy, w.AccuracyLow, w.AccuracyHigh)...)
	}
	return append(dst, '\n')
}

func shareWithInterval(share, low, high stats.Figure) string {
	return formatPercent(share) + " (" + intervalText(low, high, formatPercent) + ")"
}

// appendStudentColumn shows a column: its figures, the thresholds, and what to make of them.
func appendStudentColumn(dst []byte, r *stats.StudentReport, c *stats.StudentColumn) []byte {
	head := []string{string(c.Kind), term.Plural(c.Rows, "row"), term.Plural(int64(len(c.Labels)), "label")}
	dst = appendWrapped(dst, term.Truncate(term.Printable(c.Column), 40)+": ", append(head, studentFigures(c)...))
	hasGold := c.Gold > 0
	levels := term.Table{Indent: "  ", Columns: []term.Column{{Name: "threshold", Right: true}, {Name: "above", Right: true}, {Name: "rows", Right: true}, {Name: "agreement", Right: true}, {Name: "95%"}}}
	if hasGold {
		levels.Columns = append(levels.Columns, term.Column{Name: "gold", Right: true}, term.Column{Name: "accuracy", Right: true}, term.Column{Name: "95%"})
	}
	levels.Columns = append(levels.Columns, term.Column{})
	for i := range c.Levels {
		levels.AddRow(levelCells(c, &c.Levels[i], hasGold)...)
	}
	if len(levels.Rows) > 0 {
		dst = levels.AppendTo(dst)
	}
	for _, line := range studentAdvice(r, c) {
		dst = append(dst, "  "+line+"\n"...)
	}
	return dst
}

// studentFigures are those of all rows of a column.
func studentFigures(c *stats.StudentColumn) (figures []string) {
	if c.Agreement.IsDefined() {
		figures = append(figures, "agreement with the model "+shareWithInterval(c.Agreement, c.AgreementLow, c.AgreementHigh))
	}
	if c.Accuracy.IsDefined() {
		figures = append(figures, fmt.Sprintf("accuracy on %s of gold %s", term.Plural(c.Gold, "row"), shareWithInterval(c.Accuracy, c.AccuracyLow, c.AccuracyHigh)))
	}
	if c.Kappa.IsDefined() {
		figures = append(figures, "kappa "+formatScore(c.Kappa)+" ("+intervalText(c.KappaLow, c.KappaHigh, formatScore)+")")
	}
	return figures
}

// levelCells are the cells of a threshold; the chosen one is marked.
func levelCells(c *stats.StudentColumn, l *stats.StudentLevel, hasGold bool) []string {
	cells := []string{formatThousandths(l.Threshold), formatPercent(l.Above), term.Count(l.Rows), formatPercent(l.Agreement), intervalText(l.Low, l.High, formatPercent)}
	if hasGold {
		cells = append(cells, term.Count(l.Gold), formatPercent(l.Accuracy), intervalText(l.AccuracyLow, l.AccuracyHigh, formatPercent))
	}
	mark := ""
	if c.Usable && l.Threshold == c.Threshold {
		mark = "← chosen"
	}
	return append(cells, mark)
}

// studentAdvice says whether the column is of use, and what to do if not.
func studentAdvice(r *stats.StudentReport, c *stats.StudentColumn) []string {
	target, measure := formatPercent(r.Target), "agreement"
	if c.Gold > 0 {
		measure = "accuracy"
	}
	switch {
	case !c.Agreement.IsDefined():
		return []string{"set aside: no label has enough rows to be learned"}
	case !c.HasSkill():
		return []string{"set aside: it agrees with the model little more often than by chance (kappa)"}
	case c.Threshold.IsDefined():
		return []string{fmt.Sprintf("from %s on, in %s of the rows, the lower end of the %s is at least %s", formatFigure(c.Threshold), formatPercent(c.Above), measure, target)}
	}
	lines := []string{fmt.Sprintf("set aside: no threshold reaches %s; the best lower end of the %s is %s", target, measure, formatPercent(c.Best))}
	if c.Gold > 0 {
		return append(lines, "hint: more rows of gold narrow the intervals; or give a lower --target")
	}
	return append(lines, "hint: a model that errs in 5 of 100 rows can be agreed with in 95 at most:",
		"--gold FILE chooses by rows that people labelled; or give a lower --target")
}
