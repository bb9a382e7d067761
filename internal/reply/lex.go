package reply

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// kind says what stands in a place where a value can be.
type kind uint8

const (
	missing kind = iota
	text         // a string
	scalar       // a number, true or false
	null
	array
	object
	clash // the key is there twice, with different values
)

// value is a JSON value as it stands in the reply. Of arrays and objects only
// the kind is known.
type value struct {
	raw   string // text: between the quotes; scalar: the token
	kind  kind
	plain bool // a text that is raw itself: printable ASCII without escapes
}

// text returns what the value says, without outer white space, and false if it
// is a string with an escape that JSON does not have.
func (v value) text() (string, bool) {
	s, ok := v.raw, true
	if v.kind == text && !v.plain {
		s, ok = decode(s)
	}
	return strings.TrimSpace(s), ok
}

func (v value) same(w value) bool {
	if v.kind != w.kind || v.raw == w.raw {
		return v.kind == w.kind
	}
	a, okA := v.text()
	b, okB := w.text()
	return a == b && okA && okB
}

// peek skips white space and returns the byte after it, 0 at the end.
func (p *parser) peek() byte {
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// str reads the string whose opening quote is next. Control characters may
// stand in it unescaped: where it ends is clear all the same.
func (p *parser) str() (value, state) {
	start, plain := p.i+1, true
	for i := start; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			return value{raw: p.s[start:i], kind: text, plain: plain}, good
		case c == '\\':
			plain = false
			i++
		case c < ' ' || c >= 0x7f:
			plain = false
		}
	}
	p.i = len(p.s)
	return value{}, bad
}

// literal reads the word w.
func (p *parser) literal(w string, k kind) (value, state) {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return value{}, bad
	}
	p.i += len(w)
	return value{raw: w, kind: k}, good
}

// number reads a number. One that ends with the text is bad: digits may be cut off.
func (p *parser) number() (value, state) {
	start := p.i
	p.skip('-')
	if !p.skip('0') && !p.digits() {
		return value{}, bad
	}
	if p.skip('.') && !p.digits() {
		return value{}, bad
	}
	if p.skip('e') || p.skip('E') {
		if !p.skip('+') {
			p.skip('-')
		}
		if !p.digits() {
			return value{}, bad
		}
	}
	if p.i == len(p.s) {
		return value{}, bad
	}
	return value{raw: p.s[start:p.i], kind: scalar}, good
}

func (p *parser) skip(c byte) bool {
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.s) && p.s[p.i]-'0' <= 9 {
		p.i++
	}
	return p.i > start
}

// decode returns the text of a JSON string. What is not UTF-8, half a surrogate
// pair and every control character but tab and line ends becomes U+FFFD.
func decode(raw string) (string, bool) {
	if isClean(raw) {
		return raw, true
	}
	b := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		r, n := utf8.DecodeRuneInString(raw)
		if r == '\\' {
			if r, n = escape(raw); n == 0 {
				return "", false
			}
		}
		if unprintable(r) {
			r = utf8.RuneError
		}
		b = utf8.AppendRune(b, r)
		raw = raw[n:]
	}
	return string(b), true
}

func isClean(s string) bool {
	for _, r := range s {
		if r == '\\' || r == utf8.RuneError || unprintable(r) {
			return false
		}
	}
	return true
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}

// escape returns the character of the escape that s begins with and its length
// in bytes, 0 if JSON has no such escape.
func escape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := unit(s)
		if r < 0 {
			return 0, 0
		}
		if pair := utf16.DecodeRune(r, unit(s[6:])); pair != unicode.ReplacementChar {
			return pair, 12
		}
		return r, 6 // half a pair: AppendRune makes it U+FFFD
	}
	return 0, 0
}

// unit returns the UTF-16 unit of the \uXXXX that s begins with, -1 if it does not.
func unit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	var r rune
	for i := 2; i < 6; i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
