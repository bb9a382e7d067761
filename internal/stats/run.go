package stats

// Run is what is known of a run beside its results: its plan, and what became
// of its files.
type Run struct {
	ID           string      `json:"run_id"`
	Project      string      `json:"project"`
	Version      string      `json:"version"`
	Model        string      `json:"model"`
	BatchSize    int         `json:"batch_size"`
	Units        int         `json:"units"`
	CreatedAt    string      `json:"created_at"` // RFC 3339
	Files        []RunFile   `json:"files"`
	Failed       []FailedRow `json:"failed"`                  // the first of the rows that were given up
	FailedRows   int64       `json:"failed_rows"`             // how many there are
	FailedRanges string      `json:"failed_ranges,omitempty"` // the list of missing rows; empty: none is missing, or no merge looked
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

// MaxFailed is how many rows that failed a Run lists.
const MaxFailed = 500

// FailedRow is a row that was given up.
type FailedRow struct {
	File     string `json:"file"` // its label
	RowID    int64  `json:"row_id"`
	Position int64  `json:"position"`
	Attempts int    `json:"attempts"` // calls that had the row
	Reason   string `json:"reason"`
}
