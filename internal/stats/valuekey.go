package stats

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"prism/internal/term"
)

// valueKey is what two cells have in common if they hold the same label.
func valueKey(text string) string { return strings.ToLower(term.CanonicalName(text)) }

// appendValueKey appends the key of a text. Nearly all texts need no other memory.
func appendValueKey(dst, text []byte) []byte {
	if len(text) > 1 && (text[0] == term.TextMark || text[0] <= ' ') {
		return append(dst, valueKey(string(text))...)
	}
	from := len(dst)
	dst = slices.Grow(dst, len(text)) // no key is longer than its text
	key, n := dst[from:from+len(text)], 0
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			key[n] = lowerASCII[b]
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if !isComposed(r) {
			return append(dst, valueKey(string(text))...)
		}
		n += utf8.EncodeRune(key[n:], unicode.ToLower(r))
		i += size
	}
	return dst[:from+copy(key, bytes.TrimSpace(key[:n]))]
}

// lowerASCII is the lower case of each ASCII character.
var lowerASCII = func() (lower [utf8.RuneSelf]byte) {
	for b := range lower {
		lower[b] = byte(unicode.ToLower(rune(b)))
	}
	return lower
}()

// isComposed tells of the most frequent characters beside ASCII that they are visible, no
// blanks, the same in Unicode's form NFC next to each other, and no longer in lower case.
func isComposed(r rune) bool {
	switch {
	case r < 0x00C0:
		return false
	case r < 0x0180, // Latin
		0x0400 <= r && r < 0x0482,                            // Cyrillic
		0x05D0 <= r && r < 0x05EB,                            // Hebrew
		0x2010 <= r && r < 0x2028,                            // dashes and quotation marks
		0x3041 <= r && r < 0x3097, 0x30A1 <= r && r < 0x30FB, // Kana
		0x4E00 <= r && r < 0xA000, // Chinese characters
		0xAC00 <= r && r < 0xD7A4: // Korean syllables
		return true
	}
	return false
}
