package ollama

import (
	"unicode/utf16"
	"unicode/utf8"
)

// textOrSkip appends the string that comes next; another type adds nothing.
func (d *decoder) textOrSkip(dst []byte) ([]byte, error) {
	if d.peek() != '"' {
		return dst, d.skip(0)
	}
	return d.text(dst)
}

// text appends the string that comes next, as UTF-8: what is not becomes U+FFFD.
func (d *decoder) text(dst []byte) ([]byte, error) {
	if err := d.expect('"'); err != nil {
		return dst, err
	}
	start, plain := d.i, len(dst)
	ascii := true
	for d.i < len(d.b) {
		c := d.b[d.i]
		switch {
		case c == '"':
			dst = append(dst, d.b[start:d.i]...)
			d.i++
			if !ascii && !utf8.Valid(dst[plain:]) {
				dst = append(dst[:plain], string([]rune(string(dst[plain:])))...)
			}
			return dst, nil
		case c == '\\':
			dst = append(dst, d.b[start:d.i]...)
			r, err := d.escape()
			if err != nil {
				return dst, err
			}
			dst = utf8.AppendRune(dst, r)
			start = d.i
		case c < 0x20:
			return dst, errSyntax
		default:
			ascii = ascii && c < utf8.RuneSelf
			d.i++
		}
	}
	return dst, errEnd
}

// escape reads the escape that starts here; half a surrogate pair is U+FFFD.
func (d *decoder) escape() (rune, error) {
	if d.i+1 >= len(d.b) {
		return 0, errEnd
	}
	c := d.b[d.i+1]
	d.i += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
	default:
		return 0, errSyntax
	}
	r, err := d.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if d.i+1 < len(d.b) && d.b[d.i] == '\\' && d.b[d.i+1] == 'u' {
		back := d.i
		d.i += 2
		low, err := d.hex4()
		if err != nil {
			return 0, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, nil
		}
		d.i = back
	}
	return utf8.RuneError, nil
}

func (d *decoder) hex4() (rune, error) {
	if d.i+4 > len(d.b) {
		return 0, errEnd
	}
	var r rune
	for _, c := range d.b[d.i : d.i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, errSyntax
		}
		r = r<<4 | rune(c)
	}
	d.i += 4
	return r, nil
}
