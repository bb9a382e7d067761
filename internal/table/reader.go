package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const bufferSize = 256 << 10

var newline = []byte{'\n'}

// Options says how a stream is to be read.
type Options struct {
	Name      string // for messages; "-" is shown as stdin
	Format    Format // AnyCSV if zero
	Delimiter byte   // of CSV; 0: that of Format
}

// NewOptions are the options for a file of this name. format is csv, tsv, jsonl or empty
// for what the name says, else csv; delimiter is one of CSV, as ParseDelimiter reads it, or empty for
// that of the header. JSONL has none, whatever delimiter says.
func NewOptions(name, format, delimiter string) (Options, error) {
	o := Options{Name: name, Format: AnyCSV}
	var err error
	if f, ok := FormatByName(name); ok {
		o.Format = f
	}
	if format != "" {
		if o.Format, err = ParseFormat(format); err != nil {
			return o, err
		}
	}
	if delimiter != "" {
		o.Delimiter, err = ParseDelimiter(delimiter)
	}
	return o, err
}

// CheckInputFlags is the error of a format or a delimiter that NewOptions does not take, with
// the flags.
func CheckInputFlags(format, delimiter string) error {
	var errs []error
	if _, err := NewOptions("", format, ""); err != nil {
		errs = append(errs, fmt.Errorf("--input-format: %w", err))
	}
	if _, err := NewOptions("", "", delimiter); err != nil {
		errs = append(errs, fmt.Errorf("--delimiter: %w", err))
	}
	return errors.Join(errs...)
}

// format is that of the records; AnyCSV where the header tells the delimiter.
func (o Options) format() Format {
	if o.Format != JSONL && o.Delimiter != 0 {
		return Format(o.Delimiter)
	}
	return max(o.Format, AnyCSV)
}

// Reader yields the records of a stream in order, in constant memory, and
// checks each: the number of fields, quotes, JSON. Lines without anything on
// them are skipped, but counted as lines; in CSV and TSV of one column they are
// records with an empty field.
type Reader struct {
	src    io.Reader
	name   string
	format Format
	header *Header

	buf        []byte // buf[start:end] is read and not yet consumed
	start, end int
	eof        bool
	base       int64 // offset of buf[0] in the stream
	line       int64 // of buf[start]; counted from lineBase
	pos        int64 // of the next record
	last       int64 // position to end after; 0: none
	err        error // sticky

	at       io.ReaderAt // of a range, to count lines when an error asks
	skipped  int64       // bytes of the file before src; their lines are not counted
	lineBase int64       // lines in them; -1: unknown

	splitter recordSplitter
	rec      Record
}

// Record is one record and its place. It and its slices live until the next
// call of Next.
type Record struct {
	Pos    int64 // 1-based position in the file
	Line   int64 // 1-based line where it starts; 0: unknown, after a seek
	Offset int64 // of its first byte

	raw    []byte
	fields []span
	format Format
}

// Raw is the record's bytes without its line ending.
func (r *Record) Raw() []byte { return r.raw }

// Field is the raw token of a column: of CSV and TSV with its quotes, of JSONL
// the JSON value, nil if the object lacks the key.
func (r *Record) Field(i int) []byte {
	f := r.fields[i]
	if f.from < 0 {
		return nil
	}
	return r.raw[f.from:f.to:f.to]
}

// Text appends the decoded text of a column to dst: nothing for an absent key
// or null, the token of a number or boolean, the JSON of arrays and objects.
func (r *Record) Text(dst []byte, i int) []byte {
	return AppendText(dst, r.format, r.Field(i))
}

// NewReader reads the header of a stream and returns a Reader of its records.
// Bad input is an *Error.
func NewReader(src io.Reader, o Options) (*Reader, error) {
	return newReader(src, o, bufferSize)
}

func newReader(src io.Reader, o Options, size int) (*Reader, error) {
	r := &Reader{src: src, name: o.Name, format: o.format(), buf: make([]byte, size), line: 1, pos: 1}
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	r.rec.format = r.format
	r.splitter = newSplitter(r.format, r.header)
	return r, nil
}

// Header is the columns of the stream.
func (r *Reader) Header() *Header { return r.header }

// Next returns the next record, io.EOF after the last one, or an *Error that
// says what is wrong with it. After an error it returns the same again.
func (r *Reader) Next() (*Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.last > 0 && r.pos > r.last {
		r.err = io.EOF
		return nil, r.err
	}
	rec, err := r.peekRecord()
	if err == nil && rec == nil {
		err = io.EOF
	}
	if err != nil {
		r.err = err
		return nil, err
	}
	r.rec.Pos, r.rec.Line, r.rec.Offset = r.pos, r.line, r.base+int64(r.start)
	if r.lineBase < 0 {
		r.rec.Line = 0
	}
	r.rec.raw, r.rec.fields = r.buf[r.start:r.start+rec.end], rec.fields
	r.advance(rec)
	r.pos++
	return &r.rec, nil
}

// peekRecord finds the record that comes next, which stays in the buffer, and
// steps over blank lines before it. It returns nil at the end of the stream.
func (r *Reader) peekRecord() (*rawRecord, error) {
	r.splitter.reset()
	for {
		b := r.buf[r.start:r.end]
		rec, bad := r.splitter.next(b, r.eof)
		switch {
		case bad != nil:
			return nil, r.faultError(b, bad)
		case rec == nil && r.eof:
			return nil, nil
		case rec != nil && rec.blank:
			r.advance(rec)
		case rec != nil:
			return rec, nil
		default:
			if err := r.fillBuffer(); err != nil {
				return nil, err
			}
		}
	}
}

// advance steps over a record or blank line that the buffer starts with.
func (r *Reader) advance(rec *rawRecord) {
	lines := 1
	if rec.quoted {
		lines = bytes.Count(r.buf[r.start:r.start+rec.next], newline)
	}
	r.start += rec.next
	r.line += int64(lines)
}

// atLeast reads until the buffer holds n bytes or the stream ends.
func (r *Reader) atLeast(n int) error {
	for r.end-r.start < n && !r.eof {
		if err := r.fillBuffer(); err != nil {
			return err
		}
	}
	return nil
}

// fillBuffer reads once, into a buffer that grows where a record fills it.
func (r *Reader) fillBuffer() error {
	if r.end == len(r.buf) {
		if r.start > 0 {
			r.base += int64(r.start)
			r.end = copy(r.buf, r.buf[r.start:r.end])
			r.start = 0
		} else if len(r.buf) > maxSize {
			return r.faultError(r.buf[r.start:r.end], r.splitter.tooLong())
		} else {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return readError(r.name, err)
		}
		if n > 0 {
			return nil
		}
	}
	return fmt.Errorf("read %s: %w", ShownName(r.name), io.ErrNoProgress)
}

// faultError is the error for a fault in the record that b starts with.
func (r *Reader) faultError(b []byte, bad *fault) error {
	err := r.errorf(r.line+int64(bytes.Count(b[:bad.at], newline)), "%s", bad.msg)
	if e, ok := err.(*Error); ok && r.header != nil {
		r.header.adviseFault(e)
	}
	return err
}

// errorf makes an *Error for a line as r.line counts them.
func (r *Reader) errorf(line int64, format string, args ...any) error {
	if r.lineBase < 0 {
		n, err := countLines(r.at, r.skipped)
		if err != nil {
			return readError(r.name, err)
		}
		r.lineBase = n
	}
	return &Error{File: r.name, Line: r.lineBase + line, Msg: fmt.Sprintf(format, args...)}
}

// FieldReader yields the records of CSV with any delimiter as they are: the
// header is a record like the others, and any number of fields is right. Blank
// lines are skipped. The grammar is that of the package.
type FieldReader struct{ r Reader }

// NewFieldReader returns a reader of src, whose first byte is on this line of the
// file called name.
func NewFieldReader(src io.Reader, name string, delimiter byte, line int64) *FieldReader {
	return &FieldReader{Reader{
		src: src, name: name, format: CSV, buf: make([]byte, bufferSize), line: line, pos: 1,
		splitter: &csvSplitter{delim: delimiter}, rec: Record{format: CSV},
	}}
}

// Next is Reader.Next.
func (f *FieldReader) Next() (*Record, error) { return f.r.Next() }

// KeepBlankLines makes records of blank lines from now on, as they are in a table with one column.
func (f *FieldReader) KeepBlankLines() { f.r.splitter.(*csvSplitter).keepBlank = true }

// Offset is how many bytes of the source come before the record that is next.
func (f *FieldReader) Offset() int64 { return f.r.base + int64(f.r.start) }

// BodyHeader is the header for a Scan of CSV whose records begin at an offset, below a header
// that names the columns in any way: more than once, or not at all.
func BodyHeader(names []string, delimiter byte, offset int64) *Header {
	return &Header{Names: names, Size: offset, Format: Format(delimiter)}
}

// Fields is how many fields a record has.
func (r *Record) Fields() int { return len(r.fields) }
