package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// rowSum proves a row of a part that is not sealed: the length and the CRC-32C of its
// record with Position and line end.
type rowSum struct{ length, crc uint32 }

func rowSumOf(line []byte) rowSum {
	return rowSum{uint32(len(line)), crc32.Checksum(line, castagnoli)}
}

// rowSumSize is the bytes of an entry of the file: part, length, CRC-32C, 4 bytes
// each. Entries are in the order of the rows of a part, and are written before these.
const rowSumSize = 12

func appendRowSum(dst []byte, part int, line []byte) []byte {
	sum := rowSumOf(line)
	dst = binary.BigEndian.AppendUint32(dst, uint32(part))
	dst = binary.BigEndian.AppendUint32(dst, sum.length)
	return binary.BigEndian.AppendUint32(dst, sum.crc)
}

// openRowSums opens the file for appending and forgets what is in it: all parts are
// sealed.
func (s *Store) openRowSums() error {
	var err error
	s.rowSums, err = fsutil.OpenOwn(s.path(job.CheckpointRowSums), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND)
	return err
}

// readRowSums reads the entries of the parts after the first so many, which are sealed.
// A torn last entry, and zeros that a power cut left, are passed over. It returns nil if
// the parts are of an earlier version, which has no such file or an empty one.
func (s *Store) readRowSums(sealed int) (map[int][]rowSum, error) {
	f, err := fsutil.OpenRegular(s.path(job.CheckpointRowSums))
	if errors.Is(err, os.ErrNotExist) { // of an earlier version
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return nil, err
	}
	sums := map[int][]rowSum{}
	r := bufio.NewReaderSize(f, 64<<10)
	var entry [rowSumSize]byte
	for {
		_, err := io.ReadFull(r, entry[:])
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return sums, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read checksums of rows: %w", err)
		}
		if part := int(binary.BigEndian.Uint32(entry[:])); part > sealed {
			sums[part] = append(sums[part], rowSum{binary.BigEndian.Uint32(entry[4:]), binary.BigEndian.Uint32(entry[8:])})
		}
	}
}

// sumsOfPart returns the checksums of a part's rows: none if they are gone, nil if the
// part is of an earlier version.
func sumsOfPart(sums map[int][]rowSum, part int) []rowSum {
	if sums == nil {
		return nil
	}
	return append([]rowSum{}, sums[part]...)
}

// findProven sets where the rows end that the part begins with and that have their
// checksums, after a header of so many bytes.
func (p *part) findProven(header int64) error {
	p.proven = header
	info, err := p.f.Stat()
	if err != nil {
		return err
	}
	var line []byte
	for _, want := range p.rowSums {
		if p.proven+int64(want.length) > info.Size() {
			return nil
		}
		line = append(line[:0], make([]byte, want.length)...)
		n, err := p.f.ReadAt(line, p.proven)
		if err != nil && err != io.EOF {
			return fmt.Errorf("read checkpoint part %s: %w", p.name, err)
		}
		if n < len(line) || rowSumOf(line) != want {
			return nil
		}
		p.proven += int64(want.length)
	}
	return nil
}

// doubtfulRows are the rows of an unsealed part from the first on that does not fit
// its checksum. They are the end of a part that was not wholly written, if no later row
// fits; else it is damage.
type doubtfulRows struct {
	sums []rowSum // of the part; nil: a part of an earlier version
	rows int      // seen
	from int64    // where the first doubtful row starts
	line int64    // its line
	n    int64    // doubtful rows; 0: none
}

// add looks at the next row. It reports whether the row is proven, and returns the
// line of the first doubtful row if a proven one follows it.
func (d *doubtfulRows) add(record []byte, off, line int64) (proven bool, damaged int64) {
	i := d.rows
	d.rows++
	has := d.sums == nil || i < len(d.sums) && d.sums[i].length == uint32(len(record)+1) &&
		d.sums[i].crc == crc32.Update(crc32.Checksum(record, castagnoli), castagnoli, []byte{'\n'})
	switch {
	case has && d.n > 0:
		return false, d.line
	case has:
		return true, 0
	}
	d.addDoubtful(off, line)
	return false, 0
}

func (d *doubtfulRows) addDoubtful(off, line int64) {
	if d.n == 0 {
		d.from, d.line = off, line
	}
	d.n++
}

// holdsProvenRow reports whether one of these rows begins any line of tail.
func holdsProvenRow(tail []byte, sums []rowSum) bool {
	for len(tail) > 0 {
		for _, want := range sums {
			n := int(want.length)
			if n > 0 && n <= len(tail) && tail[n-1] == '\n' && rowSumOf(tail[:n]) == want {
				return true
			}
		}
		_, tail, _ = bytes.Cut(tail, []byte("\n"))
	}
	return false
}
