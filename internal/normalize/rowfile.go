package normalize

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/fsutil"
	"prism/internal/table"
)

// rowFile holds rows that cost much to read again in a temporary file: for each row its
// number, the number of its cells, and each cell behind its length.
type rowFile struct {
	f     *os.File
	w     *bufio.Writer
	buf   []byte
	width int   // cells of the widest row
	first int64 // number of the first row
	rows  int64
}

func newRowFile() (*rowFile, error) {
	f, err := fsutil.CreateTemp("prism-rows-*.tmp")
	if err != nil {
		return nil, err
	}
	return &rowFile{f: f, w: bufio.NewWriterSize(f, writeSize)}, nil
}

// appendRow writes a row. Numbers ascend.
func (r *rowFile) appendRow(number int64, cells [][]byte) error {
	if r.rows == 0 {
		r.first = number
	}
	r.rows++
	r.width = max(r.width, len(cells))
	b := binary.AppendUvarint(r.buf[:0], uint64(number))
	b = binary.AppendUvarint(b, uint64(len(cells)))
	for _, c := range cells {
		b = append(binary.AppendUvarint(b, uint64(len(c))), c...)
	}
	r.buf = b
	if _, err := r.w.Write(b); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	return nil
}

// flush ends the writing.
func (r *rowFile) flush() error {
	r.buf = nil
	if err := r.w.Flush(); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	return nil
}

func (r *rowFile) remove() error { return fsutil.CloseTemp(r.f) }

// rowReader yields the rows of a rowFile; numbers that it does not have are blank rows.
type rowReader struct {
	r     *bufio.Reader
	names []string
	// headerLine is the number of the row that names the columns.
	headerLine int64

	next  int64 // number of the row that comes next
	ahead int64 // number of the row that was read, if it is not yet due; 0: none
	text  []byte
	ends  []int
	rec   record
}

// openRows reads the rows up to the header.
func (s *source) openRows(o Options) (*rowReader, error) {
	r := &rowReader{r: bufio.NewReaderSize(io.NewSectionReader(s.rows.f, 0, 1<<62), writeSize), next: s.rows.first}
	header := record{}
	for {
		rec, err := r.nextRecord()
		if errors.Is(err, io.EOF) {
			msg := "the table is empty; its first row must name the columns"
			if o.HeaderLine > 0 {
				msg = fmt.Sprintf("%s %d: the table has fewer rows", o.optionName("header-line"), o.HeaderLine)
			}
			return nil, &table.Error{File: s.name, Msg: msg}
		}
		if err != nil {
			return nil, err
		}
		if rec.line >= o.HeaderLine && len(rec.cells) > 0 {
			header = *rec
			break
		}
	}
	r.headerLine = header.line
	r.names = make([]string, s.rows.width)
	for i, name := range header.cells {
		r.names[i] = string(name)
	}
	return r, nil
}

func (r *rowReader) columns() []string { return r.names }

func (r *rowReader) nextRecord() (*record, error) {
	if r.ahead == 0 {
		if err := r.readRow(); err != nil {
			return nil, err
		}
	}
	r.rec = record{line: r.next, cells: r.rec.cells[:0]}
	if r.next++; r.ahead != r.rec.line {
		return &r.rec, nil // blank
	}
	r.ahead = 0
	from := 0
	for _, to := range r.ends {
		r.rec.cells = append(r.rec.cells, r.text[from:to])
		from = to
	}
	return &r.rec, nil
}

// readRow reads the row that comes next in the file.
func (r *rowReader) readRow() error {
	number, err := binary.ReadUvarint(r.r)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	cells, err2 := binary.ReadUvarint(r.r)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	r.ahead, r.text, r.ends = int64(number), r.text[:0], r.ends[:0]
	for range cells {
		size, err := binary.ReadUvarint(r.r)
		if err != nil {
			return fmt.Errorf("read a temporary file: %w", err)
		}
		from := len(r.text)
		r.text = append(r.text, make([]byte, size)...)
		if _, err := io.ReadFull(r.r, r.text[from:]); err != nil {
			return fmt.Errorf("read a temporary file: %w", err)
		}
		r.ends = append(r.ends, len(r.text))
	}
	return nil
}
