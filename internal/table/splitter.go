package table

import (
	"bytes"
	"fmt"
)

// recordSplitter finds the records in the bytes of a file.
type recordSplitter interface {
	// next reads the record, or the blank line, that data starts with. It returns
	// nil if more data is needed, or, at the end of the file, if nothing is left. The
	// call after that must have the same data and what follows it; what was read is
	// not read again. The record lives until the next call.
	next(data []byte, atEOF bool) (*rawRecord, *fault)
	// reset forgets the part of a record that was read.
	reset()
	// tooLong is the fault of the record of which a part was read: it does not
	// end within maxSize.
	tooLong() *fault
}

// newSplitter returns a splitter for the records of a file with this header;
// for the header itself h is nil.
func newSplitter(f Format, h *Header) recordSplitter {
	switch {
	case f == JSONL:
		return newObjectSplitter(h)
	case h == nil:
		return &csvSplitter{delim: f.delimiter()}
	}
	n := len(h.Names)
	return &csvSplitter{delim: f.delimiter(), columns: n, keepBlank: n == 1}
}

// rawRecord is where a record ends and where its fields are.
type rawRecord struct {
	end, next int    // bytes without and with the line ending
	fields    []span // of CSV and TSV in the order of the file, of JSONL in that of the columns
	blank     bool   // not a record: a line with nothing on it
	quoted    bool   // has quoted fields, so that it may span lines
}

// span is a piece of a record: bytes from..to of it. A key that a JSON object
// does not have has from = -1.
type span struct{ from, to int }

// fault is what is wrong with a record and the byte of the record where it shows.
type fault struct {
	msg string
	at  int
}

const (
	msgOpenQuote  = "the quote that opens here never closes"
	msgAfterQuote = "a closing quote must be followed by the delimiter or the end of the line"
)

func fieldCountMessage(got, want int) string {
	s := "s"
	if got == 1 {
		s = ""
	}
	return fmt.Sprintf("the record has %d field%s, the header %d", got, s, want)
}

func tooLongMessage() string { return fmt.Sprintf("the record is longer than %d MiB", maxSize>>20) }

// csvSplitter is the grammar of CSV in the package comment as a state machine:
//
//	state     quote     delimiter  line ending  other byte  end of file
//	atRecord  inQuotes  atField    record       inPlain     nothing left
//	atField   inQuotes  atField    record       inPlain     record
//	inPlain   inPlain   atField    record       inPlain     record
//	inQuotes  atQuote   inQuotes   inQuotes     inQuotes    fault: open quote
//	atQuote   inQuotes  atField    record       fault       record
//
// In state atRecord, a record whose first line has no quotes is cut at once.
type csvSplitter struct {
	delim     byte
	columns   int  // fields that each record must have; 0: any number
	keepBlank bool // a blank line is a record of one empty field
	onlyEnds  bool // fields are not needed

	state splitState
	pos   int // where to go on in the data
	start int // of the field at pos
	rec   rawRecord
}

type splitState uint8

const (
	atRecord splitState = iota // nothing of a record was read yet
	atField                    // before the first byte of a field
	inPlain                    // in an unquoted field
	inQuotes                   // between the quotes of a field
	atQuote                    // after a quote that closes the field or is doubled
)

func (s *csvSplitter) reset() { s.state = atRecord }

func (s *csvSplitter) tooLong() *fault {
	if s.state == inQuotes {
		return &fault{fmt.Sprintf("the quote that opens here does not close within %d MiB", maxSize>>20), s.start}
	}
	return &fault{msg: tooLongMessage()}
}

func (s *csvSplitter) next(data []byte, atEOF bool) (*rawRecord, *fault) {
	if s.state == atRecord {
		if len(data) == 0 {
			return nil, nil
		}
		s.pos, s.rec.fields, s.rec.quoted, s.rec.blank = 0, s.rec.fields[:0], false, false
		if data[0] <= '\r' && !s.keepBlank {
			if n := lineEnding(data, atEOF); n > 0 {
				s.rec.next, s.rec.blank = n, true
				return &s.rec, nil
			} else if n == 0 {
				return nil, nil
			}
		}
		if lf := bytes.IndexByte(data, '\n'); lf >= 0 && bytes.IndexByte(data[:lf], '"') < 0 {
			end := trimCR(data, 0, lf)
			s.splitPlain(data[:end])
			return s.endRecord(end, lf+1)
		}
		s.state = atField
	}
	end, next, bad := s.readFields(data, atEOF)
	switch {
	case bad != nil:
		return nil, bad
	case next > 0:
		return s.endRecord(end, next)
	case !atEOF:
		return nil, nil
	}
	end = len(data)
	switch s.state {
	case inQuotes:
		return nil, &fault{msgOpenQuote, s.start}
	case atField:
		s.start = end
	case inPlain:
		end = trimCR(data, s.start, end)
	}
	s.endField(end)
	return s.endRecord(end, len(data))
}

// readFields goes on at pos until a line ends the record, or until data ends;
// then next is 0.
func (s *csvSplitter) readFields(data []byte, atEOF bool) (end, next int, bad *fault) {
	i := s.pos
	for i < len(data) {
		switch s.state {
		case atField:
			s.start, s.state = i, inPlain
			if data[i] == '"' {
				s.state, s.rec.quoted = inQuotes, true
				i++
			}
		case inPlain:
			for i < len(data) && data[i] != s.delim && data[i] != '\n' {
				i++
			}
			if i == len(data) {
				break
			}
			if data[i] == '\n' {
				end = trimCR(data, s.start, i)
				s.endField(end)
				return end, i + 1, nil
			}
			s.endField(i)
			i++
		case inQuotes:
			if i = nextByte(data, i, '"'); i < len(data) {
				i++
				s.state = atQuote
			}
		case atQuote:
			if data[i] == '"' {
				i++
				s.state = inQuotes
				continue
			}
			if data[i] == s.delim {
				s.endField(i)
				i++
				continue
			}
			switch n := lineEnding(data[i:], atEOF); n {
			case -1:
				return 0, 0, &fault{msgAfterQuote, i}
			case 0: // a CR, and the next byte must tell
				s.pos = i
				return 0, 0, nil
			default:
				s.endField(i)
				return i, i + n, nil
			}
		}
	}
	s.pos = i
	return 0, 0, nil
}

// endField notes the field that ends before data[at], where a delimiter or the
// end of the record is.
func (s *csvSplitter) endField(at int) {
	if !s.onlyEnds {
		s.rec.fields = append(s.rec.fields, span{s.start, at})
	}
	s.state = atField
}

func (s *csvSplitter) endRecord(end, next int) (*rawRecord, *fault) {
	s.state, s.rec.end, s.rec.next = atRecord, end, next
	if n := len(s.rec.fields); s.columns > 0 && n != s.columns {
		return nil, &fault{msg: fieldCountMessage(n, s.columns)}
	}
	return &s.rec, nil
}

// splitPlain notes the fields of a record without quotes.
func (s *csvSplitter) splitPlain(record []byte) {
	for from := 0; !s.onlyEnds; {
		i := bytes.IndexByte(record[from:], s.delim)
		if i < 0 {
			s.rec.fields = append(s.rec.fields, span{from, len(record)})
			return
		}
		s.rec.fields = append(s.rec.fields, span{from, from + i})
		from += i + 1
	}
}

// trimCR is the end of the field b[from:to] without the CR of a CRLF.
func trimCR(b []byte, from, to int) int {
	if to > from && b[to-1] == '\r' {
		return to - 1
	}
	return to
}

// lineEnding is the length of the line ending that b, which is not empty,
// starts with: -1 if there is none, 0 if more bytes must tell. A lone CR ends the
// last line of a file.
func lineEnding(b []byte, atEOF bool) int {
	switch {
	case b[0] == '\n':
		return 1
	case b[0] != '\r':
		return -1
	case len(b) > 1 && b[1] == '\n':
		return 2
	case len(b) > 1:
		return -1
	case atEOF:
		return 1
	}
	return 0
}

// nextByte is the place of the first c in b[i:], or len(b).
func nextByte(b []byte, i int, c byte) int {
	if j := bytes.IndexByte(b[i:], c); j >= 0 {
		return i + j
	}
	return len(b)
}

// RecordEnd is the number of bytes, with the line feed, of the record of CSV or
// TSV that data starts with: 0 if data ends before the record does. A blank line
// counts as a record, and a faulty record ends with the line of the fault.
func RecordEnd(f Format, data []byte) int {
	s := csvSplitter{delim: f.delimiter(), keepBlank: true, onlyEnds: true}
	rec, bad := s.next(data, false)
	switch {
	case rec != nil:
		return rec.next
	case bad == nil:
		return 0
	}
	if lf := nextByte(data, bad.at, '\n'); lf < len(data) {
		return lf + 1
	}
	return 0
}

// FieldEnd is the length of the raw token that the rest of a checked record of
// CSV or TSV starts with. A delimiter follows it, or nothing.
func FieldEnd(f Format, rest []byte) int {
	i := 0
	for i < len(rest) && rest[i] == '"' { // a doubled quote closes and opens
		i += 1 + nextByte(rest[i+1:], 0, '"') + 1
	}
	return nextByte(rest, min(i, len(rest)), f.delimiter())
}

// appendUnquoted appends the text of a CSV or TSV field.
func appendUnquoted(dst, field []byte) []byte {
	if len(field) < 2 || field[0] != '"' {
		return append(dst, field...)
	}
	field = field[1 : len(field)-1]
	for {
		i := bytes.IndexByte(field, '"')
		if i < 0 {
			return append(dst, field...)
		}
		dst = append(dst, field[:i+1]...)
		field = field[i+2:]
	}
}
