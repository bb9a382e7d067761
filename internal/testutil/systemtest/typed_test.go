package systemtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/prompt"
)

// cmdValid: valid INPUT OUTPUT checks that OUTPUT has every row of INPUT in order, each with its
// input columns unchanged and a value of its type in every column of the prompt schema, listed
// labels only.
func cmdValid(ts *testscript.TestScript, neg bool, args []string) {
	in, out := readScriptTable(ts, args[0]), readScriptTable(ts, args[1])
	if len(in) != len(out) {
		ts.Fatalf("%s has %d rows, %s %d", args[1], len(out)-1, args[0], len(in)-1)
	}
	schema := loadSchema(ts)
	for n := range in[1:] {
		before, after := in[n+1], out[n+1]
		if !slices.Equal(before, after[:len(before)]) {
			ts.Fatalf("input columns are %q, want %q", after[:len(before)], before)
		}
		cells := after[len(before):]
		if schema.Gate != prompt.NoGate && cells[schema.Gate] == prompt.NotApplicable {
			continue
		}
		for i := range schema.Columns {
			if err := checkCell(&schema.Columns[i], cells[i]); err != nil {
				ts.Fatalf("RowID %s: %s %v", after[0], schema.Columns[i].Name, err)
			}
		}
	}
}

// checkCell checks a cell by encoding/json and the schema, without the code that made it.
func checkCell(c *prompt.Column, cell string) error {
	if cell == "" && (c.Optional || c.Type == prompt.TypeLabels || c.Type == prompt.TypeText) {
		return nil
	}
	switch c.Type {
	case prompt.TypeLabel:
		if !slices.Contains(c.Labels, cell) {
			return fmt.Errorf("is %q", cell)
		}
	case prompt.TypeLabels:
		last := -1
		for _, label := range strings.Split(cell, "|") {
			at := slices.Index(c.Labels, label)
			if at <= last {
				return fmt.Errorf("is %q", cell)
			}
			last = at
		}
		if n := strings.Count(cell, "|") + 1; n > c.MaxItems {
			return fmt.Errorf("has %d labels", n)
		}
	case prompt.TypeInteger, prompt.TypeNumber:
		var v float64
		if err := json.Unmarshal([]byte(cell), &v); err != nil {
			return fmt.Errorf("is %q: %w", cell, err)
		}
		if c.Minimum != nil && v < *c.Minimum || c.Maximum != nil && v > *c.Maximum || c.Type == prompt.TypeInteger && strings.ContainsAny(cell, ".eE") {
			return fmt.Errorf("is %s", cell)
		}
	case prompt.TypeBoolean:
		if cell != "true" && cell != "false" {
			return fmt.Errorf("is %q", cell)
		}
	}
	return nil
}
