package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sort"

	"prism/internal/rowid"
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

// findEarlier finds the extent of an earlier process that has pos.
func (s *Store) findEarlier(pos int64) (extent, bool) {
	i := sort.Search(len(s.earlier), func(i int) bool { return s.earlier[i].pos > pos }) - 1
	if i < 0 || pos >= s.earlier[i].end() {
		return extent{}, false
	}
	return s.earlier[i], true
}

// LastEarlier returns the last position of the rows that an earlier process
// finished, beginning with the row at pos, and that lie together; 0 if it did not
// finish that row.
func (s *Store) LastEarlier(pos int64) int64 {
	if e, ok := s.findEarlier(pos); ok {
		return e.end() - 1
	}
	return 0
}

// ReadEarlier returns the rows at the positions from first to last, which lie
// together as LastEarlier says: each record with its line end and without the
// Position. They live until the next ReadEarlier.
func (s *Store) ReadEarlier(first, last int64) ([][]byte, error) {
	e, ok := s.findEarlier(first)
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
		return &DamageError{File: s.partPath(int(e.part)), What: "it is shorter than it was at the start"}
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
	f, err := os.Open(s.partPath(int(e.part)))
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

// EachRow calls each with every finished row of a job: its position and its record
// as a part holds it, without position and line end; it lives until each
// returns. Nothing is changed, and the job may be at work: what it has not
// wholly written is left out.
func EachRow(dir, jobID string, each func(pos int64, record []byte) error) error {
	s := &Store{dir: dir, job: jobID}
	numbers, err := s.partNumbers()
	if err != nil {
		return err
	}
	sums, err := s.readSums()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		sealed, ok := sums[n]
		if err := s.eachRowOf(n, sealed, ok, each); err != nil {
			return err
		}
	}
	return nil
}

// readSums reads the checksums without dropping a torn line.
func (s *Store) readSums() (map[int]sum, error) {
	data, err := os.ReadFile(s.path(".sums"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	sums := map[int]sum{}
	for line := range bytes.Lines(data) {
		var v sum
		if json.Unmarshal(line, &v) == nil && v.Part > 0 {
			sums[v.Part] = v
		}
	}
	return sums, nil
}

func (s *Store) eachRowOf(number int, want sum, sealed bool, each func(int64, []byte) error) error {
	path := filepath.Join(s.dir, s.partName(number))
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	crc := crc32.New(castagnoli)
	size, err := io.Copy(crc, f)
	if err != nil {
		return err
	}
	if sealed && (size != want.Bytes || fmt.Sprintf("%08x", crc.Sum32()) != want.CRC) {
		return &DamageError{File: path, What: "it is not as it was sealed"}
	}
	r, err := table.NewReader(io.NewSectionReader(f, 0, size), table.Options{Name: path, Format: table.CSV})
	if err != nil {
		return unlessTorn(sealed, asDamage(err))
	}
	whole, err := endsLine(f, size)
	if err != nil {
		return fmt.Errorf("read checkpoint part %s: %w", path, err)
	}
	for {
		rec, err := r.Next()
		if err != nil {
			return unlessTorn(sealed, asDamage(err))
		}
		end := rec.Offset + int64(len(rec.Raw())) + 1
		if end > size || end == size && !whole {
			return nil // no line end: torn
		}
		pos, err := rowid.Parse(rec.Text(nil, 0))
		if err != nil || pos < 1 {
			return unlessTorn(sealed, &DamageError{File: path, Line: rec.Line, What: "invalid position"})
		}
		if err := each(pos, rec.Raw()[len(rec.Field(0))+1:]); err != nil {
			return err
		}
	}
}

// unlessTorn forgives what an unsealed part ends with.
func unlessTorn(sealed bool, err error) error {
	var damage *DamageError
	if errors.Is(err, io.EOF) || !sealed && errors.As(err, &damage) {
		return nil
	}
	return err
}
