package prompt

import "slices"

// Validated is put before a column to code that the input has too.
const Validated = "Validated_"

// RunColumns are the columns that end every record of the output.
func RunColumns() []string { return []string{"Model_Name", "Batch_Size", "Run_ID"} }

// OutputName is the column's name in the output for an input with these columns,
// those included that the output drops.
func (c *Column) OutputName(input []string) string {
	if slices.Contains(input, c.Name) {
		return Validated + c.Name
	}
	return c.Name
}
