package report

import (
	"fmt"

	"prism/internal/term"
)

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
