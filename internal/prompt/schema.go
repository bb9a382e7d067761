// Package prompt knows what is asked of the model: it reads the prompt schema
// file, renders the user message of a batch and the JSON Schema of its reply.
// It leaves the reading of replies to package reply and the sending to others.
package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

const (
	// RowID is the key that names a mention's row, in messages and replies.
	RowID = "RowID"
	// NotApplicable is what the gate says of a row that has nothing to classify.
	NotApplicable = "NOT_APPLICABLE"
	// NoValue is the default of a column for which the schema gives none.
	NoValue = "-"
	// DefaultMaxLength is the characters that a free column may have where the
	// schema says nothing.
	DefaultMaxLength = 300
	// MaxLength is the most characters that the server's grammar can count.
	MaxLength = 2000
)

// Label policies.
const (
	Organic = "organic" // any other label is kept
	Strict  = "strict"  // only listed labels are valid
)

// Schema is a valid prompt schema file. Its fields are for
// reading: what depends on them is rendered once, by Parse.
type Schema struct {
	System      string   // the system message, as written
	Columns     []Column // columns to code, at least one; the first is the gate
	LabelPolicy string   // Organic, Strict or empty: the file leaves it to the run

	tails    [2]string // of a row's object in the reply schema, after the RowID: organic, strict
	rowBytes [2]int    // of the longest object of a row in a reply: organic, strict
}

// Column is a column to code.
type Column struct {
	Name      string
	Labels    []string // listed labels, no two equal apart from case; nil: a free column
	Default   string   // its value in a row that the gate calls not applicable
	MaxLength int      // characters that a text other than a listed label may have
}

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

// NotApplicableValues are the values of a row that has nothing to classify, one a column:
// the gate says so, the others have their defaults.
func (s *Schema) NotApplicableValues() []string {
	values := []string{NotApplicable}
	for _, c := range s.Columns[1:] {
		values = append(values, c.Default)
	}
	return values
}

// hashVersion changes whenever a message or a reply schema is rendered
// differently from the same file.
// It stays where only rows that imitate the frame of a message are shown differently (quote.go):
// a checkpoint of ordinary rows, whose messages keep their bytes, goes on.
const hashVersion = "prism prompt 1"

// Hash returns the SHA-256, in hex, of what the model sees and what validation
// uses. Layout, order of keys and spelling of escapes in the file do not change it.
func (s *Schema) Hash() string {
	b, err := json.Marshal(struct {
		Version, System, LabelPolicy string
		Columns                      []Column
	}{hashVersion, s.System, s.LabelPolicy, s.Columns})
	if err != nil {
		panic("prompt: strings and integers always marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
