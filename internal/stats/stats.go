// Package stats counts: the labels in the columns of result files, which of them
// are organic, the lengths of free texts, and the speed and errors of model calls
// from call logs. It reads streams; its memory is bounded by the number of
// different values it keeps. It opens no files and leaves the presentation to
// package report.
package stats

import "prism/internal/prompt"

// schemaVersion is the version of the JSON form of Result. It grows when a field
// changes its meaning or is removed; new fields do not change it.
const schemaVersion = 2

// Result is everything that was counted. Its JSON form is stable; empty lists are
// not nil. Shares are between 0 and 1.
type Result struct {
	Schema      int            `json:"schema"`
	Run         *Run           `json:"run,omitempty"`         // with a manifest
	PromptHash  string         `json:"prompt_hash,omitempty"` // with a prompt schema
	Files       []File         `json:"files"`
	Rows        int64          `json:"rows"`
	RunColumns  []RunColumn    `json:"facts"`          // the columns of a run: model, batch size, run ID
	Gate        *Gate          `json:"gate,omitempty"` // with a prompt schema
	Columns     []Column       `json:"columns"`
	CrossTables []CrossTable   `json:"cross"`
	Gold        *Gold          `json:"gold,omitempty"`
	Compare     *Comparison    `json:"compare,omitempty"`
	Estimate    *Estimate      `json:"estimate,omitempty"`
	Student     *StudentReport `json:"student,omitempty"` // of a training
	Cascades    []Cascade      `json:"cascades,omitempty"`
	Calls       *Calls         `json:"calls,omitempty"` // with call logs
}

// File is an input file and its rows.
type File struct {
	Name string `json:"file"`
	Rows int64  `json:"rows"`
}

// RunColumn is a column that says how rows were labelled, with its values by count.
type RunColumn struct {
	Column string       `json:"column"`
	Values []ValueCount `json:"values"`
}

// Gate is the number of rows that the gate marks as not applicable.
type Gate struct {
	Column        string  `json:"column"`
	NotApplicable int64   `json:"not_applicable"`
	Share         float64 `json:"share"` // of the rows that have the column
}

// Kind is the type of a column to code.
type Kind string

// The kinds. Of free text the lengths are counted, of the others the values.
const (
	Label   Kind = "label"
	Labels  Kind = "labels" // several labels a row, joined by |
	Integer Kind = "integer"
	Number  Kind = "number"
	Boolean Kind = "boolean"
	Text    Kind = "text"
)

// Column is the counts of a column.
type Column struct {
	Name        string       `json:"column"`
	Description string       `json:"description,omitempty"` // with a prompt schema: what the model was asked
	Kind        Kind         `json:"kind"`
	Rows        int64        `json:"rows"`              // in files that have the column
	MissingRows int64        `json:"missing"`           // of Rows, those without a value
	Distinct    int64        `json:"distinct"`          // different values; a lower bound for text with Overflow
	Overflow    bool         `json:"overflow"`          // more values than are counted separately
	OrganicRows int64        `json:"organic_rows"`      // rows with an organic label; only with a prompt schema
	Values      []ValueCount `json:"values"`            // of labels, each of several on its own, by class, count and name; of scales in their order
	OtherRows   int64        `json:"rest"`              // rows with values that are not counted separately, of labels with Overflow
	Length      *Length      `json:"length,omitempty"`  // of a text
	Numbers     *Numbers     `json:"numbers,omitempty"` // of an integer or number
	Confidence  *Confidence  `json:"confidence,omitempty"`
	Agreement   *VoteShare   `json:"agreement,omitempty"`

	Schema *prompt.Column `json:"-"` // nil without a prompt schema
}

// Class is where a label comes from, according to the prompt schema.
type Class string

// The classes, in the order in which values are listed.
const (
	Listed        Class = "listed"
	NotApplicable Class = "not_applicable" // of the gate
	Default       Class = "default"        // value of rows that the gate marks as not applicable, unless it is a listed label
	Organic       Class = "organic"
)

// ValueCount is a value of a column and the number of rows with it.
type ValueCount struct {
	Value string  `json:"value"`
	Count int64   `json:"count"`
	Share float64 `json:"share"`           // of the rows of the column
	Class Class   `json:"class,omitempty"` // with a prompt schema
}

// Length is the length of the texts of a column in characters, without missing ones.
type Length struct {
	Min  int64   `json:"min"`
	Mean float64 `json:"mean"`
	Max  int64   `json:"max"`
}

// Run is what is known of a run besides its results: its plan and the state of
// its files.
type Run struct {
	ID           string      `json:"run_id"`
	Project      string      `json:"project"`
	Version      string      `json:"version"`
	Model        string      `json:"model"`
	BatchSize    int         `json:"batch_size"`
	Units        int         `json:"units"`
	CreatedAt    string      `json:"created_at"` // RFC 3339
	Files        []RunFile   `json:"files"`
	Failed       []FailedRow `json:"failed"`                  // the first MaxFailed failed rows
	FailedRows   int64       `json:"failed_rows"`             // number of all failed rows
	FailedRanges string      `json:"failed_ranges,omitempty"` // file with the missing rows; empty: none are missing, or nothing was merged
}

// RunFile is a file of a run.
type RunFile struct {
	Label   string `json:"label"`
	Input   string `json:"input"`
	Status  string `json:"status"` // of the manifest
	Rows    int64  `json:"rows"`   // of its units
	Missing int64  `json:"missing_rows"`
	Output  string `json:"output"` // empty: not merged
}

// MaxFailed is the number of failed rows that a Run lists.
const MaxFailed = 500

// FailedRow is a row that could not be labelled.
type FailedRow struct {
	File     string `json:"file"` // its label
	RowID    int64  `json:"row_id"`
	Position int64  `json:"position"`
	Calls    int    `json:"attempts"` // calls that asked for the row
	Reason   string `json:"reason"`
}

func shareOf(n, total int64) float64 {
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}
