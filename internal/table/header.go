package table

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/term"
)

// ByteOrderMark is what some programs begin UTF-8 text with.
const ByteOrderMark = "\xEF\xBB\xBF"

// Header is the columns of a file: the header record of CSV and TSV, the keys
// of the first object of JSONL. A JSONL file without objects has no columns.
type Header struct {
	Names []string // unique, none empty
	Size  int64    // bytes before the first record's line: byte order mark and header with its ending
	Lines int64    // lines before the first record's
	CRLF  bool     // the header's line ends in CRLF
	Mark  bool     // the file begins with a byte order mark

	index map[string]int
}

// Index is the place of a column, -1 if there is none of that name.
func (h *Header) Index(name string) int {
	if i, ok := h.index[name]; ok {
		return i
	}
	return -1
}

func newHeader(names []string) (*Header, string) {
	h := &Header{Names: names, index: make(map[string]int, len(names))}
	for i, n := range names {
		if n == "" {
			return nil, fmt.Sprintf("column %d of the header has no name", i+1)
		}
		if j, ok := h.index[n]; ok {
			return nil, fmt.Sprintf("duplicate column %q in the header (columns %d and %d)", n, j+1, i+1)
		}
		h.index[n] = i
	}
	return h, ""
}

// With is the header of a JSONL file whose records may have these columns.
func (h *Header) With(names []string) *Header {
	with, _ := newHeader(names)
	with.Size, with.Lines = h.Size, h.Lines
	return with
}

// ReadHeader reads the header of a regular file of size bytes, and no more of
// it than a few KiB.
func ReadHeader(f io.ReaderAt, size int64, o Options) (*Header, error) {
	r, err := newReader(io.NewSectionReader(f, 0, size), o, headerBuffer)
	if err != nil {
		return nil, err
	}
	return r.header, nil
}

// detectBinary tells by its first bytes what a file is that is not plain text; ""
// if they may be text.
func detectBinary(b []byte) string {
	for _, f := range [...]struct{ start, what string }{
		{"\xFF\xFE", "UTF-16; UTF-8 is needed (iconv -f utf-16 -t utf-8 converts it)"},
		{"\xFE\xFF", "UTF-16; UTF-8 is needed (iconv -f utf-16 -t utf-8 converts it)"},
		{"\x1F\x8B", "compressed by gzip (gunzip unpacks it)"},
		{"\x28\xB5\x2F\xFD", "compressed by zstd (unzstd unpacks it)"},
		{"PK\x03\x04", "a ZIP archive, as workbooks of Excel are; save the table as CSV in UTF-8"},
		{"\xD0\xCF\x11\xE0", "a workbook of Excel; save the table as CSV in UTF-8"},
	} {
		if bytes.HasPrefix(b, []byte(f.start)) {
			return f.what
		}
	}
	return ""
}

// MissingColumn says that the columns have none of that name, and what may be the reason.
func MissingColumn(columns []string, name string) string {
	text := fmt.Sprintf("missing column %s; the columns are %s", name, strings.Join(columns, ", "))
	if len(columns) == 1 {
		switch other := strings.IndexAny(columns[0], ";\t|"); {
		case other < 0:
		case columns[0][other] == '\t':
			return text + " (they look separated by tabs: call the file .tsv or say so by --input-format)"
		default:
			return fmt.Sprintf("%s (they look separated by %q; commas are needed: mlr --csv --ifs '%[2]c' cat converts it)", text, columns[0][other])
		}
	}
	if near := NearMiss(columns, name); near != "" {
		return fmt.Sprintf("%s (%q is not %q: rename it)", text, near, name)
	}
	return text
}

// NearMiss is the column that name may mean: equal to it but for case, outer blanks,
// invisible characters and Unicode's form. It is empty if there is none, or one of exactly that name.
func NearMiss(columns []string, name string) string {
	if slices.Contains(columns, name) {
		return ""
	}
	for _, n := range columns {
		if term.EqualNames(n, name) {
			return n
		}
	}
	return ""
}

// readHeader reads what comes before the first record.
func (r *Reader) readHeader() error {
	if err := r.atLeast(4); err != nil {
		return err
	}
	b := r.buf[r.start:r.end]
	mark := bytes.HasPrefix(b, []byte(ByteOrderMark))
	if mark {
		r.start += len(ByteOrderMark)
	} else if what := detectBinary(b); what != "" {
		return r.errorf(1, "this is %s", what)
	}
	size := r.base + int64(r.start)
	r.splitter = newSplitter(r.format, nil)
	rec, err := r.peekRecord()
	if err != nil {
		return err
	}
	var names []string
	if objects, ok := r.splitter.(*objectSplitter); ok {
		names = objects.keys // of the first object, which stays to be read
	} else if names, err = r.namesOf(rec); err != nil {
		return err
	}
	h, wrong := newHeader(names)
	if wrong != "" {
		return r.errorf(r.line, "%s", wrong)
	}
	h.Mark = mark
	if h.Size = size; r.format != JSONL {
		b = r.buf[r.start : r.start+rec.next]
		h.CRLF = bytes.HasSuffix(b, []byte("\r\n"))
		r.advance(rec)
		h.Size, h.Lines = r.base+int64(r.start), r.line-1
	}
	r.header = h
	return nil
}

// namesOf is the columns that the header record names.
func (r *Reader) namesOf(rec *rawRecord) ([]string, error) {
	if rec == nil {
		return nil, r.errorf(1, "the file is empty; its first line must name the columns")
	}
	b := r.buf[r.start : r.start+rec.next]
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b[:rec.end], '\r') >= 0 {
		return nil, r.errorf(1, "its lines end in CR alone; LF or CRLF is needed (tr '\\r' '\\n' converts it)")
	}
	names := make([]string, len(rec.fields))
	for i, f := range rec.fields {
		names[i] = string(appendUnquoted(nil, b[f.from:f.to]))
	}
	return names, nil
}

// MatchNames joins what a list flag cut at commas: pieces that together are the name of
// a column become one.
func MatchNames(pieces, columns []string) []string {
	var names []string
	for len(pieces) > 0 {
		n := 1
		for k := len(pieces); k > 1; k-- {
			if slices.Contains(columns, strings.Join(pieces[:k], ",")) {
				n = k
				break
			}
		}
		names = append(names, strings.Join(pieces[:n], ","))
		pieces = pieces[n:]
	}
	return names
}
