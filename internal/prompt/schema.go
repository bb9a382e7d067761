// Package prompt knows what is asked of the model: it reads the prompt schema
// file with its codebook, renders the system message, the user message of a batch
// and the JSON Schema of its reply, and says what a value of a column is in a cell.
// It leaves the reading of replies to package reply and the sending to others.
package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

const (
	// RowID is the key that names a mention's row, in messages and replies.
	RowID = "RowID"
	// NotApplicable is what the gate says of a row that has nothing to classify.
	NotApplicable = "NOT_APPLICABLE"
	// NoValue is the default of a label or a text for which the schema gives none.
	NoValue = "-"
	// Reasoning is the column that the model writes before the others, if the schema asks for it.
	Reasoning = "Reasoning"
	// DefaultMaxLength is the characters that a free column may have where the
	// schema says nothing.
	DefaultMaxLength = 300
	// MaxLength is the most characters that the server's grammar can count.
	MaxLength = 2000
	// maxItems is the most labels of one row in one column.
	maxItems = 100
)

// Label policies.
const (
	Organic = "organic" // any other label is kept
	Strict  = "strict"  // only listed labels are valid
)

// NoGate is Schema.Gate where no column says that a row is not applicable.
const NoGate = -1

// Schema is a valid prompt schema file. Its fields are for reading.
type Schema struct {
	Columns     []Column // columns that the model fills, in the order of its reply, at least one
	Gate        int      // index of the gate in Columns, or NoGate
	LabelPolicy string   // Organic, Strict or empty: the file leaves it to the run

	system      string // system_prompt
	ownCodebook bool   // the system_prompt says what the columns are
	examples    []example
	warnings    []string // see Warnings
}

// Type is what the values of a column are.
type Type string

// The types of a column to code.
const (
	TypeLabel   Type = "label"   // one of its labels
	TypeLabels  Type = "labels"  // several of its labels, or none
	TypeInteger Type = "integer" // a whole number
	TypeNumber  Type = "number"
	TypeBoolean Type = "boolean"
	TypeText    Type = "text"
)

// Column is a column that the model fills.
type Column struct {
	Name        string
	Type        Type
	Description string   // for the model; empty: none
	Labels      []string // of a label or labels column, no two equal apart from case; else nil
	Definitions []string // of Labels, empty where there is none; nil: none at all
	Minimum     *float64 // of a number or integer; nil: no bound
	Maximum     *float64
	MaxItems    int    // labels of one row, of a labels column
	MaxLength   int    // characters that a text other than a listed label may have
	Optional    bool   // the value may be null, an empty cell
	Default     string // its cell in a row that the gate calls not applicable
	IsReasoning bool   // it is the Reasoning that the schema asks for, not a column to code
}

// HasLabels reports whether the column's values are labels.
func (c *Column) HasLabels() bool { return c.Labels != nil }

// Validated is put before a column to code that the input has too.
const Validated = "Validated_"

// What a column of the output is called that tells how sure the values of another one are:
// its name, and one of these.
const (
	ConfidenceSuffix = "_Confidence" // the probability that the model gave the value
	AgreementSuffix  = "_Agreement"  // the share of the votes for the value
)

// CutShareSuffix returns the name before one of these; false: it ends with neither.
func CutShareSuffix(name string) (of string, ok bool) {
	for _, suffix := range []string{ConfidenceSuffix, AgreementSuffix} {
		if of, ok := strings.CutSuffix(name, suffix); ok {
			return of, true
		}
	}
	return name, false
}

// Share is a column of confidences or agreements: numbers from 0 to 1, or nothing.
var Share = Column{Type: TypeNumber, Optional: true}

// FindShare returns Share if an output with these columns has confidences or agreements
// under this name, else nil.
func (s *Schema) FindShare(name string, output []string) *Column {
	if of, ok := CutShareSuffix(name); ok && s.FindOutput(of, output) != nil {
		return &Share
	}
	return nil
}

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

// WrittenColumns returns the indices of the columns that the output for an input with these
// columns has: all but the reasoning, where drop names it. inputDrop is what else drop names,
// columns of the input.
func (s *Schema) WrittenColumns(input, drop []string) (written []int, inputDrop []string) {
	inputDrop = slices.Clone(drop)
	for i := range s.Columns {
		if at := slices.Index(inputDrop, s.Columns[i].OutputName(input)); s.Columns[i].IsReasoning && at >= 0 {
			inputDrop = slices.Delete(inputDrop, at, at+1)
			continue
		}
		written = append(written, i)
	}
	return written, inputDrop
}

// FindOutput returns the column that an output with these columns has under this name: its
// own, or with the prefix Validated_ if the input has that too; nil: none.
func (s *Schema) FindOutput(name string, output []string) *Column {
	for i := range s.Columns {
		c := &s.Columns[i]
		if name == Validated+c.Name || name == c.Name && !slices.Contains(output, Validated+c.Name) {
			return c
		}
	}
	return nil
}

// Warnings are lines about what is valid and hardly meant: listed labels that the model is
// not told, because the codebook is left to a system_prompt that does not say them, and
// defaults that are no label of their column.
func (s *Schema) Warnings() []string { return s.warnings }

// NotApplicableValues are the cells of a row that has nothing to classify, one a column.
func (s *Schema) NotApplicableValues() []string {
	values := make([]string, len(s.Columns))
	for i := range s.Columns {
		values[i] = s.Columns[i].Default
		if i == s.Gate {
			values[i] = NotApplicable
		}
	}
	return values
}

// hashVersion changes whenever a message or a reply schema is rendered
// differently from the same file.
// It stays where only rows that imitate the frame of a message are shown differently (quote.go):
// a checkpoint of ordinary rows, whose messages keep their bytes, goes on.
const hashVersion = "prism prompt 2"

// Hash returns the SHA-256, in hex, of what the model sees and what validation
// uses. Layout, order of keys and spelling of escapes in the file do not change it, nor does
// the style: it covers the system message of the classic one.
func (s *Schema) Hash() string {
	b, err := json.Marshal(struct {
		Version, System, LabelPolicy string
		Gate                         int
		Columns                      []Column
	}{hashVersion, s.renderSystem(newStyle(Classic, s.Columns)), s.LabelPolicy, s.Gate, s.Columns})
	if err != nil {
		panic("prompt: strings and numbers always marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
