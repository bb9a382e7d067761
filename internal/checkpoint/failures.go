package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/rowid"
)

// Failure is a row that got no labels.
type Failure struct {
	Position int64  `json:"position"`
	RowID    int64  `json:"row_id"`
	Line     int64  `json:"line,omitempty"` // of the input file; 0: unknown
	Reason   string `json:"reason"`
	Calls    int    `json:"attempts"`        // calls that had the row
	Reply    string `json:"reply,omitempty"` // the model's last words on it
}

func (s *Store) openFailures() error {
	path := s.path(job.CheckpointFailures)
	f, err := fsutil.OpenOwn(path, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return err
	}
	s.failures = f
	return repairSideFile(f, func(line int64, data []byte) error {
		v, err := parseFailure(data)
		if err != nil {
			return &DamageError{File: path, Line: line, What: err.Error()}
		}
		if !s.finished.Has(v.Position) {
			s.failed.Add(v.Position)
		}
		return nil
	})
}

// failureSum comes before the CRC-32C, in hex, of a line of a failed row: of the object without
// it. Earlier versions wrote none.
const failureSum = `,"crc32c":"`

// appendFailure appends the line of a failed row.
func appendFailure(dst []byte, f Failure) ([]byte, error) {
	object, err := json.Marshal(f)
	if err != nil {
		return dst, err
	}
	dst = append(append(dst, object[:len(object)-1]...), failureSum...)
	return fmt.Appendf(dst, "%08x\"}\n", crc32.Checksum(object, castagnoli)), nil
}

// parseFailure reads a line that appendFailure made.
func parseFailure(line []byte) (f Failure, err error) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if object, sum, ok := bytes.Cut(line, []byte(failureSum)); ok {
		line = append(bytes.Clone(object), '}')
		if want := fmt.Sprintf("%08x\"}", crc32.Checksum(line, castagnoli)); string(sum) != want {
			return f, errors.New("checksum mismatch in a line of a failed row")
		}
	}
	if json.Unmarshal(line, &f) != nil || f.Position < 1 {
		return f, errors.New("invalid line of a failed row")
	}
	return f, nil
}

// Fail records a row as failed. It stays so, also for later processes, until
// the row is appended.
func (s *Store) Fail(f Failure) error {
	line, err := appendFailure(nil, f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.err = s.flushFingerprints(); s.err != nil {
		return s.err
	}
	if s.failures == nil { // nothing is kept: replies of many failed rows do not fit into memory
		if s.failures, s.err = fsutil.CreateTemp("prism-rows-*.tmp"); s.err != nil {
			return s.err
		}
	}
	if _, err := s.failures.Write(line); err != nil {
		s.err = fmt.Errorf("write checkpoint list of failed rows: %w", err)
		return s.err
	}
	s.failuresDirty = true
	s.failed.Add(f.Position)
	s.retried.Remove(f.Position)
	return nil
}

// ResetFailures makes every failed row one to ask for again, for this process.
// Those that it does not come to stay listed.
func (s *Store) ResetFailures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retried, s.failed = s.failed, rowid.Set{}
}

// FinishedRows counts the rows that are finished, by earlier processes alone if
// nothing is kept of this one.
func (s *Store) FinishedRows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finished.Len()
}

// FailedRows is the number of rows that EachFailure lists.
func (s *Store) FailedRows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed.Len() + s.retried.Len()
}

func (s *Store) isListed(pos int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed.Has(pos) || s.retried.Has(pos)
}

// EachFailure calls f for each row that failed and was not finished since, by
// position; of a row that failed again the last failure counts. It keeps a few
// bytes a row in memory. No rows may fail meanwhile.
func (s *Store) EachFailure(f func(Failure) error) error {
	if s.failures == nil {
		return nil
	}
	list, err := s.failureLines()
	if err != nil {
		return err
	}
	var line []byte
	for i, l := range list {
		if i+1 < len(list) && list[i+1].pos == l.pos {
			continue
		}
		line = append(line[:0], make([]byte, l.bytes)...)
		if _, err := s.failures.ReadAt(line, l.off); err != nil {
			return fmt.Errorf("read failed rows: %w", err)
		}
		v, err := parseFailure(line)
		if err != nil {
			return fmt.Errorf("read failed rows: %w", err)
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// failureLine is where a line of the failures is.
type failureLine struct {
	pos, off int64
	bytes    int
}

// failureLines finds the lines of rows that are failed, by position and then
// in the order they came.
func (s *Store) failureLines() ([]failureLine, error) {
	if _, err := s.failures.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var list []failureLine
	off := int64(0)
	err := repairSideFile(s.failures, func(_ int64, data []byte) error {
		var v struct {
			Position int64 `json:"position"`
		}
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("read failed rows: %w", err)
		}
		if s.isListed(v.Position) {
			list = append(list, failureLine{v.Position, off, len(data)})
		}
		off += int64(len(data))
		return nil
	})
	slices.SortStableFunc(list, func(a, b failureLine) int { return cmp.Compare(a.pos, b.pos) })
	return list, err
}
