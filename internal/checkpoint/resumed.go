package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// maxExtent bounds what one read takes into memory, in bytes (one row may be longer).
const maxExtent = 256 << 10

// extent is a run of rows with consecutive positions that lie one after the
// other in a part.
type extent struct {
	pos   int64 // of the first row
	off   int64 // byte offset in the part
	part  int32
	rows  int32
	bytes int32
}

// end is the position after the last row.
func (e *extent) end() int64 { return e.pos + int64(e.rows) }

// appendExtent joins e to the last extent where it follows in the same part.
func appendExtent(list []extent, e extent) []extent {
	if n := len(list); n > 0 {
		l := &list[n-1]
		if l.part == e.part && l.end() == e.pos && l.off+int64(l.bytes) == e.off && l.bytes+e.bytes <= maxExtent {
			l.rows += e.rows
			l.bytes += e.bytes
			return list
		}
	}
	return append(list, e)
}

// findResumed finds the extent of an earlier process that has pos.
func (s *Store) findResumed(pos int64) (extent, bool) {
	i := sort.Search(len(s.resumed), func(i int) bool { return s.resumed[i].pos > pos }) - 1
	if i < 0 || pos >= s.resumed[i].end() {
		return extent{}, false
	}
	return s.resumed[i], true
}

// LastResumed returns the last position of the rows that an earlier process
// finished, beginning with the row at pos, and that lie together; 0 if it did not
// finish that row.
func (s *Store) LastResumed(pos int64) int64 {
	if e, ok := s.findResumed(pos); ok {
		return e.end() - 1
	}
	return 0
}

// ReadResumed returns the rows at the positions from first to last, which lie
// together as LastResumed says: each record with its line end and without the
// Position. They live until the next ReadResumed.
func (s *Store) ReadResumed(first, last int64) ([][]byte, error) {
	e, ok := s.findResumed(first)
	if !ok || last >= e.end() {
		return nil, fmt.Errorf("bug: rows %d to %d are not rows of an earlier process that lie together", first, last)
	}
	if err := s.loadExtent(e); err != nil {
		return nil, err
	}
	return s.reader.records[first-e.pos : last-e.pos+1], nil
}

// extentReader has one extent in memory.
type extentReader struct {
	extent  extent
	records [][]byte
	buf     []byte
	file    *os.File // part of the extent; nil: none
}

// loadExtent reads an extent, unless it is in memory.
func (s *Store) loadExtent(e extent) error {
	r := &s.reader
	if r.extent == e {
		return nil
	}
	samePart := r.extent.part == e.part
	r.extent = extent{}
	if !samePart {
		if err := s.openExtentPart(e); err != nil {
			return err
		}
	}
	if cap(r.buf) < int(e.bytes) {
		r.buf = make([]byte, e.bytes)
	}
	r.buf = r.buf[:e.bytes]
	switch _, err := r.file.ReadAt(r.buf, e.off); {
	case errors.Is(err, io.EOF): // not the end of anything for the caller
		return &DamageError{File: s.partPath(int(e.part)), What: "it became shorter since the start"}
	case err != nil:
		return fmt.Errorf("read checkpoint part %s: %w", s.partName(int(e.part)), err)
	}
	var err error
	if r.records, err = splitRecords(r.records[:0], r.buf, int(e.rows)); err != nil {
		return &DamageError{File: s.partPath(int(e.part)), What: err.Error()}
	}
	r.extent = e
	return nil
}

func (s *Store) openExtentPart(e extent) error {
	if s.reader.file != nil {
		if err := s.reader.file.Close(); err != nil {
			return err
		}
		s.reader.file = nil
	}
	f, err := fsutil.OpenRegular(s.partPath(int(e.part)))
	if err != nil {
		return err
	}
	s.reader.file = f
	return nil
}

// splitRecords cuts data into its records, which lose their Position.
func splitRecords(records [][]byte, data []byte, rows int) ([][]byte, error) {
	for n := range rows {
		end := table.RecordEnd(table.CSV, data)
		comma := bytes.IndexByte(data, ',')
		if end == 0 || comma < 0 || comma >= end {
			return nil, fmt.Errorf("%d records expected, %d found", rows, n)
		}
		records = append(records, data[comma+1:end])
		data = data[end:]
	}
	return records, nil
}
