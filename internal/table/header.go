package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/term"
	"prism/internal/utf8valid"
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

	Format Format // of the records, with the delimiter that was found

	index  map[string]int
	others otherDelimiters
}

// Index is the place of a column, -1 if there is none of that name.
func (h *Header) Index(name string) int {
	if i, ok := h.index[name]; ok {
		return i
	}
	return -1
}

// newHeader makes a header of names; wrong says what is wrong with them.
func newHeader(names []string) (h *Header, wrong string) {
	h = &Header{Names: names, index: make(map[string]int, len(names))}
	var faults []string
	for i, n := range names {
		if j, ok := h.index[n]; n == "" {
			faults = append(faults, fmt.Sprintf("column %d of the header has no name", i+1))
		} else if ok {
			faults = append(faults, fmt.Sprintf("duplicate column %q in the header (columns %d and %d)", n, j+1, i+1))
		} else {
			h.index[n] = i
		}
	}
	if more := len(faults) - maxNameFaults; more > 0 {
		faults = append(faults[:maxNameFaults], fmt.Sprintf("%d more columns like these", more))
	}
	if len(faults) > 0 {
		return nil, strings.Join(faults, "; ")
	}
	return h, ""
}

// maxNameFaults is how many columns without a name of their own an error tells.
const maxNameFaults = 5

// With is the header of a JSONL file whose records may have these columns.
func (h *Header) With(names []string) *Header {
	with, _ := newHeader(names)
	with.Size, with.Lines, with.Format = h.Size, h.Lines, h.Format
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

// MissingColumn says that the columns have none of that name, and what may be the reason.
func MissingColumn(columns []string, name string) string {
	text := fmt.Sprintf("missing column %s; the columns are %s", name, strings.Join(columns, ", "))
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
	if err := r.readStart(); err != nil {
		return err
	}
	if what, refused := detectForm(r.buf[r.start:r.end], r.format); refused {
		return r.errorf(1, "%s", what)
	} else if what != "" {
		return r.formError(what)
	}
	size := r.base + int64(r.start)
	scan, err := r.chooseDelimiter()
	if err != nil {
		return err
	}
	r.splitter = newSplitter(r.format, nil)
	rec, err := r.peekRecord()
	if err != nil {
		return r.explainHeader(err, &scan)
	}
	if rec != nil && r.format != JSONL && EndsInCR(r.buf[r.start:r.end]) {
		return r.endsInCR()
	}
	var names []string
	if objects, ok := r.splitter.(*objectSplitter); ok {
		names = objects.keys // of the first object, which stays to be read
	} else if names, err = r.namesOf(rec); err != nil {
		return err
	}
	h, wrong := newHeader(names)
	if wrong != "" {
		return r.formError(wrong)
	}
	h.Mark, h.Format = size > 0, r.format
	if h.Size = size; r.format != JSONL {
		b := r.buf[r.start : r.start+rec.next]
		h.CRLF = bytes.HasSuffix(b, []byte("\r\n"))
		h.noteOthers(&scan, b)
		if len(names) == 1 {
			h.others.below = HeaderBelowTitle(r.buf[r.start:r.end], r.line, r.eof)
		}
		r.advance(rec)
		h.Size, h.Lines = r.base+int64(r.start), r.line-1
	}
	r.header = h
	return nil
}

// chooseDelimiter makes the most frequent delimiter of the header that of the stream, unless
// its options name one.
func (r *Reader) chooseDelimiter() (scan recordScan, err error) {
	if r.format == JSONL {
		return scan, nil
	}
	if scan, err = r.scanHeader(); err == nil && r.format <= AnyCSV {
		r.format = Format(scan.mostFrequent())
	}
	return scan, err
}

// explainHeader is the error of a header that cannot be read.
func (r *Reader) explainHeader(err error, scan *recordScan) error {
	bad, ok := errors.AsType[*Error](err)
	if !ok || r.format == JSONL {
		return err
	}
	own := r.format.delimiter()
	switch other := scan.mostFrequent(); {
	case EndsInCR(r.buf[r.start:r.end]):
		return r.endsInCR()
	case scan.count(other) > scan.count(own):
		return &Error{File: r.name, Line: bad.Line, hint: hintDelimiter(other), Msg: "the columns are separated by " + delimiterName(other)}
	}
	return err
}

func (r *Reader) endsInCR() error {
	return r.formError("its lines end in CR alone; LF or CRLF is required")
}

// readStart reads the first bytes, by which a file is known, and steps over a mark.
func (r *Reader) readStart() error {
	if err := r.atLeast(4); err != nil {
		return err
	}
	if bytes.HasPrefix(r.buf[r.start:r.end], []byte(ByteOrderMark)) {
		r.start += len(ByteOrderMark)
	}
	if c := r.buf[r.start:r.end]; bytes.HasPrefix(c, []byte("sep")) || bytes.HasPrefix(c, []byte(`"sep`)) {
		return r.atLeast(len(`"sep=;"`) + 1)
	}
	return nil
}

// namesOf is the columns that the header record names.
func (r *Reader) namesOf(rec *rawRecord) ([]string, error) {
	if rec == nil {
		return nil, r.errorf(1, "the file is empty; its first line must name the columns")
	}
	b := r.buf[r.start : r.start+rec.next]
	if err := r.checkHeaderText(b); err != nil {
		return nil, err
	}
	names := make([]string, len(rec.fields))
	for i, f := range rec.fields {
		names[i] = string(appendUnquoted(nil, b[f.from:f.to]))
	}
	return names, nil
}

// checkHeaderText returns an *Error if the header holds other bytes than UTF-8. What is
// read of the rows behind it reports whether these are UTF-8.
func (r *Reader) checkHeaderText(header []byte) error {
	if utf8valid.Valid(header) {
		return nil
	}
	read := r.buf[r.start:r.end]
	if !r.eof {
		read = read[:len(read)-unfinished(read)]
	}
	found := textFaults{line: 1}
	found.addText(read)
	return found.describe(r.name, 0)
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
