package prompt

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compactStyle says the task once. A row begins with its number in the batch, in brackets, and its
// answer is an array that begins with the same number: [3,"Billing","Negative"]. No cell can show
// a bracket before a number (appendCompactCell), so none looks like the start of another row, nor
// like a row's answer where a model repeats it.
type compactStyle struct {
	columns []Column
	order   string // the end of the task: what an answer is, in order, without the blanks that would cost tokens in it
}

func newCompactStyle(columns []Column) *compactStyle {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	return &compactStyle{columns, ": [number," + strings.Join(names, ",") + "]\n\n"}
}

// Parts of the task, between which the number of mentions stands.
const (
	compactOne   = "Classify this mention. It begins with its number in brackets"
	compactMany  = " mentions. Each begins with its number in brackets"
	compactGiven = ", and the sentiment that the input has for it, if any: override that if it is wrong. "
	compactEach  = " arrays in the same order, one per mention, each of its number and its values"
)

func (s *compactStyle) appendUser(dst []byte, ms []Mention) []byte {
	if len(ms) == 1 {
		dst = append(dst, compactOne+compactGiven+"Return a JSON array of its number and its values"...)
	} else {
		dst = append(dst, "Classify these "...)
		dst = strconv.AppendInt(dst, int64(len(ms)), 10)
		dst = append(dst, compactMany+compactGiven+"Return a JSON array of "...)
		dst = strconv.AppendInt(dst, int64(len(ms)), 10)
		dst = append(dst, compactEach...)
	}
	dst = append(dst, s.order...)
	for i := range ms {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = appendCompactMention(dst, int64(i)+1, &ms[i])
	}
	return dst
}

// appendCompactMention appends the lines of a mention, the last without its newline: its number
// and sentiment, then its title, its context and its message.
func appendCompactMention(dst []byte, number int64, m *Mention) []byte {
	dst = strconv.AppendInt(append(dst, '['), number, 10)
	if m.Sentiment != "" {
		dst = appendCompactCell(append(dst, ' '), m.Sentiment)
	}
	dst = append(dst, ']')
	before := byte(' ')
	if m.Title != "" {
		dst = appendCompactCell(append(dst, before), m.Title)
		before = '\n'
	}
	for i := range m.Context {
		if c := &m.Context[i]; c.Text != "" {
			dst = appendCompactCell(append(dst, before), c.Label)
			dst = appendCompactCell(dst, c.Text)
			before = '\n'
		}
	}
	if m.Message != "" {
		dst = appendCompactCell(append(dst, before), m.Message)
	}
	return dst
}

// appendCompactCell appends a cell of the input, with a backslash behind each bracket that a number
// follows, or may follow in the next cell, and in tags of thoughts. A NUL is shown as \x00. Any other
// text keeps its bytes.
func appendCompactCell(dst []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, "[<\x00")
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		switch s = s[i:]; {
		case s[0] == 0:
			dst = append(dst, shownNUL...)
		case s[0] == '[' && mayPrecedeNumber(s[1:]), s[0] == '<' && isThinkTag(s):
			dst = append(dst, s[0], '\\')
		default:
			dst = append(dst, s[0])
		}
		s = s[1:]
	}
}

// mayPrecedeNumber reports whether s begins with a number, after what a reader may pass over, or ends
// before that is known.
func mayPrecedeNumber(s string) bool {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsNumber(r):
			return true
		case strings.ContainsRune(`"'+-`, r), unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		default:
			return false
		}
		s = s[size:]
	}
	return true
}

func (s *compactStyle) appendExample(dst []byte, x *example) []byte {
	dst = appendCompactMention(dst, x.mention.RowID, &x.mention)
	dst = append(dst, "\nReply: ["...)
	dst = strconv.AppendInt(dst, x.mention.RowID, 10)
	values := x.values
	for i := range s.columns {
		dst = append(dst, ',')
		if len(values) == 0 || values[0].column != i {
			dst = append(dst, "…"...) // a value that the example does not show
			continue
		}
		dst = values[0].append(dst, &s.columns[i])
		values = values[1:]
	}
	return append(dst, ']')
}

func (s *compactStyle) rowReply(values []valueSchema) rowReply {
	var items strings.Builder
	longest := len("  [\n  ],\n") + len("    10000,\n")
	for _, v := range values {
		fmt.Fprintf(&items, ",%s", v.schema)
		longest += len("    ,\n") + v.longest
	}
	return rowReply{
		head:    `{"type":"array","prefixItems":[{"const":`,
		tail:    "}" + items.String() + sizeSchema(1+len(values)),
		longest: longest,
	}
}
