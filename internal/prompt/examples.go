package prompt

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys of an example.
const (
	exampleTitle     = "Title"
	exampleMessage   = "Message"
	exampleSentiment = "Sentiment"
	exampleLabels    = "labels"
)

// example is a mention with its values, in the prompt schema.
type example struct {
	mention Mention
	values  []exampleValue // in the order of the columns
}

// exampleValue is the cell of a column, by its index.
type exampleValue struct {
	column int
	cell   string
	isNull bool

	isAdded bool // the example does not say it
}

// append appends the value as JSON.
func (v *exampleValue) append(dst []byte, c *Column) []byte {
	if v.isNull {
		return append(dst, "null"...)
	}
	return c.appendValue(dst, v.cell)
}

// parseExamples reads the examples, and checks their values by the codebook.
func (p *parser) parseExamples(values map[string]node, s *Schema) []example {
	n, ok := values[keyExamples]
	if !ok || !p.expectKind(n, kindArray, keyExamples) {
		return nil
	}
	var examples []example
	for i, e := range n.elems {
		what := fmt.Sprintf("%s[%d]", keyExamples, i)
		if !p.expectKind(e, kindObject, what) {
			continue
		}
		fields := p.readMembers(e, what, []string{exampleTitle, exampleMessage, exampleSentiment, exampleLabels})
		x := example{mention: Mention{
			RowID: -int64(i) - 1, // as few tables have
			Title: p.parseExampleText(fields, exampleTitle, what), Message: p.parseExampleText(fields, exampleMessage, what),
			Sentiment: p.parseExampleText(fields, exampleSentiment, what),
		}}
		for _, key := range []string{exampleMessage, exampleLabels} {
			if _, ok := fields[key]; !ok {
				p.addMistake(e.line, "%s: %s is missing", what, key)
			}
		}
		if labels, ok := fields[exampleLabels]; ok && p.expectKind(labels, kindObject, what+"."+exampleLabels) {
			x.values = p.parseExampleValues(labels, what+"."+exampleLabels, s)
		}
		examples = append(examples, x)
	}
	return examples
}

func (p *parser) parseExampleText(fields map[string]node, key, what string) string {
	n, ok := fields[key]
	if ok && p.expectKind(n, kindString, what+"."+key) && key == exampleMessage && strings.TrimSpace(n.text) == "" {
		p.addMistake(n.line, "%s.%s is empty", what, key)
	}
	return n.text
}

func (p *parser) parseExampleValues(labels node, what string, s *Schema) (values []exampleValue) {
	if len(labels.members) == 0 {
		p.addMistake(labels.line, "%s is empty", what)
	}
	for _, m := range labels.members {
		i := p.indexOfColumn(m.line, m.key, what, s.Columns)
		if i < 0 {
			continue
		}
		if slices.ContainsFunc(values, func(v exampleValue) bool { return v.column == i }) {
			p.addMistake(m.line, "%s: duplicate column %q", what, s.Columns[i].Name)
			continue
		}
		c := &s.Columns[i]
		v := exampleValue{column: i, isNull: m.value.kind == kindNull}
		var err error
		if v.cell, err = p.exampleCell(c, m.value, i == s.Gate); err != nil {
			p.addMistake(m.value.line, "%s: %q %w", what, c.Name, err)
			continue
		}
		values = append(values, v)
	}
	values = s.addNulls(values)
	slices.SortFunc(values, func(a, b exampleValue) int { return a.column - b.column })
	return values
}

// addNulls adds null for the optional columns of which an example says nothing, unless
// it is not applicable.
func (s *Schema) addNulls(values []exampleValue) []exampleValue {
	for i := range s.Columns {
		given := slices.IndexFunc(values, func(v exampleValue) bool { return v.column == i })
		if i == s.Gate && given >= 0 && values[given].cell == NotApplicable {
			return slices.DeleteFunc(values, func(v exampleValue) bool { return v.isAdded })
		}
		if s.Columns[i].Optional && given < 0 {
			values = append(values, exampleValue{column: i, isNull: true, isAdded: true})
		}
	}
	return values
}

// exampleCell returns the cell of a value that an example gives. An error says, after the
// name of the column, what is wrong with it.
func (p *parser) exampleCell(c *Column, n node, isGate bool) (string, error) {
	switch {
	case n.kind == kindNull && c.Optional:
		return "", nil
	case n.kind != c.jsonKind():
		return "", fmt.Errorf("is %s, want %s", n.kind, c.jsonKind())
	}
	switch c.Type {
	case TypeLabel:
		if isGate && isNotApplicable(n.text) {
			return NotApplicable, nil
		}
		return p.listedLabel(c, n.text)
	case TypeLabels:
		var labels []string
		for _, e := range n.elems {
			if e.kind != kindString {
				return "", fmt.Errorf("has %s among its labels, want strings", e.kind)
			}
			label, err := p.listedLabel(c, e.text)
			if err != nil {
				return "", err
			}
			labels = append(labels, label)
		}
		return c.JoinLabels(labels)
	case TypeInteger, TypeNumber:
		return c.NumberCell(n.text)
	case TypeText:
		if length := utf8.RuneCountInString(n.text); length > c.MaxLength && !(isGate && isNotApplicable(n.text)) {
			return "", fmt.Errorf("has %d characters, want at most %d", length, c.MaxLength)
		}
	}
	return n.text, nil
}

// listedLabel returns the listed label that text is.
func (p *parser) listedLabel(c *Column, text string) (string, error) {
	label, ok := c.FindLabel(strings.TrimSpace(text))
	if !ok {
		return "", fmt.Errorf("has the unlisted label %s%s", quoteName(text), p.suggest(text, c.Labels))
	}
	return label, nil
}

// jsonKind is the JSON type of the column's values.
func (c *Column) jsonKind() kind {
	switch c.Type {
	case TypeLabels:
		return kindArray
	case TypeInteger, TypeNumber:
		return kindNumber
	case TypeBoolean:
		return kindBool
	}
	return kindString
}

// parseDefaults reads the values of the other columns in a row that is not applicable.
// They are markers, so a label need not be listed and a number not be within its bounds.
func (p *parser) parseDefaults(values map[string]node, columns []Column) {
	n, ok := values[keyDefaults]
	if !ok || !p.expectKind(n, kindObject, keyDefaults) {
		return
	}
	for _, m := range n.members {
		if c := p.findColumn(m, keyDefaults, columns); c != nil {
			p.parseDefault(c, m.value, fmt.Sprintf("%s of %q", keyDefaults, m.key))
		}
	}
}

func (p *parser) parseDefault(c *Column, n node, what string) {
	if n.kind == kindNull && (c.Optional || !c.isQuoted()) {
		c.Default = ""
		return
	}
	if !p.expectKind(n, c.jsonKind(), what) {
		return
	}
	switch c.Type {
	case TypeLabels:
		p.parseDefaultLabels(c, n, what)
	case TypeInteger, TypeNumber:
		free := Column{Type: c.Type}
		cell, err := free.NumberCell(n.text)
		if err != nil {
			p.addMistake(n.line, "%s %w", what, err)
		}
		c.Default = cell
	default:
		if strings.ContainsFunc(n.text, unicode.IsControl) {
			p.addMistake(n.line, "%s: %q has a control character", what, n.text)
		}
		c.Default = n.text
	}
}

func (p *parser) parseDefaultLabels(c *Column, n node, what string) {
	var labels []string
	for _, e := range n.elems {
		if !p.expectKind(e, kindString, "a label in "+what) || !p.checkText(e, "label of "+what) {
			continue
		}
		label, _ := c.FindLabel(e.text)
		labels = append(labels, label)
	}
	all := Column{Labels: c.Labels, MaxItems: max(len(labels), c.MaxItems)}
	cell, err := all.JoinLabels(labels)
	if err != nil {
		p.addMistake(n.line, "%s %w", what, err)
	}
	c.Default = cell
}
