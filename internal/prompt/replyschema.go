package prompt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// valueSchema is the JSON Schema of a column's values.
type valueSchema struct {
	schema  string
	longest int // bytes of the longest of them in a reply
}

// optionalSchema is the schema of the column's values with null, if that is one.
func (c *Column) optionalSchema(isGate, strict bool) valueSchema {
	schema, longest := c.valueSchema(isGate, strict)
	if c.Optional {
		return valueSchema{`{"anyOf":[` + schema + `,{"type":"null"}]}`, max(longest, len("null"))}
	}
	return valueSchema{schema, longest}
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
