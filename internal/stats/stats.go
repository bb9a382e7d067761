// Package stats counts: how often each label stands in the columns of result
// files, which labels are organic, how long free texts are, and what the call
// logs say of speed and errors. It works on streams, in memory bounded by the
// different values it keeps. It opens no files; how counts look is left to
// package report.
package stats

// Schema is the version of the JSON form of Result. It grows when a field
// changes its meaning or goes; new fields leave it.
const Schema = 1

// Result is what was counted. Its JSON form is stable; its lists are empty, never
// nil, where there is nothing. Shares are of 1.
type Result struct {
	Schema      int          `json:"schema"`
	Run         *Run         `json:"run,omitempty"`         // with a manifest
	PromptHash  string       `json:"prompt_hash,omitempty"` // with a prompt schema
	Files       []File       `json:"files"`
	Rows        int64        `json:"rows"`
	RunColumns  []RunColumn  `json:"facts"`          // the columns of a run: model, batch size, run ID
	Gate        *Gate        `json:"gate,omitempty"` // with a prompt schema
	Columns     []Column     `json:"columns"`
	CrossTables []CrossTable `json:"cross"`
	Calls       *Calls       `json:"calls,omitempty"` // with call logs
}

// File is an input file and its rows.
type File struct {
	Name string `json:"file"`
	Rows int64  `json:"rows"`
}

// Fact is a column that tells how rows were made, and its values by count.
type RunColumn struct {
	Column string       `json:"column"`
	Values []ValueCount `json:"values"`
}

// Gate is how many rows the first column to code calls not applicable.
type Gate struct {
	Column        string  `json:"column"`
	NotApplicable int64   `json:"not_applicable"`
	Share         float64 `json:"share"` // of the rows that have the column
}

// Kind tells how a column is shown.
type Kind string

// The kinds.
const (
	Labels Kind = "labels" // a distribution
	Text   Kind = "text"   // free text: its lengths
)

// Column is what was counted of a column.
type Column struct {
	Name        string       `json:"column"`
	Kind        Kind         `json:"kind"`
	Rows        int64        `json:"rows"`             // of files that have the column
	MissingRows int64        `json:"missing"`          // of these, without a value
	Distinct    int64        `json:"distinct"`         // different values; of a text with Overflow at least so many
	Overflow    bool         `json:"overflow"`         // more values than are counted apart
	OrganicRows int64        `json:"organic_rows"`     // rows with an organic label, with a prompt schema
	Values      []ValueCount `json:"values"`           // of labels: by class, then count, then name
	OtherRows   int64        `json:"rest"`             // rows whose values are not counted apart, of labels with Overflow
	Length      *Length      `json:"length,omitempty"` // of a text
}

// Class tells where a label comes from, with a prompt schema.
type Class string

// The classes, in the order in which values are listed.
const (
	Listed        Class = "listed"
	NotApplicable Class = "not_applicable" // of the gate
	Default       Class = "default"        // what rows get that the gate calls not applicable, where it is no listed label
	Organic       Class = "organic"
)

// Value is a value of a column and how many rows have it.
type ValueCount struct {
	Value string  `json:"value"`
	Count int64   `json:"count"`
	Share float64 `json:"share"`           // of the rows of the column
	Class Class   `json:"class,omitempty"` // with a prompt schema
}

// Length is of the texts of a column, in characters; missing ones are left out.
type Length struct {
	Min  int64   `json:"min"`
	Mean float64 `json:"mean"`
	Max  int64   `json:"max"`
}

func shareOf(n, total int64) float64 {
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}
