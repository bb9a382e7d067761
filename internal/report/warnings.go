package report

import (
	"fmt"

	"prism/internal/stats"
	"prism/internal/term"
)

// UnlistedLine says loudly that more than a quarter of the rows have a label of a column
// that is not listed: the list, or what the model makes of it, is not what was meant.
// Otherwise it is empty.
func UnlistedLine(column string, rows, all int64) string {
	if 4*rows <= all {
		return ""
	}
	return fmt.Sprintf("WARNING: %d of %s (%s) have a label of %q that is not listed", rows,
		term.Plural(all, "row"), term.Percent(rows, all), column)
}

// UnlistedLines is UnlistedLine for each column of a result.
func UnlistedLines(r *stats.Result) (lines []string) {
	for i := range r.Columns {
		if line := UnlistedLine(r.Columns[i].Name, r.Columns[i].OrganicRows, r.Columns[i].Rows); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// fewRows is of how many rows at least it is told that all are NOT_APPLICABLE: of fewer
// that may well be so.
const fewRows = 5

// GateLine says loudly that the gate says NOT_APPLICABLE of all labelled rows. Otherwise it is
// empty.
func GateLine(gated, labelled int64) string {
	if gated < labelled || labelled < fewRows {
		return ""
	}
	return fmt.Sprintf("WARNING: all %s labelled rows are NOT_APPLICABLE", term.Count(labelled))
}

// GateHint is what helps against it.
const GateHint = `say in the codebook what there is to label, perhaps with examples; "gate": false takes NOT_APPLICABLE away`
