package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"prism/internal/fsutil"
	"prism/internal/rowid"
	"prism/internal/table"
)

// maxTail bounds the unfinished record that a torn tail may be, in bytes.
const maxTail = 256 << 20

// loadUnsealedPart adds the rows of a part that was never sealed, drops the torn
// tail behind them, and seals it.
func (s *Store) loadUnsealedPart(number int, sums []rowSum) error {
	p := &part{number: number, name: s.partName(number), rowSums: sums}
	var err error
	if p.f, err = fsutil.OpenOwn(s.partPath(number), os.O_RDWR); err != nil {
		return err
	}
	defer func() { p.f.Close() }()
	if err := p.findProven(int64(len(s.partHeader))); err != nil {
		return err
	}
	written, err := p.measure(p.f)
	if err != nil {
		return err
	}
	end, err := s.readUnsealed(p, p.f, written)
	if err != nil {
		return err
	}
	if err := s.dropTornTail(p, end); err != nil {
		return err
	}
	if err := p.f.Sync(); err != nil {
		return err
	}
	return s.writeSums([]*part{p})
}

// minZeroRun is the least number of zeros that stand for bytes which a power cut
// kept from being written.
const minZeroRun = 512

// measure sets size and checksum of what the part's file r holds, and returns
// how many bytes come before the first run of zeros, which proven rows may hold.
func (p *part) measure(r io.ReadSeeker) (written int64, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	p.size, p.sum, written = 0, 0, -1
	buf := make([]byte, 64<<10)
	zeros := 0 // at the end of what was read
	for {
		n, err := r.Read(buf)
		if bytes.IndexByte(buf[:n], 0) < 0 {
			zeros = 0
		} else {
			for i, c := range buf[:n] {
				if c != 0 || p.size+int64(i) < p.proven {
					zeros = 0
				} else if zeros++; zeros == minZeroRun && written < 0 {
					written = p.size + int64(i) + 1 - minZeroRun
				}
			}
		}
		p.size += int64(n)
		p.sum = crc32.Update(p.sum, castagnoli, buf[:n])
		if err == io.EOF {
			if written < 0 {
				written = p.size
			}
			return written, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// readUnsealed adds the rows in the first size bytes of a part's file and returns
// where the last of them ends. What follows is a torn tail: rows without their
// checksums, then no whole record.
func (s *Store) readUnsealed(p *part, file io.ReaderAt, size int64) (end int64, err error) {
	d := doubtfulRows{sums: p.rowSums}
	end, err = s.readRecords(p, file, size, &d)
	if err == nil && d.n > 0 {
		s.dropped += d.n
		end = d.from
	}
	return end, err
}

// readRecords adds the rows that are not doubtful and returns where the last whole record
// ends. If a whole record follows, or a row that is not doubtful follows a doubtful
// one, that is damage.
func (s *Store) readRecords(p *part, file io.ReaderAt, size int64, d *doubtfulRows) (end int64, err error) {
	path := s.partPath(p.number)
	head := make([]byte, min(int64(len(s.partHeader)), size))
	if n, err := file.ReadAt(head, 0); n < len(head) {
		return 0, err
	}
	if !bytes.Equal(head, s.partHeader) {
		if bytes.HasPrefix(s.partHeader, bytes.TrimRight(head, "\x00")) {
			return 0, nil // torn in the header
		}
		return 0, &DamageError{File: path, Line: 1, What: "the header does not match the job"}
	}
	whole, err := endsLine(file, size)
	if err != nil {
		return 0, err
	}
	end = int64(len(s.partHeader))
	r, err := table.NewReader(io.NewSectionReader(file, 0, size), table.Options{Name: path, Format: table.CSV})
	if err != nil {
		return 0, asDamage(err)
	}
	for {
		rec, err := r.Next()
		switch {
		case err == io.EOF && end == size:
			return end, nil
		case err == io.EOF:
			return end, d.checkTornTail(file, end, size, &DamageError{File: path, What: "there are blank lines at its end"})
		case err != nil:
			return end, d.checkTornTail(file, end, size, asDamage(err))
		case rec.Offset != end: // a blank line, or a carriage return before the line end
			return 0, &DamageError{File: path, Line: rec.Line, What: "the record before it does not end as records of a part do"}
		}
		next := end + int64(len(rec.Raw())) + 1
		if next > size || next == size && !whole {
			return end, nil // no line end: torn
		}
		pos, err := rowid.ParseDigits(rec.Field(0))
		if err != nil || pos < 1 || pos > maxPosition {
			return 0, &DamageError{File: path, Line: rec.Line, What: "invalid position"}
		}
		proven, damaged := d.add(rec.Raw(), end, rec.Line)
		if damaged > 0 {
			return 0, &DamageError{File: path, Line: damaged, What: "checksum mismatch in a row"}
		}
		if s.finished.Has(pos) {
			return 0, &DamageError{File: path, Line: rec.Line, What: fmt.Sprintf("duplicate position %d", pos)}
		}
		if proven {
			s.addResumed(extent{pos: pos, off: end, part: int32(p.number), rows: 1, bytes: int32(next - end)})
			p.rows++
		}
		end = next
	}
}

// endsLine reports whether the first size bytes of a file, at least one, end with a
// line feed. A file that cannot be read is an error, not a torn one.
func endsLine(file io.ReaderAt, size int64) (bool, error) {
	var last [1]byte
	if n, err := file.ReadAt(last[:], size-1); n == 0 {
		return false, err
	}
	return last[0] == '\n', nil
}

func asDamage(err error) error {
	var e *table.Error
	if errors.As(err, &e) {
		return &DamageError{File: e.File, Line: e.Line, What: e.Msg}
	}
	return err
}

// checkTornTail returns nil if the bytes from end to size are a record that was never
// finished, or rows of which none fits its checksum; else it is the cause.
func (d *doubtfulRows) checkTornTail(file io.ReaderAt, end, size int64, cause error) error {
	if size-end > maxTail {
		return cause
	}
	tail := make([]byte, size-end)
	if _, err := file.ReadAt(tail, end); err != nil {
		return err
	}
	if table.RecordEnd(table.CSV, bytes.TrimRight(tail, "\x00")) == 0 {
		return nil
	}
	if d.rows < len(d.sums) && !holdsProvenRow(tail, d.sums[d.rows:]) {
		d.addDoubtful(end, 0)
		return nil
	}
	return cause
}

// dropTornTail makes the part end at end; 0 leaves the header alone in it.
func (s *Store) dropTornTail(p *part, end int64) error {
	if end == p.size && end > 0 {
		return nil
	}
	if end > 0 {
		if err := p.f.Truncate(end); err != nil {
			return err
		}
	} else {
		if err := p.f.Close(); err != nil {
			return err
		}
		path := s.partPath(p.number)
		if err := fsutil.ReplaceFile(path, s.partHeader); err != nil {
			return err
		}
		f, err := fsutil.OpenOwn(path, os.O_RDWR)
		if err != nil {
			return err
		}
		p.f = f
	}
	_, err := p.measure(p.f)
	return err
}
