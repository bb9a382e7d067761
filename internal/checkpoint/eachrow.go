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

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/rowid"
	"prism/internal/table"
)

// EachRow calls each with every finished row of a job whose record the input has: its
// position and its record as a part holds it, without position and line end; it lives until
// each returns. A nil input has all of them. The rows that it has not are counted. Nothing is
// changed, and the job may be at work: what it has not wholly written is left out.
func EachRow(dir, jobID string, in *InputRecords, each func(pos int64, record []byte) error) (outdated int64, err error) {
	s := &Store{dir: dir, job: jobID}
	if in == nil {
		return 0, s.eachRow(each)
	}
	side, err := ReadSidecar(dir, jobID)
	if err != nil {
		return 0, err
	}
	known, err := s.openFingerprintsForReading()
	if err != nil {
		return 0, err
	}
	if known != nil {
		defer known.f.Close()
	}
	sameHeader := known != nil && in.knowsHeader(side.InputColumns)
	err = s.eachRow(func(pos int64, record []byte) error {
		if sameHeader {
			fp, err := known.readAt(pos)
			if err != nil {
				return fmt.Errorf("read fingerprints of the input: %w", err)
			}
			if in.has(fp) {
				return each(pos, record)
			}
		}
		outdated++
		return nil
	})
	return outdated, err
}

func (s *Store) eachRow(each func(pos int64, record []byte) error) error {
	if s.isSwapping() {
		return s.errSwapping()
	}
	numbers, err := s.partNumbers()
	if err != nil {
		return err
	}
	sums, err := s.readSums()
	if err != nil {
		return err
	}
	rowSums, err := s.readRowSums(len(sums))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		sealed, ok := sums[n]
		if err := s.eachRowOf(n, sealed, ok, sumsOfPart(rowSums, n), each); err != nil {
			return err
		}
	}
	return nil
}

// readSums reads the checksums without dropping a torn line.
func (s *Store) readSums() (map[int]sum, error) {
	data, err := os.ReadFile(s.path(job.CheckpointSums))
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

func (s *Store) eachRowOf(number int, want sum, sealed bool, rowSums []rowSum, each func(int64, []byte) error) error {
	path := filepath.Join(s.dir, s.partName(number))
	f, err := fsutil.OpenRegular(path)
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
		return &DamageError{File: path, What: "it changed since it was sealed"}
	}
	r, err := table.NewReader(io.NewSectionReader(f, 0, size), table.Options{Name: path, Format: table.CSV})
	if err != nil {
		return unlessTorn(sealed, asDamage(err))
	}
	doubt := doubtfulRows{sums: rowSums}
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
		pos, err := rowid.ParseDigits(rec.Text(nil, 0))
		if err != nil || pos < 1 {
			return unlessTorn(sealed, &DamageError{File: path, Line: rec.Line, What: "invalid position"})
		}
		if !sealed {
			if proven, _ := doubt.add(rec.Raw(), rec.Offset, rec.Line); !proven {
				return nil
			}
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
