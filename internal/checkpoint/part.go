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

	"prism/internal/durable"
	"prism/internal/record"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxTail bounds the unfinished record that a torn tail may be, in bytes.
const maxTail = 256 << 20

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

// part is one append-only file of finished rows while it is open.
type part struct {
	number int
	name   string
	f      *os.File
	size   int64  // bytes, the header included
	sum    uint32 // CRC-32C of these bytes
	rows   int
	unread int // rows that Read did not yet return
	sealed bool
	dirty  bool // has bytes that were not synced
}

// sum is a line of the sums file.
type sum struct {
	Part  int    `json:"part"`
	Rows  int    `json:"rows"`
	Bytes int64  `json:"bytes"`
	CRC   string `json:"crc32c"`
}

func partNumber(rest string) (int, bool) {
	digits, ok := strings.CutPrefix(rest, "_part")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, ".csv")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && len(digits) >= 4
}

func (s *Store) partNumbers() ([]int, error) {
	paths, err := filepath.Glob(globEscape(s.path("_part")) + "*.csv")
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, path := range paths {
		if n, ok := partNumber(strings.TrimPrefix(path, s.path(""))); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
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
	lastSealed := 0
	for n := range sums {
		lastSealed = max(lastSealed, n)
	}
	for n := 1; n <= max(len(numbers), lastSealed); n++ {
		if n > len(numbers) || numbers[n-1] != n {
			return &DamageError{File: s.partPath(n), What: "the part is missing"}
		}
		want, sealed := sums[n]
		switch {
		case sealed:
			err = s.loadSealed(n, want)
		case n < lastSealed:
			err = &DamageError{File: s.path(".sums"), What: fmt.Sprintf("the checksum of part %d is missing", n)}
		default:
			err = s.loadTorn(n)
		}
		if err != nil {
			return err
		}
	}
	s.count = len(numbers)
	s.sortResumed()
	return nil
}

func (s *Store) sortResumed() {
	slices.SortFunc(s.resumed, func(a, b extent) int { return cmp.Compare(a.pos, b.pos) })
}

// openSums reads the sums; a torn last line is dropped. They are there before
// the first part is.
func (s *Store) openSums(haveParts bool) (map[int]sum, error) {
	path := s.path(".sums")
	if _, err := os.Lstat(path); haveParts && errors.Is(err, fs.ErrNotExist) {
		return nil, &DamageError{File: path, What: "it is missing, but the parts it belongs to are there"}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	s.sums = f
	sums := map[int]sum{}
	err = eachWholeLine(f, func(line int64, data []byte) error {
		var v sum
		if err := json.Unmarshal(data, &v); err != nil || v.Part < 1 {
			return &DamageError{File: path, Line: line, What: "no line of checksums"}
		}
		sums[v.Part] = v
		return nil
	})
	return sums, err
}

// eachWholeLine calls f for every line and truncates the file behind the last whole one.
func eachWholeLine(file *os.File, f func(line int64, data []byte) error) error {
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

// openPart opens a part of an earlier process. The caller closes it.
func (s *Store) openPart(number int) (*part, error) {
	p := &part{number: number, name: s.partName(number), sealed: true}
	var err error
	p.f, err = os.OpenFile(s.partPath(number), os.O_RDWR, 0)
	return p, err
}

func (s *Store) loadSealed(number int, want sum) error {
	p, err := s.openPart(number)
	if err != nil {
		return err
	}
	defer p.f.Close()
	if _, err := p.measure(p.f); err != nil {
		return err
	}
	if got := fmt.Sprintf("%08x", p.sum); p.size != want.Bytes || got != want.CRC {
		return &DamageError{File: s.partPath(number), What: fmt.Sprintf(
			"it has %d bytes with checksum %s, was sealed with %d and %s", p.size, got, want.Bytes, want.CRC)}
	}
	end, err := s.readRows(p, p.f, p.size)
	if err == nil && end != p.size {
		err = &DamageError{File: s.partPath(number), What: "it was sealed with half a record"}
	}
	return err
}

func (s *Store) loadTorn(number int) error {
	p, err := s.openPart(number)
	if err != nil {
		return err
	}
	defer func() { p.f.Close() }()
	written, err := p.measure(p.f)
	if err != nil {
		return err
	}
	end, err := s.readRows(p, p.f, written)
	if err != nil {
		return err
	}
	if err := s.dropTail(p, end); err != nil {
		return err
	}
	if err := p.f.Sync(); err != nil {
		return err
	}
	return s.writeSums([]*part{p})
}

// hole is what a power cut may leave where bytes were never written, at least.
const hole = 512

// measure sets size and checksum of what the part's file r holds, and returns
// how many bytes come before the first hole.
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
				if c != 0 {
					zeros = 0
				} else if zeros++; zeros == hole && written < 0 {
					written = p.size + int64(i) + 1 - hole
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

// readRows notes the rows in the first size bytes of a part's file and returns
// where the last whole record ends. What follows is a torn tail if it holds no
// whole record, damage otherwise.
func (s *Store) readRows(p *part, file io.ReaderAt, size int64) (end int64, err error) {
	path := s.partPath(p.number)
	head := make([]byte, min(int64(len(s.header)), size))
	if n, err := file.ReadAt(head, 0); n < len(head) {
		return 0, err
	}
	if !bytes.Equal(head, s.header) {
		if bytes.HasPrefix(s.header, bytes.TrimRight(head, "\x00")) {
			return 0, nil // torn in the header
		}
		return 0, &DamageError{File: path, Line: 1, What: "the header is not that of the job"}
	}
	end = int64(len(s.header))
	r, err := record.NewReader(io.NewSectionReader(file, 0, size), record.Options{Name: path, Format: record.CSV})
	if err != nil {
		return 0, asDamage(err)
	}
	for {
		rec, err := r.Next()
		switch {
		case err == io.EOF && end == size:
			return end, nil
		case err == io.EOF:
			return end, orTorn(file, end, size, &DamageError{File: path, What: "there are blank lines at its end"})
		case err != nil:
			return end, orTorn(file, end, size, asDamage(err))
		case rec.Offset != end: // a blank line, or a carriage return before the line end
			return 0, &DamageError{File: path, Line: rec.Line, What: "the record before it does not end as records of a part do"}
		}
		next := end + int64(len(rec.Raw())) + 1
		if next > size || next == size && !endsLine(file, size) {
			return end, nil // no line end: torn
		}
		pos, err := record.ParseRowID(rec.Text(nil, 0))
		if err != nil || pos < 1 || pos > maxPosition {
			return 0, &DamageError{File: path, Line: rec.Line, What: "no position"}
		}
		if s.done.has(pos) {
			return 0, &DamageError{File: path, Line: rec.Line, What: fmt.Sprintf("position %d was finished before", pos)}
		}
		s.done.add(pos)
		s.rows++
		p.rows++
		s.resumed = extend(s.resumed, extent{pos: pos, off: end, part: int32(p.number), rows: 1, bytes: int32(next - end)})
		end = next
	}
}

func endsLine(file io.ReaderAt, size int64) bool {
	var last [1]byte
	n, _ := file.ReadAt(last[:], size-1)
	return n == 1 && last[0] == '\n'
}

func asDamage(err error) error {
	var e *record.Error
	if errors.As(err, &e) {
		return &DamageError{File: e.File, Line: e.Line, What: e.Msg}
	}
	return err
}

// orTorn is nil if the bytes from end to size are a record that was never
// finished; else it is the cause.
func orTorn(file io.ReaderAt, end, size int64, cause error) error {
	if size-end > maxTail {
		return cause
	}
	tail := make([]byte, size-end)
	if _, err := file.ReadAt(tail, end); err != nil {
		return err
	}
	if recordEnd(bytes.TrimRight(tail, "\x00")) < 0 {
		return nil
	}
	return cause
}

// dropTail makes the part end at end; 0 leaves the header alone in it.
func (s *Store) dropTail(p *part, end int64) error {
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
		if err := durable.WriteFile(path, s.header); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		p.f = f
	}
	_, err := p.measure(p.f)
	return err
}

// recordEnd is the number of bytes of data's first CSV record with its line
// end, -1 if data ends before the record does.
func recordEnd(data []byte) int {
	switch n := bytes.IndexByte(data, '\n'); {
	case n < 0:
		return -1
	case bytes.IndexByte(data[:n], '"') < 0: // the usual case
		return n + 1
	}
	start, quoted := true, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted:
			if c == '"' {
				if i+1 < len(data) && data[i+1] == '"' {
					i++
				} else {
					quoted = false
				}
			}
		case c == '\n':
			return i + 1
		case c == '"' && start:
			quoted, start = true, false
		default:
			start = c == ','
		}
	}
	return -1
}
