package table

import (
	"bytes"
	"strings"

	"prism/internal/rowid"
)

// Cell is the content of a field to encode.
type Cell struct {
	Bytes []byte
	Form  Format // zero: plain text; else Bytes is a raw token of that format, nil an absent one
}

// Encoder writes records with the same columns in one format. TSV is CSV with
// a tab as the delimiter, so that every text survives. IDs keep their text: 007 is no JSON
// number and becomes a string.
type Encoder struct {
	format Format
	delim  byte
	names  []string
	keys   [][]byte // JSONL: ,"name": of each column
	number []bool   // JSONL: columns whose integers are numbers
	text   []byte
}

// batchSize is the output column that, beside the IDs, JSONL writes as a number.
const batchSize = "Batch_Size"

// NewEncoder returns an Encoder of records with these columns. The integers of RowID are
// numbers in JSONL.
func NewEncoder(f Format, names []string) *Encoder { return NewIDEncoder(f, names, RowID) }

// NewIDEncoder is NewEncoder for a table whose IDs are in another column.
func NewIDEncoder(f Format, names []string, id string) *Encoder {
	f = max(f, AnyCSV)
	e := &Encoder{format: f, delim: f.delimiter(), names: names}
	if f == AnyCSV {
		e.format = CSV
	}
	if f != JSONL {
		return e
	}
	e.number = make([]bool, len(names))
	for i, n := range names {
		key := append(appendJSONString([]byte{','}, []byte(n)), ':')
		e.keys = append(e.keys, key)
		e.number[i] = n == id || n == batchSize
	}
	return e
}

// Header appends the header record with its LF; nothing for JSONL. Where another
// delimiter would be taken for that of the file, names that hold one are quoted.
func (e *Encoder) Header(dst []byte) []byte {
	if e.format == JSONL {
		return dst
	}
	start := len(dst)
	dst = e.appendHeader(dst, false)
	if d := DetectDelimiter(dst[start:]); d != e.delim && strings.IndexByte(candidates, e.delim) >= 0 {
		dst = e.appendHeader(dst[:start], true)
	}
	return dst
}

func (e *Encoder) appendHeader(dst []byte, quoteAll bool) []byte {
	for i, n := range e.names {
		if i > 0 {
			dst = append(dst, e.delim)
		}
		if quoteAll && strings.ContainsAny(n, candidates) && !e.needsQuotes([]byte(n)) {
			dst = append(append(append(dst, '"'), n...), '"')
			continue
		}
		dst = e.appendQuoted(dst, []byte(n))
	}
	return append(dst, '\n')
}

// Record appends a record with its LF. There must be a cell for each column. A
// raw token of the Encoder's own format keeps its bytes, where they mean the
// same in this place.
func (e *Encoder) Record(dst []byte, cells []Cell) []byte {
	if e.format == JSONL {
		return e.object(dst, cells)
	}
	for i := range cells {
		if i > 0 {
			dst = append(dst, e.delim)
		}
		c := &cells[i]
		switch {
		case c.Form == e.format && e.fits(c.Bytes, i):
			dst = append(dst, c.Bytes...)
		case c.Form == 0:
			dst = e.appendQuoted(dst, c.Bytes)
		case c.Form == JSONL:
			e.text = appendJSONText(e.text[:0], c.Bytes)
			dst = e.appendQuoted(dst, e.text)
		case len(c.Bytes) > 0 && c.Bytes[0] == '"':
			dst = append(dst, c.Bytes...)
		default:
			dst = e.appendQuoted(dst, c.Bytes)
		}
	}
	return append(dst, '\n')
}

// fits reports whether a raw token reads the same as field i of any record: a CR
// at its end would become part of the line ending, and nothing at all a blank line.
func (e *Encoder) fits(token []byte, i int) bool {
	if i < len(e.names)-1 {
		return true
	}
	if len(token) == 0 {
		return len(e.names) > 1
	}
	return token[len(token)-1] != '\r'
}

func (e *Encoder) appendQuoted(dst, text []byte) []byte {
	if !e.needsQuotes(text) {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(dst, text...), '"')
}

func (e *Encoder) needsQuotes(text []byte) bool {
	if len(text) == 0 {
		return len(e.names) == 1
	}
	for _, c := range text {
		if c == e.delim || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

func (e *Encoder) object(dst []byte, cells []Cell) []byte {
	dst = append(dst, '{')
	for i := range cells {
		key := e.keys[i]
		if i == 0 {
			key = key[1:]
		}
		dst = append(dst, key...)
		c := &cells[i]
		switch {
		case c.Form == JSONL && c.Bytes == nil:
			dst = append(dst, "null"...)
		case c.Form == JSONL:
			dst = append(dst, c.Bytes...)
		default:
			text := c.Bytes
			if c.Form != 0 {
				e.text = appendUnquoted(e.text[:0], text)
				text = e.text
			}
			dst = e.value(dst, text, e.number[i])
		}
	}
	return append(dst, '}', '\n')
}

func (e *Encoder) value(dst, text []byte, number bool) []byte {
	if number && rowid.IsNumber(text) {
		return append(dst, text...)
	}
	return appendJSONString(dst, text)
}

// AppendCSV appends text as one field of a CSV record that has several.
func AppendCSV(dst, text []byte) []byte {
	e := Encoder{delim: ',', names: []string{"", ""}}
	return e.appendQuoted(dst, text)
}
