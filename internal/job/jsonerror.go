package job

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonMistakes are what people type where JSON wants something else, with what it wants.
var jsonMistakes = []struct{ typed, want string }{
	{"“", curlyQuotes}, {"”", curlyQuotes}, {"„", curlyQuotes}, {"‘", curlyQuotes}, {"’", curlyQuotes}, {"«", curlyQuotes}, {"»", curlyQuotes},
	{"'", "JSON requires double quotes (\") instead of single ones"},
	{"`", "JSON requires double quotes (\") instead of backticks"},
	{"//", noComments}, {"/*", noComments}, {"#", noComments},
	{"True", "JSON writes true"}, {"TRUE", "JSON writes true"}, {"False", "JSON writes false"}, {"FALSE", "JSON writes false"},
	{"None", "JSON writes null"}, {"NULL", "JSON writes null"}, {"Null", "JSON writes null"}, {"NaN", "JSON does not allow NaN: write null"},
}

const (
	curlyQuotes = "JSON requires straight quotes (\") instead of curly ones, which word processors type"
	noComments  = "JSON does not allow comments"
)

// ExplainJSONError tells the line of the mistake in text that is not JSON, and what was probably
// meant, empty if it cannot tell. At is the place of the byte at which the reading ended, message
// what encoding/json said.
func ExplainJSONError(data []byte, at int64, message string) (line int, what string) {
	at = min(max(at, 0), int64(len(data)))
	rest, before := data[at:], bytes.TrimRight(data[:at], " \t\r\n")
	lineOf := func(text []byte) int { return 1 + bytes.Count(text, []byte("\n")) }
	line = lineOf(data[:at])
	unlessCurly := func(line int, what string) (int, string) {
		if hasCurlyQuotes(lastLine(before)) {
			return lineOf(before), curlyQuotes
		}
		return line, what
	}
	if at > 0 && data[at-1] == '"' && beginsWord(rest) { // which may be one of the jsonMistakes
		return unlessCurly(line, "a quote inside a text is written \\\"")
	}
	for _, s := range jsonMistakes {
		if bytes.HasPrefix(rest, []byte(s.typed)) {
			return line, s.want
		}
	}
	isEnd := len(rest) > 0 && (rest[0] == ']' || rest[0] == '}')
	switch {
	case isEnd && bytes.HasSuffix(before, []byte(",")):
		return lineOf(before), "leave out the comma after the last value"
	case strings.Contains(message, "after object key:value pair"), strings.Contains(message, "after array element"):
		if isEnd || len(rest) == 0 {
			return line, "a bracket is closed by another kind of bracket"
		}
		return unlessCurly(lineOf(before), "a comma is missing at the end of this value")
	case strings.Contains(message, "after object key") && !strings.Contains(message, "looking for"):
		return unlessCurly(line, "a colon is missing after the key")
	case strings.Contains(message, "in string literal") && len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		return unlessCurly(line, "a quote is missing at the end of this line; a line break in a text is written \\n")
	case len(before) == 0 && len(rest) == 0:
		return line, "the file is empty"
	case strings.Contains(message, "unexpected end"):
		return lineOf(before), "the end is missing: a quote or a bracket is not closed"
	}
	return line, ""
}

func beginsWord(text []byte) bool {
	return len(text) > 0 && (text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z')
}

func lastLine(text []byte) []byte { return text[bytes.LastIndexByte(text, '\n')+1:] }

func hasCurlyQuotes(text []byte) bool { return bytes.ContainsAny(text, "“”„") }

// CheckJSON returns an error "PATH:LINE: what" for what json.Unmarshal passes over
// without a word: a key that an object has twice, of which the last one counts, and text that
// is not UTF-8, which changes. What else is wrong is left to json.Unmarshal.
func CheckJSON(data []byte, path string) error {
	_, err := jsontext.NewDecoder(bytes.NewReader(data)).ReadValue()
	bad, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return nil
	}
	line := 1 + bytes.Count(data[:min(bad.ByteOffset, int64(len(data)))], []byte("\n"))
	switch {
	case errors.Is(bad.Err, jsontext.ErrDuplicateName):
		return fmt.Errorf("%s:%d: duplicate key %q", path, line, bad.JSONPointer.LastToken())
	case !utf8.Valid(data):
		return fmt.Errorf("%s:%d: not UTF-8 text", path, line)
	}
	return nil
}
