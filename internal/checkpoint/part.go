package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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

// part is one append-only file of finished rows.
type part struct {
	number int
	name   string
	f      *os.File // for appending; nil: closed
	size   int64    // bytes, the header included
	sum    uint32   // CRC-32C of these bytes
	rows   int
	unread int // rows of this process that Read did not yet return
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

// loadParts reads every part: a sealed one must fit its checksum, an unsealed
// one may end in a torn tail, which is dropped, and is sealed then.
func (s *Store) loadParts() error {
	sums, err := s.openSums()
	if err != nil {
		return err
	}
	numbers, err := s.partNumbers()
	if err != nil {
		return err
	}
	for n := range sums {
		if _, there := slices.BinarySearch(numbers, n); !there {
			return &DamageError{File: filepath.Join(s.dir, s.partName(n)), What: "the part is missing"}
		}
	}
	for i, n := range numbers {
		if n != i+1 {
			return &DamageError{File: filepath.Join(s.dir, s.partName(i+1)), What: "the part is missing"}
		}
		var want *sum
		if w, ok := sums[n]; ok {
			want = &w
		}
		if err := s.loadPart(n, want); err != nil {
			return err
		}
	}
	slices.SortFunc(s.resumed, func(a, b extent) int { return int(min(max(a.pos-b.pos, -1), 1)) })
	return nil
}

// openSums reads the sums; a torn last line is dropped.
func (s *Store) openSums() (map[int]sum, error) {
	path := s.path(".sums")
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

func (s *Store) loadPart(number int, want *sum) error {
	p := &part{number: number, name: s.partName(number), sealed: true}
	path := filepath.Join(s.dir, p.name)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	p.f = f
	defer s.closePart(p)
	s.parts = append(s.parts, p)
	if err := p.measure(); err != nil {
		return err
	}
	if want != nil && (p.size != want.Bytes || fmt.Sprintf("%08x", p.sum) != want.CRC) {
		return &DamageError{File: path, What: fmt.Sprintf("it has %d bytes with checksum %08x, was sealed with %d and %s", p.size, p.sum, want.Bytes, want.CRC)}
	}
	end, err := s.readRows(p, path)
	if err != nil {
		return err
	}
	if want != nil {
		return nil
	}
	if err := s.dropTail(p, path, end); err != nil {
		return err
	}
	if err := p.f.Sync(); err != nil {
		return err
	}
	return s.writeSum(p)
}

func (p *part) measure() error {
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, p.f)
	p.size, p.sum = n, sum.Sum32()
	return err
}

// readRows notes the rows of a part and returns where its last whole record ends.
// What follows is a torn tail if it holds no whole record, damage otherwise.
func (s *Store) readRows(p *part, path string) (int64, error) {
	head := make([]byte, len(s.header))
	n, err := p.f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if head = head[:n]; !bytes.Equal(head, s.header) {
		if bytes.HasPrefix(s.header, bytes.TrimRight(head, "\x00")) {
			return 0, nil // torn in the header
		}
		return 0, &DamageError{File: path, Line: 1, What: "the header is not that of the job"}
	}
	end := int64(len(s.header))
	r, err := record.NewReader(io.NewSectionReader(p.f, 0, p.size), record.Options{Name: path, Format: record.CSV})
	if err != nil {
		return 0, asDamage(err)
	}
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return end, nil
		}
		if err != nil {
			return end, s.orTorn(p, end, err)
		}
		next := rec.Offset + int64(len(rec.Raw())) + 1
		if next > p.size {
			return end, nil // no line end: torn
		}
		pos, err := record.ParseRowID(rec.Text(nil, 0))
		if err != nil || pos < 1 {
			return 0, s.orTorn(p, end, &record.Error{File: path, Line: rec.Line, Msg: "no position"})
		}
		if s.done.has(pos) {
			return 0, &DamageError{File: path, Line: rec.Line, What: fmt.Sprintf("position %d was finished before", pos)}
		}
		s.done.add(pos)
		s.rows++
		p.rows++
		s.resumed = extend(s.resumed, extent{pos: pos, off: rec.Offset, part: int32(p.number), rows: 1, bytes: int32(next - rec.Offset)})
		end = next
	}
}

func asDamage(err error) error {
	var e *record.Error
	if errors.As(err, &e) {
		return &DamageError{File: e.File, Line: e.Line, What: e.Msg}
	}
	return err
}

// orTorn is nil if the bytes from end on are a record that was never finished.
func (s *Store) orTorn(p *part, end int64, cause error) error {
	if p.size-end > maxTail {
		return asDamage(cause)
	}
	tail := make([]byte, p.size-end)
	if _, err := p.f.ReadAt(tail, end); err != nil {
		return err
	}
	if tail = bytes.TrimRight(tail, "\x00"); recordEnd(tail) < 0 {
		return nil
	}
	return asDamage(cause)
}

func (s *Store) dropTail(p *part, path string, end int64) error {
	if end == p.size {
		return nil
	}
	if end == 0 {
		if err := s.closePart(p); err != nil {
			return err
		}
		if err := durable.WriteFile(path, s.header); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		p.f = f
	} else if err := p.f.Truncate(end); err != nil {
		return err
	}
	return p.measure()
}

// recordEnd is the number of bytes of data's first CSV record with its line
// end, -1 if data ends before the record does.
func recordEnd(data []byte) int {
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

// dropIfRead gives up a private part that nobody will read again.
func (s *Store) dropIfRead(p *part) {
	if s.private && p.sealed && p.unread == 0 {
		if err := s.closePart(p); err != nil && s.err == nil {
			s.err = err
		}
	}
}
