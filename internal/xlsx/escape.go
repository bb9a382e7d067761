package xlsx

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Characters that XML does not have stand in cells as _xHHHH_, one UTF-16 unit each
// (ECMA-376, ST_Xstring). A text that may look like that has its underscore escaped: _x005F_.
const escapeSize = len("_xHHHH_")

// parseEscape reads the escape that text starts with.
func parseEscape(text []byte) (unit rune, ok bool) {
	if len(text) < escapeSize || text[escapeSize-1] != '_' {
		return 0, false
	}
	return parseOpenEscape(text)
}

// parseOpenEscape is parseEscape without the underscore at the end.
func parseOpenEscape(text []byte) (unit rune, ok bool) {
	if len(text) < escapeSize-1 || text[0] != '_' || text[1] != 'x' {
		return 0, false
	}
	for _, c := range text[2:6] {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		unit = unit<<4 | d
	}
	return unit, true
}

// appendUnescaped appends the text that a cell shows. A half of a surrogate pair
// stays as it is.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.Index(text, []byte("_x"))
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		unit, ok := parseEscape(text)
		size := escapeSize
		if ok && utf16.IsSurrogate(unit) {
			low, _ := parseEscape(text[escapeSize:])
			unit, size = utf16.DecodeRune(unit, low), 2*escapeSize
			ok = unit != utf8.RuneError
		}
		if !ok {
			dst = append(dst, text[0])
			text = text[1:]
			continue
		}
		dst = utf8.AppendRune(dst, unit)
		text = text[size:]
	}
}

// appendEscaped appends text as the content of an element or of an attribute.
func appendEscaped(dst, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		c, size := rune(text[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(text[i:])
		}
		var entity string
		switch {
		case c == '&':
			entity = "&amp;"
		case c == '<':
			entity = "&lt;"
		case c == '>':
			entity = "&gt;"
		case c == '"':
			entity = "&quot;"
		case c == '_':
			// What follows may begin with an underscore, once it is escaped.
			if _, ok := parseOpenEscape(text[i:]); ok {
				entity = "_x005F_"
			}
		case c < ' ' && c != '\t' && c != '\n', c == 0xFFFE, c == 0xFFFF:
			const digits = "0123456789ABCDEF"
			entity = string([]byte{'_', 'x', digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15], '_'})
		}
		if entity != "" {
			dst = append(append(dst, text[from:i]...), entity...)
			from = i + size
		}
		i += size
	}
	return append(dst, text[from:]...)
}

// TextUnits is the length of text in UTF-16 units.
func TextUnits(text []byte) int {
	n := 0
	for _, c := range text {
		if c&0xC0 != 0x80 {
			n++
		}
		if c >= 0xF0 {
			n++
		}
	}
	return n
}
