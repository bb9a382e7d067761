package checkpoint

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/rowid"
	"prism/internal/table"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxPosition is more than any file has.
const maxPosition = 1 << 60

// DamageError says that a file of the checkpoint is not as it was written.
type DamageError struct {
	File string
	Line int64 // 0: the whole file
	What string
}

func (e *DamageError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: damaged: %s", e.File, e.Line, e.What)
	}
	return fmt.Sprintf("%s: damaged: %s", e.File, e.What)
}

// sum is a line of the sums file.
type sum struct {
	Part  int    `json:"part"`
	Rows  int    `json:"rows"`
	Bytes int64  `json:"bytes"`
	CRC   string `json:"crc32c"`
}

// partNumbers lists the parts that are there, in order. A job can have very many.
func (s *Store) partNumbers() ([]int, error) {
	dir, err := os.Open(s.dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	prefix := filepath.Base(s.path(""))
	var numbers []int
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				if n, ok := job.ParseCheckpointPart(rest); ok {
					numbers = append(numbers, n)
				}
			}
		}
		if err == io.EOF {
			slices.Sort(numbers)
			return numbers, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// loadParts reads every part: a sealed one must fit its checksum; those after
// the last sealed one may end in a torn tail, which is dropped, and are sealed then.
func (s *Store) loadParts() error {
	numbers, err := s.partNumbers()
	if err != nil {
		return err
	}
	sums, err := s.openSums(len(numbers) > 0)
	if err != nil {
		return err
	}
	rowSums, err := s.readRowSums(len(sums))
	if err != nil {
		return err
	}
	var l partLoader
	for n := 1; n <= max(len(numbers), len(sums)); n++ {
		if n > len(numbers) || numbers[n-1] != n {
			return &DamageError{File: s.partPath(n), What: "the part is missing"}
		}
		if n <= len(sums) {
			err = l.loadSealed(s, n, sums[n-1])
		} else {
			err = s.loadUnsealedPart(n, sumsOfPart(rowSums, n))
		}
		if err != nil {
			return err
		}
		if n == 64 { // of many parts these tell how much memory all will take
			s.resumed = slices.Grow(s.resumed, len(s.resumed)*(len(numbers)/n))
		}
	}
	s.count = len(numbers)
	s.sortResumed()
	return nil
}

func (s *Store) sortResumed() {
	slices.SortFunc(s.resumed, func(a, b extent) int { return cmp.Compare(a.pos, b.pos) })
}

// openSums reads the sums, which are there before the first part is: that of
// part n at n-1. A torn last line is dropped.
func (s *Store) openSums(haveParts bool) ([]sealedSum, error) {
	path := s.path(job.CheckpointSums)
	if _, err := os.Lstat(path); haveParts && errors.Is(err, fs.ErrNotExist) {
		return nil, &DamageError{File: path, What: "it is missing, but its parts exist"}
	}
	f, err := fsutil.OpenOwn(path, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	s.sums = f
	var sums []sealedSum
	err = repairSideFile(f, func(line int64, data []byte) error {
		var v sum
		crc := uint64(0)
		err := json.Unmarshal(data, &v)
		if err == nil {
			crc, err = strconv.ParseUint(v.CRC, 16, 32)
		}
		switch sealed := (sealedSum{bytes: v.Bytes, rows: v.Rows, crc: uint32(crc)}); {
		case err != nil || v.Part < 1:
			return &DamageError{File: path, Line: line, What: "invalid checksum line"}
		case v.Part <= len(sums):
			sums[v.Part-1] = sealed
		case v.Part > len(sums)+1: // parts are sealed in order
			return &DamageError{File: path, Line: line, What: fmt.Sprintf("the checksum of part %d is missing", len(sums)+1)}
		default:
			sums = append(sums, sealed)
		}
		return nil
	})
	return sums, err
}

// sealedSum is a sum as it is kept while parts are loaded.
type sealedSum struct {
	bytes int64
	rows  int
	crc   uint32
}

// repairSideFile calls f for every whole line and truncates the file behind the last
// one, where a write was torn.
func repairSideFile(file *os.File, f func(line int64, data []byte) error) error {
	r := bufio.NewReaderSize(file, 64<<10)
	var end, line int64
	for {
		data, err := r.ReadBytes('\n')
		if err == io.EOF {
			if len(data) > 0 {
				return file.Truncate(end)
			}
			return nil
		}
		if err != nil {
			return err
		}
		line++
		if len(bytes.Trim(data, "\x00\n")) == 0 {
			return file.Truncate(end)
		}
		if err := f(line, data); err != nil {
			return err
		}
		end += int64(len(data))
	}
}

// partLoader reads sealed parts, of which a job can have very many, in the same
// memory.
type partLoader struct{ buf []byte }

// loadSealed adds the rows of a sealed part. It must fit its checksum; then it is as
// it was written, and its records need not be looked into.
func (l *partLoader) loadSealed(s *Store, number int, want sealedSum) error {
	path := s.partPath(number)
	f, err := fsutil.OpenRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size, crc, err := l.checksum(f)
	switch {
	case err != nil:
		return err
	case size != want.bytes || crc != want.crc:
		return &DamageError{File: path, What: fmt.Sprintf(
			"it has %d bytes with checksum %08x, was sealed with %d and %08x", size, crc, want.bytes, want.crc)}
	}
	before := s.finished.Len()
	if err := l.cutRows(s, number, f, size); err != nil {
		return err
	}
	if got := s.finished.Len() - before; got != int64(want.rows) {
		return &DamageError{File: path, What: fmt.Sprintf("it has %d rows, was sealed with %d", got, want.rows)}
	}
	return nil
}

func (l *partLoader) checksum(f io.Reader) (size int64, crc uint32, err error) {
	if l.buf == nil {
		l.buf = make([]byte, 64<<10)
	}
	for {
		n, err := f.Read(l.buf)
		size += int64(n)
		crc = crc32.Update(crc, castagnoli, l.buf[:n])
		if err == io.EOF {
			return size, crc, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// cutRows cuts the file into its header and its records.
func (l *partLoader) cutRows(s *Store, number int, f io.ReaderAt, size int64) error {
	damaged := func(what string) error { return &DamageError{File: s.partPath(number), What: what} }
	first, last := 0, 0 // l.buf[first:last] was read and not yet cut
	for off, read := int64(0), int64(0); off < size; {
		n := table.RecordEnd(table.CSV, l.buf[first:last])
		if n == 0 {
			if read == size {
				return damaged("it was sealed in the middle of a record")
			}
			last = copy(l.buf, l.buf[first:last])
			if first = 0; last == len(l.buf) {
				l.buf = append(l.buf, make([]byte, len(l.buf))...)
			}
			got, err := f.ReadAt(l.buf[last:min(int64(len(l.buf)), int64(last)+size-read)], read)
			if got == 0 {
				return err
			}
			last, read = last+got, read+int64(got)
			continue
		}
		line := l.buf[first : first+n]
		if off > 0 {
			digits, _, _ := bytes.Cut(line, []byte(","))
			pos, err := rowid.ParseDigits(digits)
			if err != nil || pos < 1 || pos > maxPosition {
				return damaged("a record has no position")
			}
			if !s.addResumed(extent{pos: pos, off: off, part: int32(number), rows: 1, bytes: int32(n)}) {
				return damaged(fmt.Sprintf("duplicate position %d", pos))
			}
		} else if !bytes.Equal(line, s.partHeader) {
			return &DamageError{File: s.partPath(number), Line: 1, What: "the header does not match the job"}
		}
		first, off = first+n, off+int64(n)
	}
	return nil
}

// addResumed adds a row of an earlier process. It reports whether its position is new.
func (s *Store) addResumed(e extent) bool {
	s.resumed = appendExtent(s.resumed, e)
	return s.finished.Add(e.pos)
}
