package report

import (
	"math"

	"prism/internal/stats"
	"prism/internal/term"
)

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
