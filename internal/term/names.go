package term

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CanonicalName is a name or a label as it is compared, but for case: in Unicode's form
// NFC, without invisible characters, outer blanks and the mark of a cell that is no formula. ASCII costs next to nothing.
func CanonicalName(s string) string {
	if IsASCII(s) {
		return trimName(s)
	}
	s = strings.Map(func(r rune) rune {
		if IsInvisible(r) {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(trimName(s))
}

func trimName(s string) string {
	s = strings.TrimSpace(s)
	if bare := WithoutTextMark(s); len(bare) < len(s) {
		return strings.TrimSpace(bare)
	}
	return s
}

// EqualNames reports whether two names are equal as CanonicalName has them, without
// regard to case.
func EqualNames(a, b string) bool {
	return strings.EqualFold(a, b) || strings.EqualFold(CanonicalName(a), CanonicalName(b))
}

// IsASCII reports whether s has only ASCII characters.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
