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
