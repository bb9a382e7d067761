package prompt

import (
	"fmt"
	"strconv"
)

// Style is how rows are put to the model and how it answers.
type Style string

// The styles.
const (
	Classic Style = "classic" // a framed block a row, answered by an object with the row's RowID
	Compact Style = "compact" // some lines a row, answered by an array with the row's number in the batch
)

// Prompt is what a schema asks of the model in one style. The start of its messages is the
// same in all calls for as many rows, so that a server need not read it again.
type Prompt struct {
	*Schema
	Style  Style
	System string // the system message: system_prompt and, unless left out, the codebook

	style style
	rows  [2]rowReply // organic, strict
}

// style is what differs between the styles.
type style interface {
	// appendUser appends the user message about mentions, at least one, without a newline at its end.
	appendUser(dst []byte, ms []Mention) []byte
	// appendExample appends an example, as the mention and the reply that the model will see and write.
	appendExample(dst []byte, x *example) []byte
	// rowReply says how a row is answered, with these values of the columns.
	rowReply(values []valueSchema) rowReply
}

// rowReply is the JSON Schema of what answers a row, around the constant that names it.
type rowReply struct {
	head, tail string
	longest    int // bytes of the longest such reply, laid out with two spaces an indent
}

// InStyle returns the prompt in a style; that is classic if it is empty.
func (s *Schema) InStyle(name Style) *Prompt {
	p := &Prompt{Schema: s, Style: name, style: newStyle(name, s.Columns)}
	if p.Style == "" {
		p.Style = Classic
	}
	p.System = s.renderSystem(p.style)
	for i, strict := range []bool{false, true} {
		values := make([]valueSchema, len(s.Columns))
		for j := range s.Columns {
			values[j] = s.Columns[j].optionalSchema(j == s.Gate, strict)
		}
		p.rows[i] = p.style.rowReply(values)
	}
	return p
}

func newStyle(name Style, columns []Column) style {
	if name == Compact {
		return newCompactStyle(columns)
	}
	return classicStyle{columns}
}

// AppendUser appends the user message that asks for the labels of ms, at least
// one mention, in their order. It ends without a newline.
func (p *Prompt) AppendUser(dst []byte, ms []Mention) []byte { return p.style.appendUser(dst, ms) }

// AppendReplySchema appends the JSON Schema of the reply to a message about the
// rows ids, at least one, in their order: what answers one row, or the array of what
// answers each. The server keeps this order of properties and array elements.
func (p *Prompt) AppendReplySchema(dst []byte, ids []int64, strict bool) []byte {
	row := &p.rows[policyIndex(strict)]
	if len(ids) == 1 {
		return row.append(dst, p.nameOf(ids, 0))
	}
	dst = append(dst, `{"type":"array","prefixItems":[`...)
	for i := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = row.append(dst, p.nameOf(ids, i))
	}
	return append(dst, sizeSchema(len(ids))...)
}

// nameOf is the constant by which a reply names row i: its RowID, or its number in the batch.
func (p *Prompt) nameOf(ids []int64, i int) int64 {
	if p.Style == Compact {
		return int64(i) + 1
	}
	return ids[i]
}

func (r *rowReply) append(dst []byte, name int64) []byte {
	dst = append(dst, r.head...)
	dst = strconv.AppendInt(dst, name, 10)
	return append(dst, r.tail...)
}

// sizeSchema ends the schema of an array with as many prefixItems.
func sizeSchema(n int) string { return fmt.Sprintf(`],"minItems":%d,"maxItems":%d}`, n, n) }

// NumPredict returns the bytes of the longest valid reply for a number of rows,
// laid out with two spaces an indent: a token covers at least a byte, so it is
// never too few tokens. A character of free text counts four bytes.
func (p *Prompt) NumPredict(rows int, strict bool) int {
	return len("[\n]\n") + rows*p.rows[policyIndex(strict)].longest
}

func policyIndex(strict bool) int {
	if strict {
		return 1
	}
	return 0
}
