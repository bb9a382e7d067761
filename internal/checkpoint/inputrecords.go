package checkpoint

import (
	"errors"
	"io/fs"
	"slices"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// InputRecords are the records that the rows of a job have in the input as it is now. A
// finished row counts as long as the input has its record, wherever. It takes 8 bytes a row.
type InputRecords struct {
	Mark bool // the input begins with a byte order mark

	columns      []string // of the input's header; nil: each record names its own
	fingerprints []fingerprint
	sorted       bool
}

// NewInputRecords begins without records. columns are those of the input's header, nil
// where each record names its own.
func NewInputRecords(columns []string) *InputRecords { return &InputRecords{columns: columns} }

// AddRecord adds a record as the input holds it.
func (in *InputRecords) AddRecord(record []byte) {
	in.fingerprints, in.sorted = append(in.fingerprints, fingerprintOf(record)), false
}

func (in *InputRecords) has(p fingerprint) bool {
	if !in.sorted {
		slices.Sort(in.fingerprints)
		in.sorted = true
	}
	_, found := slices.BinarySearch(in.fingerprints, p)
	return found && p != 0
}

// knowsHeader reports whether rows that were made from these columns can be those of the input.
func (in *InputRecords) knowsHeader(columns []string) bool {
	return columns == nil || in.columns == nil || slices.Equal(columns, in.columns)
}

// openFingerprintsForReading opens the fingerprints of a job for reading alone; nil if it has none.
func (s *Store) openFingerprintsForReading() (*fingerprints, error) {
	f, err := fsutil.OpenRegular(s.path(job.CheckpointStream))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newFingerprints(f)
}
