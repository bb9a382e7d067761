package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// QuoteXargs quotes a word as xargs without -0 reads it: in single quotes, and
// single quotes in double ones.
func QuoteXargs(s string) string { return quote(s, `'"'"'`) }

// QuoteShell quotes a word for a shell, on one line and without control characters: bash
// and zsh read what takes escapes.
func QuoteShell(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return quoteEscaped(s)
	}
	return quote(s, `'\''`)
}

// quoteEscaped quotes a word as $'…', with the bytes of what cannot be seen as \ooo.
func quoteEscaped(s string) string {
	b := []byte("$'")
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\'' || r == '\\':
			b = append(b, '\\', byte(r))
		case unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			b = utf8.AppendRune(b, r)
		default:
			for _, c := range []byte(s[i : i+size]) {
				b = fmt.Appendf(b, `\%03o`, c)
			}
		}
		i += size
	}
	return string(append(b, '\''))
}

func quote(s, singleQuote string) string {
	if s != "" && strings.IndexFunc(s, needsQuotes) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", singleQuote) + "'"
}

func needsQuotes(c rune) bool {
	plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./:@%+=,-", c)
	return !plain
}
