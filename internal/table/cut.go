package table

import "bytes"

// cutter finds the end and the fields of one CSV or TSV record. Where the
// bytes end before the record does, it keeps its place, so that a record which
// arrives in pieces is read once.
type cutter struct {
	delim  byte
	fields []span
	pos    int // where to go on
	start  int // of the field at pos
	state  cutState
}

type cutState uint8

const (
	atRecord  cutState = iota // nothing read yet
	atField                   // before the first byte of a field
	inPlain                   // in an unquoted field
	inQuotes                  // between quotes
	atClosing                 // after a quote that closes the field or doubles
)

// fault is what is wrong with a record and the byte of the record where it shows.
type fault struct {
	msg string
	at  int
}

const (
	msgOpenQuote  = "the quote that opens here never closes"
	msgAfterQuote = "a closing quote must be followed by the delimiter or the end of the line"
)

func (c *cutter) reset() {
	c.fields, c.pos, c.state = c.fields[:0], 0, atRecord
}

// cut reads the record that b starts with. It returns the length of the record
// without and with its line ending; 0, 0 asks for more bytes and never happens
// if final, which says that nothing follows b. A faulty record is no more to be
// read from.
func (c *cutter) cut(b []byte, final bool) (end, next int, bad *fault) {
	if c.state == atRecord {
		if lf := bytes.IndexByte(b, '\n'); lf >= 0 && bytes.IndexByte(b[:lf], '"') < 0 {
			end = trimCR(b, 0, lf)
			c.split(b[:end])
			return end, lf + 1, nil
		}
		c.state = atField
	}
	i := c.pos
	for {
		if i == len(b) {
			if !final {
				c.pos = i
				return 0, 0, nil
			}
			if c.state == inQuotes {
				return 0, 0, &fault{msgOpenQuote, c.start}
			}
		}
		switch c.state {
		case atField:
			c.start = i
			c.state = inPlain
			if i < len(b) && b[i] == '"' {
				c.state = inQuotes
				i++
			}
		case inPlain:
			for i < len(b) && b[i] != c.delim && b[i] != '\n' {
				i++
			}
			if i == len(b) && !final {
				continue
			}
			if i == len(b) || b[i] == '\n' {
				end = trimCR(b, c.start, i)
				c.fields = append(c.fields, span{c.start, end})
				return end, min(i+1, len(b)), nil
			}
			c.fields = append(c.fields, span{c.start, i})
			i++
			c.state = atField
		case inQuotes:
			j := bytes.IndexByte(b[i:], '"')
			if j < 0 {
				i = len(b)
				continue
			}
			i += j + 1
			c.state = atClosing
		case atClosing:
			if i < len(b) && b[i] == '"' {
				i++
				c.state = inQuotes
				continue
			}
			if i < len(b) && b[i] == c.delim {
				c.fields = append(c.fields, span{c.start, i})
				i++
				c.state = atField
				continue
			}
			n := lineEnding(b[i:], final)
			if n < 0 {
				return 0, 0, &fault{msgAfterQuote, i}
			}
			if n == 0 && i < len(b) {
				c.pos = i
				return 0, 0, nil
			}
			c.fields = append(c.fields, span{c.start, i})
			return i, i + n, nil
		}
	}
}

// split cuts a record without quotes.
func (c *cutter) split(b []byte) {
	from := 0
	for {
		j := bytes.IndexByte(b[from:], c.delim)
		if j < 0 {
			c.fields = append(c.fields, span{from, len(b)})
			return
		}
		c.fields = append(c.fields, span{from, from + j})
		from += j + 1
	}
}

// trimCR is the end of the field b[from:to] without the CR of a CRLF.
func trimCR(b []byte, from, to int) int {
	if to > from && b[to-1] == '\r' {
		return to - 1
	}
	return to
}

// lineEnding is the length of the line ending that b starts with: -1 if there
// is none, 0 if more bytes must tell or if b is empty. A lone CR ends the last
// line of a file.
func lineEnding(b []byte, final bool) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '\n':
		return 1
	case b[0] != '\r':
		return -1
	case len(b) == 1 && final:
		return 1
	case len(b) == 1:
		return 0
	case b[1] == '\n':
		return 2
	}
	return -1
}

// AppendText appends the decoded text of a raw token to dst: nothing for an
// absent key (nil) or null, the token of a number or boolean, the JSON of
// arrays and objects.
func AppendText(dst []byte, f Format, token []byte) []byte {
	if f == JSONL {
		return appendJSONText(dst, token)
	}
	return appendUnquoted(dst, token)
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
