package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// objectParser finds the keys and values of the JSON objects on the lines of a
// JSONL file.
type objectParser struct {
	decoder *jsontext.Decoder
	options jsontext.Options
	line    bytes.Buffer
}

func newObjectParser() objectParser {
	// Invalid UTF-8 is left to CheckUTF8; objects within a value are not looked into.
	o := []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
	d := jsontext.NewDecoder(new(bytes.Buffer), o...)
	return objectParser{decoder: d, options: d.Options()}
}

// parseObject reads the JSON object that makes up line, with nothing after it. It
// calls member for each member with the raw key, in quotes, and the place of
// the value. The slices are parts of line.
func (p *objectParser) parseObject(line []byte, member func(key []byte, value span) *fault) *fault {
	p.line = *bytes.NewBuffer(line) // the decoder reads from line itself, without a copy
	d := p.decoder
	d.Reset(&p.line, p.options)
	if kind := d.PeekKind(); kind == '[' {
		return &fault{msg: "bad JSON: want an object, not an array"}
	} else if kind != '{' {
		return &fault{msg: "bad JSON: want an object"}
	}
	if _, err := d.ReadToken(); err != nil {
		return jsonFault(err)
	}
	for d.PeekKind() != '}' {
		key, err := d.ReadValue()
		if err != nil {
			return jsonFault(err)
		}
		value, err := d.ReadValue()
		if err != nil {
			return jsonFault(err)
		}
		to := int(d.InputOffset())
		if bad := member(key, span{to - len(value), to}); bad != nil {
			return bad
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return jsonFault(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return &fault{msg: "bad JSON: want one object a line"}
	}
	return nil
}

// jsonFault says what a decoder found, without the byte offset, which would be
// taken for that of the file.
func jsonFault(err error) *fault {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{msg: "bad JSON: the line ends before the object does"}
	case !errors.As(err, &syntax):
		return &fault{msg: "bad JSON: " + err.Error()}
	case syntax.JSONPointer != "":
		return &fault{msg: fmt.Sprintf("bad JSON: %v in %s", syntax.Err, syntax.JSONPointer)}
	}
	return &fault{msg: fmt.Sprintf("bad JSON: %v", syntax.Err)}
}

// objectSplitter finds the values of JSON objects, one a line, by column.
type objectSplitter struct {
	parser objectParser
	header *Header  // nil while the header is read: then keys are found instead of values
	keys   []string // of the last object, while header is nil
	values []span   // of the last object
	seen   int      // bytes of the data without a line feed
	rec    rawRecord
}

func newObjectSplitter(h *Header) *objectSplitter {
	o := &objectSplitter{parser: newObjectParser(), header: h}
	if h != nil {
		o.values = make([]span, len(h.Names))
	}
	return o
}

func (o *objectSplitter) reset() { o.seen = 0 }

func (o *objectSplitter) tooLong() *fault { return &fault{msg: tooLongMessage()} }

func (o *objectSplitter) next(data []byte, atEOF bool) (*rawRecord, *fault) {
	lf := nextByte(data, o.seen, '\n')
	if lf == len(data) && (!atEOF || lf == 0) {
		o.seen = lf
		return nil, nil
	}
	o.seen = 0
	line := data[:trimCR(data, 0, lf)]
	o.rec = rawRecord{end: len(line), next: min(lf+1, len(data)), fields: o.values}
	if o.rec.blank = len(bytes.TrimLeft(line, " \t\r")) == 0; o.rec.blank {
		return &o.rec, nil
	}
	find := o.findValues
	if o.header == nil {
		find = o.findKeys
	}
	if bad := find(line); bad != nil {
		return nil, bad
	}
	return &o.rec, nil
}

func (o *objectSplitter) findKeys(line []byte) *fault {
	o.keys = o.keys[:0]
	return o.parser.parseObject(line, func(key []byte, _ span) *fault {
		o.keys = append(o.keys, string(appendJSONText(nil, key)))
		return nil
	})
}

func (o *objectSplitter) findValues(line []byte) *fault {
	for i := range o.values {
		o.values[i] = span{-1, -1}
	}
	expected := 0
	return o.parser.parseObject(line, func(key []byte, value span) *fault {
		i := o.columnOf(key, expected)
		switch {
		case i < 0:
			return &fault{msg: fmt.Sprintf("unknown key %s (the keys of the first object are the columns)", key)}
		case o.values[i].from >= 0:
			return &fault{msg: fmt.Sprintf("duplicate key %s", key)}
		}
		o.values[i] = value
		expected = i + 1
		return nil
	})
}

// columnOf is the column of a raw key, -1 if there is none. Most objects have
// their keys in the order of the columns, so the expected one is tried first.
func (o *objectSplitter) columnOf(key []byte, expected int) int {
	name := key[1 : len(key)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = appendJSONText(nil, key)
	}
	if expected < len(o.header.Names) && string(name) == o.header.Names[expected] {
		return expected
	}
	if i, ok := o.header.index[string(name)]; ok {
		return i
	}
	return -1
}

// appendJSONText appends the text of a JSON value: what a string says, nothing
// for null, the token of anything else. A lone half of a surrogate pair becomes
// U+FFFD.
func appendJSONText(dst, value []byte) []byte {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return dst
	case value[0] != '"':
		return append(dst, value...)
	case bytes.IndexByte(value, '\\') < 0:
		return append(dst, value[1:len(value)-1]...)
	}
	dst, _ = jsontext.AppendUnquote(dst, value) // the value was checked; an error speaks of what became U+FFFD
	return dst
}

// appendJSONString appends text as a JSON string. Bytes that are not UTF-8
// become U+FFFD.
func appendJSONString(dst, text []byte) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // an error speaks of what became U+FFFD
	return dst
}
