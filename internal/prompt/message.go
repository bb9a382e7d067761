package prompt

import (
	"fmt"
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
	return name + ": "
}

// mentionRule is the line before and after each mention of a batch.
const mentionRule = "═══════════════════════════════════════════════════════════════════"

// classicStyle puts a framed block for each row, answered by an object with its RowID.
type classicStyle struct{ columns []Column }

func (classicStyle) appendUser(dst []byte, ms []Mention) []byte {
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
			dst = appendCell(dst, c.Label)
			dst = appendCell(dst, c.Text)
			dst = append(dst, '\n')
		}
	}
	dst = append(dst, "Content: "...)
	dst = appendCell(dst, m.Message)
	return append(dst, '\n')
}

func (s classicStyle) appendExample(dst []byte, x *example) []byte {
	dst = appendMention(dst, &x.mention)
	dst = append(dst, "Reply: "...)
	return s.appendReply(dst, x)
}

// appendReply appends the object with which the model would answer an example.
func (s classicStyle) appendReply(dst []byte, x *example) []byte {
	dst = append(dst, `{"`+RowID+`":`...)
	dst = strconv.AppendInt(dst, x.mention.RowID, 10)
	for i := range x.values {
		c := &s.columns[x.values[i].column]
		dst = append(dst, ","+quoteJSON(c.Name)+":"...)
		dst = x.values[i].append(dst, c)
	}
	return append(dst, '}')
}

func (s classicStyle) rowReply(values []valueSchema) rowReply {
	var properties, required strings.Builder
	longest := len("  {\n  },\n") + len(`    "`+RowID+`": -9223372036854775808,`+"\n")
	for i, v := range values {
		name := quoteJSON(s.columns[i].Name)
		fmt.Fprintf(&properties, ",%s:%s", name, v.schema)
		fmt.Fprintf(&required, ",%s", name)
		longest += len("    : ,\n") + len(name) + v.longest
	}
	return rowReply{
		head: `{"type":"object","properties":{"` + RowID + `":{"const":`,
		tail: fmt.Sprintf(`}%s},"required":["%s"%s],"additionalProperties":false}`,
			properties.String(), RowID, required.String()),
		longest: longest,
	}
}
