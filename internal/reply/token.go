package reply

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
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
	conflicting  // the key is there twice, with different values
	contradicted // two objects of the row have different values
	miscounted   // the row's array has another number of values than there are columns
)

// value is a JSON value as it stands in the reply. Of objects only the kind is known.
type value struct {
	raw   string // text: between the quotes; scalar: the token; array: with its brackets
	at    int    // where raw begins in the reply
	kind  kind
	plain bool // a text that is raw itself: printable ASCII without escapes
}

// place is where the value stands in the reply, with its quotes.
func (v value) place() Place {
	switch v.kind {
	case text:
		return Place{v.at - 1, v.at + len(v.raw) + 1}
	case scalar, null, array:
		return Place{v.at, v.at + len(v.raw)}
	}
	return Place{}
}

// text returns what the value says, without outer white space, and false if it
// is a string with an escape that JSON does not have.
func (v value) text() (string, bool) {
	s, ok := v.raw, true
	if v.kind == text && !v.plain {
		s, ok = unescape(s)
	}
	return strings.TrimSpace(s), ok
}

// merge takes in the value of a key that may be there again.
func (v *value) merge(again value) {
	switch {
	case v.kind == missing:
		*v = again
	case !v.equals(again):
		*v = value{kind: conflicting}
	case len(again.raw) < len(v.raw):
		*v = again // so that many repetitions never read a long one again
	}
}

func (v value) equals(w value) bool {
	if v.kind != w.kind || v.raw == w.raw {
		return v.kind == w.kind
	}
	if v.kind == array {
		return slices.EqualFunc(v.items(), w.items(), value.equals)
	}
	a, okA := v.text()
	b, okB := w.text()
	return a == b && okA && okB
}

// items returns the values of an array.
func (v value) items() []value {
	p := parser{text: v.raw, pos: len("["), base: v.at}
	var items []value
	for c := p.peekToken(); c != ']' && c != 0; c = p.peekToken() {
		item, st := p.parseValue(1)
		if st != complete {
			return nil // not possible: the array was parsed before
		}
		items = append(items, item)
		if p.peekToken() == ',' {
			p.pos++
		}
	}
	return items
}

// peekToken skips white space and returns the byte after it, 0 at the end.
func (p *parser) peekToken() byte {
	for ; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; c {
		case ' ', '\n', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

// parseString reads the string whose opening quote is next. Control characters
// may stand in it unescaped: where it ends is clear all the same.
func (p *parser) parseString() (value, state) {
	start, plain := p.pos+1, true
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.pos = i + 1
			return value{raw: p.text[start:i], at: p.base + start, kind: text, plain: plain}, complete
		case c == '\\':
			plain = false
			i++
		case c < ' ' || c >= 0x7f:
			plain = false
		}
	}
	p.pos = len(p.text)
	return value{}, notJSON
}

// parseLiteral reads a word.
func (p *parser) parseLiteral(word string, k kind) (value, state) {
	if !strings.HasPrefix(p.text[p.pos:], word) {
		return value{}, notJSON
	}
	p.pos += len(word)
	return value{raw: word, at: p.base + p.pos - len(word), kind: k}, complete
}

// parseNumber reads a number. One that ends with the text is not taken: digits
// may be cut off.
func (p *parser) parseNumber() (value, state) {
	start := p.pos
	p.accept('-')
	if !p.accept('0') && !p.acceptDigits() {
		return value{}, notJSON
	}
	if p.accept('.') && !p.acceptDigits() {
		return value{}, notJSON
	}
	if p.accept('e') || p.accept('E') {
		if !p.accept('+') {
			p.accept('-')
		}
		if !p.acceptDigits() {
			return value{}, notJSON
		}
	}
	if p.pos == len(p.text) {
		return value{}, notJSON
	}
	return value{raw: p.text[start:p.pos], at: p.base + start, kind: scalar}, complete
}

func (p *parser) accept(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) acceptDigits() bool {
	start := p.pos
	for p.pos < len(p.text) && p.text[p.pos]-'0' <= 9 {
		p.pos++
	}
	return p.pos > start
}

// unescape returns the text of a JSON string. What is not UTF-8, half a surrogate
// pair and every control character but tab and line ends becomes U+FFFD. It
// returns false if there is an escape that JSON does not have.
func unescape(raw string) (string, bool) {
	if isClean(raw) {
		return raw, true
	}
	var b strings.Builder
	for len(raw) > 0 {
		// JSON has no control characters in strings; no escape spans one.
		n := strings.IndexFunc(raw, func(r rune) bool { return r < ' ' })
		if n < 0 {
			n = len(raw)
		}
		part := raw[:n]
		if !isClean(part) && json.Unmarshal([]byte(`"`+part+`"`), &part) != nil {
			return "", false
		}
		b.WriteString(part)
		b.WriteString(raw[n:min(n+1, len(raw))])
		raw = raw[min(n+1, len(raw)):]
	}
	return strings.Map(func(r rune) rune {
		if isUnprintable(r) {
			return utf8.RuneError
		}
		return r
	}, b.String()), true
}

// isClean reports whether unescape would change nothing.
func isClean(s string) bool {
	for _, r := range s {
		if r == '\\' || r == utf8.RuneError || isUnprintable(r) {
			return false
		}
	}
	return true
}

func isUnprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}
