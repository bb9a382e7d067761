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
	Name   string // for messages; "-" is shown as stdin
	Format Format // CSV if zero
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
	blank  bool // blank lines are records

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

	cut    cutter
	object objectSplitter
	rec    Record
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

// Len is the number of fields.
func (r *Record) Len() int { return len(r.fields) }

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
	r := &Reader{src: src, name: o.Name, format: max(o.Format, CSV), buf: make([]byte, size), line: 1, pos: 1}
	r.cut.delim = r.format.delimiter()
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	r.prepare()
	return r, nil
}

func (r *Reader) prepare() {
	r.blank = r.format != JSONL && len(r.header.Names) == 1
	r.object = newObjectSplitter(r.header)
	r.rec.format = r.format
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
	if r.format == JSONL {
		r.err = r.nextObject()
	} else {
		r.err = r.nextFields()
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.rec, nil
}

func (r *Reader) nextFields() error {
	end, next, err := r.readCSV()
	if err != nil {
		return err
	}
	if next == 0 {
		return io.EOF
	}
	if n, want := len(r.cut.fields), len(r.header.Names); n != want {
		return r.errorf(r.line, "%s", fieldCount(n, want))
	}
	b := r.buf[r.start : r.start+next]
	lines := int64(1)
	if r.cut.state != atRecord {
		lines = int64(bytes.Count(b, newline))
	}
	r.rec.fields = r.cut.fields
	r.take(b[:end], next, lines)
	return nil
}

func fieldCount(n, want int) string {
	s := ""
	if n != 1 {
		s = "s"
	}
	return fmt.Sprintf("the record has %d field%s, the header %d", n, s, want)
}

// take makes raw, which the buffer starts with, the current record.
func (r *Reader) take(raw []byte, next int, lines int64) {
	r.rec.raw = raw
	r.rec.Pos, r.rec.Line, r.rec.Offset = r.pos, r.line, r.base+int64(r.start)
	if r.lineBase < 0 {
		r.rec.Line = 0
	}
	r.advance(next, lines)
	r.pos++
}

func (r *Reader) advance(n int, lines int64) {
	r.start += n
	r.line += lines
}

// readCSV cuts the record that comes next; it stays in the buffer. It returns
// 0, 0 at the end of the stream.
func (r *Reader) readCSV() (end, next int, err error) {
	r.cut.reset()
	for {
		b := r.buf[r.start:r.end]
		if len(b) == 0 && r.eof {
			return 0, 0, nil
		}
		if r.cut.state == atRecord && !r.blank {
			n := lineEnding(b, r.eof)
			if n > 0 {
				r.advance(n, 1)
				continue
			}
			if n == 0 {
				if err := r.fill(); err != nil {
					return 0, 0, err
				}
				continue
			}
		}
		end, next, bad := r.cut.cut(b, r.eof)
		if bad != nil {
			return 0, 0, r.faultIn(b, bad)
		}
		if next > 0 {
			return end, next, nil
		}
		if err := r.fill(); err != nil {
			return 0, 0, err
		}
	}
}

func (r *Reader) faultIn(b []byte, bad *fault) error {
	return r.errorf(r.line+int64(bytes.Count(b[:bad.at], newline)), "%s", bad.msg)
}

func (r *Reader) nextObject() error {
	line, next, err := r.readLine()
	if err != nil {
		return err
	}
	if line == nil {
		return io.EOF
	}
	bad := r.object.split(line)
	if bad != nil {
		return r.errorf(r.line, "%s", bad.msg)
	}
	r.rec.fields = r.object.values
	r.take(line, next, 1)
	return nil
}

// readLine finds the next line that has something on it; it stays in the
// buffer. It returns nil at the end of the stream.
func (r *Reader) readLine() (line []byte, next int, err error) {
	seen := 0
	for {
		b := r.buf[r.start:r.end]
		lf := bytes.IndexByte(b[seen:], '\n')
		end := seen + lf
		next = end + 1
		if lf < 0 {
			if !r.eof {
				seen = len(b)
				if err := r.fill(); err != nil {
					return nil, 0, err
				}
				continue
			}
			if len(b) == 0 {
				return nil, 0, nil
			}
			end, next = len(b), len(b)
		}
		line = b[:trimCR(b, 0, end)]
		if len(bytes.TrimLeft(line, " \t\r")) > 0 {
			return line, next, nil
		}
		seen = 0
		r.advance(next, 1)
	}
}

// atLeast reads until the buffer holds n bytes or the stream ends.
func (r *Reader) atLeast(n int) error {
	for r.end-r.start < n && !r.eof {
		if err := r.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads once, into a buffer that grows where a record fills it.
func (r *Reader) fill() error {
	if r.end == len(r.buf) {
		if r.start > 0 {
			r.base += int64(r.start)
			r.end = copy(r.buf, r.buf[r.start:r.end])
			r.start = 0
		} else if len(r.buf) > MaxSize {
			return r.tooLong()
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
			return fmt.Errorf("read %s: %w", shownName(r.name), err)
		}
		if n > 0 {
			return nil
		}
	}
	return fmt.Errorf("read %s: %w", shownName(r.name), io.ErrNoProgress)
}

func (r *Reader) tooLong() error {
	b := r.buf[r.start:r.end]
	if r.cut.state == inQuotes {
		return r.faultIn(b, &fault{fmt.Sprintf("the quote that opens here does not close within %d MiB", MaxSize>>20), r.cut.start})
	}
	return r.errorf(r.line, "the record is longer than %d MiB", MaxSize>>20)
}

// errorf makes an *Error for a line as r.line counts them.
func (r *Reader) errorf(line int64, format string, args ...any) error {
	if r.lineBase < 0 {
		n, err := countLines(r.at, r.skipped)
		if err != nil {
			return fmt.Errorf("read %s: %w", shownName(r.name), err)
		}
		r.lineBase = n
	}
	return &Error{File: r.name, Line: r.lineBase + line, Msg: fmt.Sprintf(format, args...)}
}
