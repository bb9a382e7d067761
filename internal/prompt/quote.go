package prompt

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownNUL takes the place of a NUL, at which a server may end the text.
const shownNUL = `\x00`

// lineQuote is put before a line of a cell that looks like a line of the frame.
const lineQuote = "> "

// frameStarts begin the lines that frame the mentions of a message, in lower case.
var frameStarts = []string{"═══", "[mention ", "rowid:", "[input sentiment]", "**return:"}

// appendCell appends a cell of the input. What could be taken for the frame of
// another mention is quoted: a line that begins like one of the frame gets "> ", and
// the quotes of a JSON key "RowID" and the tags of thoughts a backslash, so that an object
// copied into the reply is no row's, and hides none. A NUL is shown as \x00. Any other text
// keeps its bytes.
func appendCell(dst []byte, s string) []byte {
	if !mayNeedQuoting(s) {
		return append(dst, s...)
	}
	for s != "" {
		line := s[:lineLen(s)]
		if looksLikeFrame(line) {
			dst = append(dst, lineQuote...)
		}
		dst = appendEscaped(dst, line)
		s = s[len(line):]
	}
	return dst
}

// mayNeedQuoting is a quick look for what appendCell quotes: false if there is none.
func mayNeedQuoting(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case 0:
			return true
		case 'r', 'R': // a common letter: of the texts below one begins with it
			if !hasPrefixFold(s[i:], "ro") {
				continue
			}
		case '[', '*', '\\', '<', "═"[0]:
		default:
			continue
		}
		rest := s[i:]
		if strings.HasPrefix(rest, `\u`) || isThinkTag(rest) {
			return true
		}
		for _, start := range frameStarts {
			if hasPrefixFold(rest, strings.TrimSuffix(start, ":")) { // a key RowID has a quote there
				return true
			}
		}
	}
	return false
}

// hasPrefixFold takes ASCII alone, or what is not folded.
func hasPrefixFold(s, prefix string) bool {
	const lower = 'a' - 'A'
	return len(s) >= len(prefix) && s[0]|lower == prefix[0]|lower && strings.EqualFold(s[:len(prefix)], prefix)
}

// lineLen is the length of the first line of s with its end: whatever a reader may
// take for one.
func lineLen(s string) int {
	i := strings.IndexAny(s, "\n\r\v\f\u0085\u2028\u2029")
	if i < 0 {
		return len(s)
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return i + size
}

func looksLikeFrame(line string) bool {
	line = strings.TrimLeftFunc(line, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	for _, start := range frameStarts {
		if hasPrefixFold(line, start) {
			return true
		}
	}
	return false
}

// longestKey bounds the spelling of a key, so that many quotes cost no more than one.
const longestKey = 256

func isThinkTag(s string) bool {
	return hasPrefixFold(s, "<think") || hasPrefixFold(s, "</think")
}

// appendEscaped appends s with a backslash before each quote of a string that
// JSON reads as RowID, whatever its case, blanks and escapes, and in tags of thoughts. NULs are shown.
func appendEscaped(dst []byte, s string) []byte {
	end := -1 // the closing quote of a key
	for i := range len(s) {
		if s[i] == 0 {
			dst = append(dst, shownNUL...)
			continue
		}
		if s[i] == '"' {
			if i == end {
				dst = append(dst, '\\')
			} else if n := keyLen(s[i:]); n > 0 {
				end = i + n - 1
				dst = append(dst, '\\')
			}
		}
		dst = append(dst, s[i])
		if s[i] == '<' && isThinkTag(s[i:]) {
			dst = append(dst, '\\')
		}
	}
	return dst
}

// keyLen is the length of the JSON string that s begins with, if that says RowID, else 0.
func keyLen(s string) int {
	for i := 1; i < min(len(s), longestKey); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			var key string
			if json.Unmarshal([]byte(s[:i+1]), &key) == nil && strings.EqualFold(strings.TrimSpace(key), RowID) {
				return i + 1
			}
			return 0
		}
	}
	return 0
}
