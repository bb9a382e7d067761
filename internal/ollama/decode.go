package ollama

import (
	"errors"
	"strconv"
	"time"
)

// decoder walks JSON text once, checking all of it.
type decoder struct {
	b   []byte
	i   int
	key []byte // the key being looked at, where it has escapes
}

var (
	errEnd    = errors.New("it ends too early")
	errSyntax = errors.New("unexpected character")
	errDeep   = errors.New("nested too deeply")
)

func (d *decoder) space() {
	for d.i < len(d.b) {
		switch d.b[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (d *decoder) peek() byte {
	if d.i < len(d.b) {
		return d.b[d.i]
	}
	return 0
}

func (d *decoder) expect(c byte) error {
	d.space()
	if d.i == len(d.b) {
		return errEnd
	}
	if d.b[d.i] != c {
		return errSyntax
	}
	d.i++
	return nil
}

// object calls field with each key, standing at its value; key lives for the call.
func (d *decoder) object(a *answer, field func(a *answer, key []byte) error) error {
	if err := d.expect('{'); err != nil {
		return err
	}
	if d.space(); d.peek() == '}' {
		d.i++
		return nil
	}
	for {
		d.space()
		key, err := d.text(d.key[:0])
		if err != nil {
			return err
		}
		if err := d.expect(':'); err != nil {
			return err
		}
		d.space()
		if err := field(a, key); err != nil {
			return err
		}
		if d.space(); d.peek() == '}' {
			d.i++
			return nil
		}
		if err := d.expect(','); err != nil {
			return err
		}
	}
}

// skip passes over one value, checking it.
func (d *decoder) skip(depth int) error {
	const deepest = 1000
	if depth > deepest {
		return errDeep
	}
	d.space()
	switch c := d.peek(); {
	case c == '"':
		return d.skipText()
	case c == '{', c == '[':
		return d.skipNested(depth, c)
	case c == '-', c >= '0' && c <= '9':
		_, _, err := d.number()
		return err
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(d.b)-d.i >= len(word) && string(d.b[d.i:d.i+len(word)]) == word {
			d.i += len(word)
			return nil
		}
	}
	if d.i == len(d.b) {
		return errEnd
	}
	return errSyntax
}

func (d *decoder) skipNested(depth int, open byte) error {
	end := open + 2 // '}' follows '{' and ']' follows '[' at this distance
	d.i++
	if d.space(); d.peek() == end {
		d.i++
		return nil
	}
	for {
		if open == '{' {
			if d.space(); d.peek() != '"' {
				return errSyntax
			}
			if err := d.skipText(); err != nil {
				return err
			}
			if err := d.expect(':'); err != nil {
				return err
			}
		}
		if err := d.skip(depth + 1); err != nil {
			return err
		}
		if d.space(); d.peek() == end {
			d.i++
			return nil
		}
		if err := d.expect(','); err != nil {
			return err
		}
	}
}

func (d *decoder) skipText() error {
	for d.i++; d.i < len(d.b); d.i++ {
		switch c := d.b[d.i]; {
		case c == '"':
			d.i++
			return nil
		case c < 0x20:
			return errSyntax
		case c == '\\':
			if _, err := d.escape(); err != nil {
				return err
			}
			d.i--
		}
	}
	return errEnd
}

// number reads a number in JSON's grammar; whole tells that it has neither
// fraction nor exponent.
func (d *decoder) number() (token []byte, whole bool, err error) {
	start := d.i
	if d.peek() == '-' {
		d.i++
	}
	if d.peek() == '0' {
		d.i++
	} else if err := d.digits(); err != nil {
		return nil, false, err
	}
	whole = true
	if d.peek() == '.' {
		whole = false
		d.i++
		if err := d.digits(); err != nil {
			return nil, false, err
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		whole = false
		d.i++
		if c := d.peek(); c == '+' || c == '-' {
			d.i++
		}
		if err := d.digits(); err != nil {
			return nil, false, err
		}
	}
	return d.b[start:d.i], whole, nil
}

func (d *decoder) digits() error {
	start := d.i
	for d.i < len(d.b) && d.b[d.i] >= '0' && d.b[d.i] <= '9' {
		d.i++
	}
	if d.i > start {
		return nil
	}
	if d.i == len(d.b) {
		return errEnd
	}
	return errSyntax
}

// whole reads the value that comes next if it is a number of at least 0 that
// fits; ok is false for any other value.
func (d *decoder) whole() (n int64, ok bool, err error) {
	if c := d.peek(); c != '-' && (c < '0' || c > '9') {
		return 0, false, d.skip(0)
	}
	token, whole, err := d.number()
	if err != nil {
		return 0, false, err
	}
	if whole {
		n, err = strconv.ParseInt(string(token), 10, 64)
		return n, err == nil && n >= 0, nil
	}
	f, err := strconv.ParseFloat(string(token), 64)
	if err != nil || f < 0 || f >= 1<<62 {
		return 0, false, nil
	}
	return int64(f), true, nil
}

func (d *decoder) count(to *int) error {
	n, ok, err := d.whole()
	if ok {
		*to = int(n)
	}
	return err
}

func (d *decoder) duration(to *time.Duration) error {
	n, ok, err := d.whole()
	if ok {
		*to = time.Duration(n)
	}
	return err
}
