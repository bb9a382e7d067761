package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// objectHead opens a row's object in the reply schema, up to its RowID.
const objectHead = `{"type":"object","properties":{"` + RowID + `":{"const":`

// AppendReplySchema appends the JSON Schema of the reply to a message about the
// rows ids, at least one, in their order: one row's object, or the array of all
// objects. The server keeps this order of properties and array elements.
func (s *Schema) AppendReplySchema(dst []byte, ids []int64, strict bool) []byte {
	tail := s.tails[policyIndex(strict)]
	if len(ids) == 1 {
		return appendObject(dst, ids[0], tail)
	}
	dst = append(dst, `{"type":"array","prefixItems":[`...)
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendObject(dst, id, tail)
	}
	dst = append(dst, `],"minItems":`...)
	dst = strconv.AppendInt(dst, int64(len(ids)), 10)
	dst = append(dst, `,"maxItems":`...)
	dst = strconv.AppendInt(dst, int64(len(ids)), 10)
	return append(dst, '}')
}

func appendObject(dst []byte, id int64, tail string) []byte {
	dst = append(dst, objectHead...)
	dst = strconv.AppendInt(dst, id, 10)
	return append(dst, tail...)
}

// NumPredict returns the bytes of the longest valid reply for a number of rows,
// laid out with two spaces an indent: a token covers at least a byte, so it is
// never too few tokens. A character of free text counts four bytes.
func (s *Schema) NumPredict(rows int, strict bool) int {
	return len("[\n]\n") + rows*s.rowBytes[policyIndex(strict)]
}

func policyIndex(strict bool) int {
	if strict {
		return 1
	}
	return 0
}

// prepare renders what depends on the file alone.
func (s *Schema) prepare(examples []example) {
	s.warnings = append(s.findUnmentioned(), s.findUnlistedDefaults()...)
	s.System = s.renderSystem(examples)
	for i, strict := range []bool{false, true} {
		var properties, required strings.Builder
		size := len("  {\n  },\n") + len(`    "`+RowID+`": -9223372036854775808,`+"\n")
		for j := range s.Columns {
			c := &s.Columns[j]
			name := quoteJSON(c.Name)
			value, longest := c.valueSchema(j == s.Gate, strict)
			if c.Optional {
				value = `{"anyOf":[` + value + `,{"type":"null"}]}`
				longest = max(longest, len("null"))
			}
			fmt.Fprintf(&properties, ",%s:%s", name, value)
			fmt.Fprintf(&required, ",%s", name)
			size += len("    : ,\n") + len(name) + longest
		}
		s.tails[i] = fmt.Sprintf(`}%s},"required":["%s"%s],"additionalProperties":false}`,
			properties.String(), RowID, required.String())
		s.rowBytes[i] = size
	}
}

// Longest values in a reply, as servers' grammars write them: 16 digits before the point, 16
// behind it and 16 of the exponent.
const (
	longestInteger = len("-9223372036854775808")
	longestNumber  = len("-") + 16 + len(".") + 16 + len("e-") + 16
)

// valueSchema returns the JSON Schema of the column's values and the bytes of
// the longest of them in a reply. What grammars ignore of it, such as the bounds of a number,
// NumberCell and JoinLabels check. It never has a pattern: one can end the server.
func (c *Column) valueSchema(isGate, strict bool) (schema string, longest int) {
	switch c.Type {
	case TypeLabels:
		items, longest := c.textSchema(false, strict)
		const layout = len("      ,\n") // of an item, in an array laid out with indents
		return fmt.Sprintf(`{"type":"array","items":%s,"maxItems":%d}`, items, c.MaxItems),
			len("[\n    ]") + c.MaxItems*(longest+layout)
	case TypeInteger:
		return `{"type":"integer"` + c.boundsSchema() + `}`, longestInteger
	case TypeNumber:
		return `{"type":"number"` + c.boundsSchema() + `}`, longestNumber
	case TypeBoolean:
		return `{"type":"boolean"}`, len("false")
	}
	return c.textSchema(isGate, strict)
}

func (c *Column) boundsSchema() string {
	bounds := ""
	if c.Minimum != nil {
		bounds += `,"minimum":` + formatNumber(*c.Minimum)
	}
	if c.Maximum != nil {
		bounds += `,"maximum":` + formatNumber(*c.Maximum)
	}
	return bounds
}

// textSchema is valueSchema for one label or text.
func (c *Column) textSchema(isGate, strict bool) (schema string, longest int) {
	labels := c.Labels
	if isGate && !slices.ContainsFunc(labels, isNotApplicable) {
		labels = append(slices.Clone(labels), NotApplicable)
	}
	characters := c.MaxLength
	quoted := make([]string, len(labels))
	for i, l := range labels {
		quoted[i] = quoteJSON(l)
		longest = max(longest, len(quoted[i]))
		characters = max(characters, utf8.RuneCountInString(l))
	}
	if strict && c.HasLabels() {
		return `{"type":"string","enum":[` + strings.Join(quoted, ",") + `]}`, longest
	}
	longest = max(longest, len(`""`)+characters*utf8.UTFMax)
	return fmt.Sprintf(`{"type":"string","maxLength":%d}`, characters), longest
}

func isNotApplicable(label string) bool { return strings.EqualFold(label, NotApplicable) }

// quoteJSON returns s as a JSON string, without the escapes that HTML needs.
func quoteJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("prompt: a string always encodes: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
