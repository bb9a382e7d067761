package table

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep JSON may nest, as in encoding/json.
const maxDepth = 10000

// object reads the JSON object that makes up line, with nothing after it. It
// calls member for each member with the spans of its key's string and value.
func object(line []byte, member func(key, value span) *fault) *fault {
	s := jsonScan{b: line}
	s.space()
	if s.byteIs('[') {
		return s.wrong("a JSON object is needed, not an array (jq -c '.[]' makes lines of one)")
	}
	if !s.byteIs('{') {
		return s.wrong("a JSON object is needed")
	}
	s.space()
	if !s.byteIs('}') {
		for {
			s.space()
			key, bad := s.str()
			if bad != nil {
				return bad
			}
			s.space()
			if !s.byteIs(':') {
				return s.wrong("a colon is needed after the key")
			}
			s.space()
			from := s.i
			if bad := s.value(); bad != nil {
				return bad
			}
			if bad := member(key, span{from, s.i}); bad != nil {
				return bad
			}
			s.space()
			if s.byteIs(',') {
				continue
			}
			if s.byteIs('}') {
				break
			}
			return s.wrong("a comma or the end of the object is needed")
		}
	}
	s.space()
	if s.i < len(line) {
		return s.wrong("a line must hold one JSON object and nothing else")
	}
	return nil
}

// objectCutter finds the values of a JSON object by column.
type objectCutter struct {
	header *Header
	values []span // of the last object
}

func newObjectCutter(h *Header) objectCutter {
	return objectCutter{header: h, values: make([]span, len(h.Names))}
}

func (o *objectCutter) cut(line []byte) *fault {
	for i := range o.values {
		o.values[i] = span{-1, -1}
	}
	due := 0
	return object(line, func(key, value span) *fault {
		i := o.column(line[key.from:key.to], due)
		switch {
		case i < 0:
			return &fault{fmt.Sprintf("key %s is not in the first record, whose keys are the columns", line[key.from:key.to]), key.from}
		case o.values[i].from >= 0:
			return &fault{fmt.Sprintf("key %s is there twice", line[key.from:key.to]), key.from}
		}
		o.values[i] = value
		due = i + 1
		return nil
	})
}

// column is the column of a key, tried first where the order of the columns has it.
func (o *objectCutter) column(key []byte, due int) int {
	if plain := key[1 : len(key)-1]; bytes.IndexByte(plain, '\\') < 0 {
		if due < len(o.header.Names) && string(plain) == o.header.Names[due] {
			return due
		}
		if i, ok := o.header.index[string(plain)]; ok {
			return i
		}
		return -1
	}
	return o.header.Index(string(appendJSONText(nil, key)))
}

// jsonScan checks JSON and finds where its values end.
type jsonScan struct {
	b []byte
	i int
}

func (s *jsonScan) wrong(msg string) *fault { return &fault{"bad JSON: " + msg, s.i} }

func (s *jsonScan) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

func (s *jsonScan) byteIs(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *jsonScan) str() (span, *fault) {
	from := s.i
	if !s.byteIs('"') {
		return span{}, s.wrong("a string is needed")
	}
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return span{from, s.i}, nil
		case c == '\\':
			if bad := s.escape(); bad != nil {
				return span{}, bad
			}
		case c < ' ':
			return span{}, s.wrong("a control character in a string")
		default:
			s.i++
		}
	}
	return span{}, &fault{"bad JSON: the string that opens here never closes", from}
}

func (s *jsonScan) escape() *fault {
	if s.i+1 < len(s.b) {
		switch s.b[s.i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			s.i += 2
			return nil
		case 'u':
			if s.i+6 <= len(s.b) && hex4(s.b[s.i+2:]) >= 0 {
				s.i += 6
				return nil
			}
		}
	}
	return s.wrong("an unknown escape in a string")
}

// value steps over a value of any depth.
func (s *jsonScan) value() *fault {
	var nest []byte // the closing bytes that are due
	for {
		bad := s.open(&nest)
		if bad != nil {
			return bad
		}
		for {
			if len(nest) == 0 {
				return nil
			}
			s.space()
			top := nest[len(nest)-1]
			if s.byteIs(top) {
				nest = nest[:len(nest)-1]
				continue
			}
			if !s.byteIs(',') {
				return s.wrong(fmt.Sprintf("a comma or %q is needed", top))
			}
			if bad := s.key(top); bad != nil {
				return bad
			}
			break
		}
	}
}

// open reads a scalar, or what opens arrays and objects up to the first scalar
// in them or an empty one.
func (s *jsonScan) open(nest *[]byte) *fault {
	for {
		s.space()
		closing := byte(0)
		switch {
		case s.byteIs('['):
			closing = ']'
		case s.byteIs('{'):
			closing = '}'
		default:
			return s.scalar()
		}
		s.space()
		if s.byteIs(closing) {
			return nil
		}
		if len(*nest) == maxDepth {
			return s.wrong("nested too deep")
		}
		*nest = append(*nest, closing)
		if bad := s.key(closing); bad != nil {
			return bad
		}
	}
}

// key steps over the key and colon of a member, if an object is what closing ends.
func (s *jsonScan) key(closing byte) *fault {
	if closing == ']' {
		return nil
	}
	s.space()
	if _, bad := s.str(); bad != nil {
		return bad
	}
	s.space()
	if !s.byteIs(':') {
		return s.wrong("a colon is needed after the key")
	}
	return nil
}

func (s *jsonScan) scalar() *fault {
	if s.i == len(s.b) {
		return s.wrong("a value is needed")
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(s.b[s.i:], []byte(word)) {
			s.i += len(word)
			return nil
		}
	}
	if s.b[s.i] == '"' {
		_, bad := s.str()
		return bad
	}
	return s.number()
}

func (s *jsonScan) number() *fault {
	s.byteIs('-')
	if !s.byteIs('0') && s.digits() == 0 {
		return s.wrong("a value is needed")
	}
	if s.byteIs('.') && s.digits() == 0 {
		return s.wrong("a digit is needed after the point")
	}
	if s.byteIs('e') || s.byteIs('E') {
		if !s.byteIs('-') {
			s.byteIs('+')
		}
		if s.digits() == 0 {
			return s.wrong("a digit is needed in the exponent")
		}
	}
	return nil
}

func (s *jsonScan) digits() int {
	from := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i - from
}

// hex4 is the number that four hexadecimal digits write, -1 if b has others.
func hex4(b []byte) rune {
	v := rune(0)
	for _, c := range b[:4] {
		switch {
		case c-'0' <= 9:
			v = v<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return v
}

// appendJSONText appends the text of a JSON value: what a string says, nothing
// for null, the token of anything else.
func appendJSONText(dst, v []byte) []byte {
	switch {
	case len(v) == 0 || v[0] == 'n':
		return dst
	case v[0] != '"':
		return append(dst, v...)
	}
	v = v[1 : len(v)-1]
	for {
		i := bytes.IndexByte(v, '\\')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		var c rune
		c, v = unescape(v[i+1:])
		dst = utf8.AppendRune(dst, c)
	}
}

// unescape reads what follows the backslash of a checked string. A lone half
// of a surrogate pair becomes U+FFFD.
func unescape(v []byte) (rune, []byte) {
	switch v[0] {
	case 'b':
		return '\b', v[1:]
	case 'f':
		return '\f', v[1:]
	case 'n':
		return '\n', v[1:]
	case 'r':
		return '\r', v[1:]
	case 't':
		return '\t', v[1:]
	case 'u':
		c := hex4(v[1:])
		v = v[5:]
		if !utf16.IsSurrogate(c) {
			return c, v
		}
		if len(v) >= 6 && v[0] == '\\' && v[1] == 'u' {
			if pair := utf16.DecodeRune(c, hex4(v[2:])); pair != utf8.RuneError {
				return pair, v[6:]
			}
		}
		return utf8.RuneError, v
	}
	return rune(v[0]), v[1:]
}

// appendJSONString appends text as a JSON string. Bytes that are no UTF-8
// become U+FFFD.
func appendJSONString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, text[from:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			from = i
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, text[from:i]...)
			dst = append(dst, "\uFFFD"...)
			from = i + 1
		}
		i += n
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}
