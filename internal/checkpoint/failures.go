package checkpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// Failure is a row that was given up.
type Failure struct {
	Position int64  `json:"position"`
	RowID    int64  `json:"row_id"`
	Line     int64  `json:"line,omitempty"` // of the input file; 0: unknown
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`        // calls that had the row
	Reply    string `json:"reply,omitempty"` // the model's last words on it
}

func (s *Store) openFailures() error {
	path := s.path(".failed.jsonl")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	s.failures = f
	return eachWholeLine(f, func(line int64, data []byte) error {
		var v Failure
		if err := json.Unmarshal(data, &v); err != nil || v.Position < 1 {
			return &DamageError{File: path, Line: line, What: "no failed row"}
		}
		if !s.done.has(v.Position) {
			s.failed.add(v.Position)
		}
		return nil
	})
}

// Fail notes a row as failed. It stays so, also for later processes, until
// the row is appended.
func (s *Store) Fail(f Failure) error {
	line, err := json.Marshal(f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if _, err := s.failures.Write(append(line, '\n')); err != nil {
		s.err = fmt.Errorf("write failed row: %w", err)
		return s.err
	}
	s.failed.add(f.Position)
	s.grown.Broadcast()
	return nil
}

// Failed tells whether the row at a position was given up.
func (s *Store) Failed(pos int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed.has(pos)
}

// Forgive makes every failed row an open one again, for this process.
func (s *Store) Forgive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = positions{}
}

// FailedRows is the number of rows that are given up.
func (s *Store) FailedRows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed.n
}

// Failures returns the rows that are given up, by position; of a row that
// failed again its last failure counts.
func (s *Store) Failures() ([]Failure, error) {
	if _, err := s.failures.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var list []Failure
	err := eachWholeLine(s.failures, func(_ int64, data []byte) error {
		var v Failure
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
		if s.Failed(v.Position) {
			list = append(list, v)
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Failure) int { return cmp.Compare(a.Position, b.Position) })
	last := list[:0]
	for i, f := range list {
		if i+1 == len(list) || list[i+1].Position != f.Position {
			last = append(last, f)
		}
	}
	return last, err
}
