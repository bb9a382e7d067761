package term

import "strings"

// QuoteXargs quotes a word as xargs without -0 reads it: in single quotes, and
// single quotes in double ones.
func QuoteXargs(s string) string { return quote(s, `'"'"'`) }

// QuoteShell quotes a word for a shell.
func QuoteShell(s string) string { return quote(s, `'\''`) }

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
