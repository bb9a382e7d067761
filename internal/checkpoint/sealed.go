package checkpoint

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"prism/internal/table"
)

// loader reads sealed parts, of which a job can have very many, in the same
// memory.
type loader struct{ buf []byte }

// sealed notes the rows of a sealed part. It must fit its checksum; then it is as
// it was written, and its records need not be looked into.
func (l *loader) sealed(s *Store, number int, want sealedSum) error {
	path := s.partPath(number)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size, crc, err := l.sum(f)
	switch {
	case err != nil:
		return err
	case size != want.bytes || crc != want.crc:
		return &DamageError{File: path, What: fmt.Sprintf(
			"it has %d bytes with checksum %08x, was sealed with %d and %08x", size, crc, want.bytes, want.crc)}
	}
	before := s.rows
	if err := l.rows(s, number, f, size); err != nil {
		return err
	}
	if got := s.rows - before; got != int64(want.rows) {
		return &DamageError{File: path, What: fmt.Sprintf("it has %d rows, was sealed with %d", got, want.rows)}
	}
	return nil
}

func (l *loader) sum(f io.Reader) (size int64, crc uint32, err error) {
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

// rows cuts the file into its header and its records.
func (l *loader) rows(s *Store, number int, f io.ReaderAt, size int64) error {
	damaged := func(what string) error { return &DamageError{File: s.partPath(number), What: what} }
	first, last := 0, 0 // l.buf[first:last] was read and not yet cut
	for off, read := int64(0), int64(0); off < size; {
		n := recordEnd(l.buf[first:last])
		if n < 0 {
			if read == size {
				return damaged("it was sealed with half a record")
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
			pos, err := table.ParseRowID(digits)
			if err != nil || pos < 1 || pos > maxPosition {
				return damaged("a record has no position")
			}
			if s.done.has(pos) {
				return damaged(fmt.Sprintf("position %d was finished before", pos))
			}
			s.resume(extent{pos: pos, off: off, part: int32(number), rows: 1, bytes: int32(n)})
		} else if !bytes.Equal(line, s.header) {
			return &DamageError{File: s.partPath(number), Line: 1, What: "the header is not that of the job"}
		}
		first, off = first+n, off+int64(n)
	}
	return nil
}

// resume notes a row of an earlier process.
func (s *Store) resume(e extent) {
	s.done.add(e.pos)
	s.rows++
	s.resumed = extend(s.resumed, e)
}
