package prompt

import (
	"strconv"
	"strings"
	"unicode"
)

// Mention is what the model sees of a row.
type Mention struct {
	RowID     int64
	Title     string // empty: its line is left out
	Context   []ContextLine
	Message   string
	Sentiment string // as the input has it; empty: its line is left out
}

// ContextLine is the value of another column of the row. Without a text it is left out.
type ContextLine struct {
	Label string // of ContextLabel
	Text  string
}

// ContextLabel is what a line with the value of a column begins with: its name, on one
// line.
func ContextLabel(column string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, column)
	return string(appendCell(nil, name+": "))
}

// mentionRule is the line before and after each mention of a batch.
const mentionRule = "═══════════════════════════════════════════════════════════════════"

// AppendUser appends the user message that asks for the labels of ms, at least
// one mention, in their order. It ends without a newline.
func AppendUser(dst []byte, ms []Mention) []byte {
	if len(ms) == 1 {
		dst = append(dst, "Classify this mention. Return ONE JSON object.\n\n"...)
		dst = appendMention(dst, &ms[0])
		return append(dst, "\n**RETURN:** One JSON object: {...}"...)
	}
	n := int64(len(ms))
	dst = append(dst, "Classify these "...)
	dst = strconv.AppendInt(dst, n, 10)
	dst = append(dst, " mentions. Return a JSON ARRAY with one object per mention in the EXACT order given.\n\n"...)
	for i := range ms {
		dst = append(dst, mentionRule+"\n[MENTION "...)
		dst = strconv.AppendInt(dst, int64(i)+1, 10)
		dst = append(dst, " of "...)
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(dst, "]\n"...)
		dst = appendMention(dst, &ms[i])
		dst = append(dst, mentionRule+"\n\n"...)
	}
	dst = append(dst, "**RETURN:** A JSON array with EXACTLY "...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, " objects in order: [{...}, {...}, ...]"...)
}

// appendMention appends the lines of a mention, the last with its newline.
func appendMention(dst []byte, m *Mention) []byte {
	dst = append(dst, RowID+": "...)
	dst = strconv.AppendInt(dst, m.RowID, 10)
	if m.Sentiment != "" {
		dst = append(dst, "\n[INPUT SENTIMENT]: "...)
		dst = appendCell(dst, m.Sentiment)
		dst = append(dst, " ← Validate and override if wrong"...)
	}
	dst = append(dst, "\n\n"...)
	if m.Title != "" {
		dst = append(dst, "Title: "...)
		dst = appendCell(dst, m.Title)
		dst = append(dst, '\n')
	}
	for i := range m.Context {
		if c := &m.Context[i]; c.Text != "" {
			dst = append(dst, c.Label...)
			dst = appendCell(dst, c.Text)
			dst = append(dst, '\n')
		}
	}
	dst = append(dst, "Content: "...)
	dst = appendCell(dst, m.Message)
	return append(dst, '\n')
}
