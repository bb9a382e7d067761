package prompt

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"prism/internal/term"
)

// Keys of a column in keyDescribed.
const (
	keyType        = "type"
	keyDescription = "description"
	keyLabels      = "labels"
	keyMinimum     = "minimum"
	keyMaximum     = "maximum"
	keyMaxItems    = "max"
	keyOptional    = "optional"
)

// columnKeys are the keys of a column, each with the types that it is for; nil: all.
var columnKeys = []struct {
	key   string
	types []Type
}{
	{keyType, nil},
	{keyDescription, nil},
	{keyLabels, []Type{TypeLabel, TypeLabels}},
	{keyMinimum, []Type{TypeInteger, TypeNumber}},
	{keyMaximum, []Type{TypeInteger, TypeNumber}},
	{keyMaxItems, []Type{TypeLabels}},
	{keyMaxLength, []Type{TypeLabel, TypeLabels, TypeText}},
	{keyOptional, nil},
}

// allTypes are the words for keyType.
var allTypes = []Type{TypeLabel, TypeLabels, TypeInteger, TypeNumber, TypeBoolean, TypeText}

// description is what the file says of a column in keyDescribed.
type description struct {
	name   string // columns.NAME, for messages
	line   int
	values map[string]node
}

// hasSeveralLabels reports whether the column has several labels a row.
func (d *description) hasSeveralLabels() bool { return d.values[keyType].text == string(TypeLabels) }

// describedColumns reads which keys the file has for each column.
func (p *parser) describedColumns(values map[string]node, columns []Column) []description {
	described := make([]description, len(columns))
	n, ok := values[keyDescribed]
	if !ok || !p.expectKind(n, kindObject, keyDescribed) {
		return described
	}
	keys := make([]string, len(columnKeys))
	for i, k := range columnKeys {
		keys[i] = k.key
	}
	for _, m := range n.members {
		i := p.indexOfColumn(m.line, m.key, keyDescribed, columns)
		name := keyDescribed + "." + m.key
		switch {
		case i < 0 || !p.expectKind(m.value, kindObject, name):
		case described[i].name != "":
			p.addMistake(m.line, "%s: duplicate column %q (first on line %d)", keyDescribed, columns[i].Name, described[i].line)
		default:
			described[i] = description{name, m.line, p.readMembers(m.value, name, keys)}
		}
	}
	return described
}

// parseTypes gives the columns their types and what belongs to these. Their labels of
// validation_rules are known.
func (p *parser) parseTypes(columns []Column, described []description) {
	for i := range columns {
		c, d := &columns[i], &described[i]
		if n, ok := d.values[keyLabels]; ok {
			c.Labels, c.Definitions = p.parseLabels(n, n.line, labelsKey{d.name + "." + keyLabels, d.hasSeveralLabels(), true})
		}
		known := p.parseType(c, d)
		c.Default = NoValue
		if !c.isQuoted() {
			c.Default = ""
		}
		if !known {
			continue // what goes with it is unknown
		}
		p.checkKeysOfType(c, d)
		p.parseBounds(c, d)
		p.parseSizes(c, d)
		if n, ok := d.values[keyDescription]; ok {
			c.Description = p.parseDescription(n, d.name+"."+keyDescription)
		}
		if n, ok := d.values[keyOptional]; ok && p.expectKind(n, kindBool, d.name+"."+keyOptional) {
			c.Optional = n.text == "true"
		}
	}
}

// parseType finds the type of a column: false if the file gives a wrong one.
func (p *parser) parseType(c *Column, d *description) bool {
	_, listed := d.values[keyLabels]
	listed = listed || c.Labels != nil
	c.Type = TypeText
	if listed {
		c.Type = TypeLabel
	}
	n, ok := d.values[keyType]
	if !ok {
		return true
	}
	if !p.expectKind(n, kindString, d.name+"."+keyType) {
		return false
	}
	if !slices.Contains(allTypes, Type(n.text)) {
		words := make([]string, len(allTypes))
		for i, t := range allTypes {
			words[i] = string(t)
		}
		p.addMistake(n.line, "%s.%s: want %s, have %q%s", d.name, keyType, quoteEach(words), n.text, p.suggest(n.text, words))
		return false
	}
	c.Type = Type(n.text)
	if takesLabels := c.Type == TypeLabel || c.Type == TypeLabels; takesLabels && !listed {
		p.addMistake(n.line, "%s: type %q requires %s", d.name, c.Type, keyLabels)
		return false
	} else if !takesLabels && listed {
		if _, ok := d.values[keyLabels]; !ok {
			p.addMistake(n.line, "%s: type %q takes no labels, and %s has some for it", d.name, c.Type, keyRules)
		}
	}
	return true
}

// checkKeysOfType reports the keys of a column that are for other types.
func (p *parser) checkKeysOfType(c *Column, d *description) {
	for _, k := range columnKeys {
		if n, ok := d.values[k.key]; ok && k.types != nil && !slices.Contains(k.types, c.Type) {
			words := make([]string, len(k.types))
			for i, t := range k.types {
				words[i] = string(t)
			}
			p.addMistake(n.line, "%s: %q is for columns of type %s, and the type is %q", d.name, k.key, quoteEach(words), c.Type)
		}
	}
}

// parseBounds reads the bounds of a number.
func (p *parser) parseBounds(c *Column, d *description) {
	c.Minimum, c.Maximum = p.parseBound(c, d, keyMinimum), p.parseBound(c, d, keyMaximum)
	if c.Minimum != nil && c.Maximum != nil && *c.Minimum > *c.Maximum {
		p.addMistake(d.values[keyMaximum].line, "%s: %s %s is less than %s %s", d.name,
			keyMaximum, d.values[keyMaximum].text, keyMinimum, d.values[keyMinimum].text)
	}
}

func (p *parser) parseBound(c *Column, d *description, key string) *float64 {
	n, ok := d.values[key]
	name := d.name + "." + key
	if !ok || !p.expectKind(n, kindNumber, name) {
		return nil
	}
	v, err := strconv.ParseFloat(n.text, 64)
	switch {
	case err != nil:
		p.addMistake(n.line, "%s: %s is too large", name, term.Truncate(n.text, longestExcerpt))
		return nil
	case c.Type == TypeInteger && v != math.Trunc(v):
		p.addMistake(n.line, "%s: want a whole number, have %s", name, term.Truncate(n.text, longestExcerpt))
	case c.Type == TypeInteger && math.Abs(v) > largestInteger:
		p.addMistake(n.line, "%s: want a whole number from -%d to %d, have %s", name, largestInteger, largestInteger, term.Truncate(n.text, longestExcerpt))
	}
	return &v
}

// parseSizes reads how many labels and how many characters a value may have.
func (p *parser) parseSizes(c *Column, d *description) {
	c.MaxItems = 0
	if c.Type == TypeLabels {
		c.MaxItems = min(len(c.Labels), maxItems)
	}
	if n, ok := d.values[keyMaxItems]; ok {
		c.MaxItems = p.parseWhole(n, d.name+"."+keyMaxItems, maxItems)
	}
	if n, ok := d.values[keyMaxLength]; ok {
		c.MaxLength = p.parseWhole(n, d.name+"."+keyMaxLength, MaxLength)
	}
}

// parseDescription reads a text for the model. Its line breaks are blanks there.
func (p *parser) parseDescription(n node, what string) string {
	if !p.expectKind(n, kindString, what) {
		return ""
	}
	text := strings.Join(strings.Fields(n.text), " ")
	if strings.ContainsFunc(text, unicode.IsControl) {
		p.addMistake(n.line, "%s has a control character: %q", what, term.Truncate(text, longestExcerpt))
	}
	return text
}

// parseMaxLength reads a number for all columns, or an object of numbers for some.
func (p *parser) parseMaxLength(values map[string]node, columns []Column, described []description) {
	n, ok := values[keyMaxLength]
	switch {
	case !ok:
	case n.kind == kindObject:
		for _, m := range n.members {
			c := p.findColumn(m, keyMaxLength, columns)
			if c == nil {
				continue
			}
			length := p.parseWhole(m.value, fmt.Sprintf("%s of %q", keyMaxLength, m.key), MaxLength)
			own, twice := described[slices.IndexFunc(columns, func(o Column) bool { return o.Name == c.Name })].values[keyMaxLength]
			switch {
			case twice:
				p.addMistake(max(m.line, own.line), "column %q has %s both on line %d and on line %d: give it once", c.Name, keyMaxLength, m.line, own.line)
			case !c.HasLabels() && c.Type != TypeText:
				p.addMistake(m.line, "%s of %q: the type of the column is %q", keyMaxLength, m.key, c.Type)
			default:
				c.MaxLength = length
			}
		}
	default:
		length := p.parseWhole(n, keyMaxLength, MaxLength)
		for i := range columns {
			if _, own := described[i].values[keyMaxLength]; !own {
				columns[i].MaxLength = length
			}
		}
	}
}

func (p *parser) parseWhole(n node, what string, most int) int {
	if !p.expectKind(n, kindNumber, what) {
		return 0
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < 1 || v > most {
		p.addMistake(n.line, "%s: want a whole number from 1 to %d, have %s", what, most, n.text)
	}
	return v
}

// parseGate finds the column that says that a row is not applicable.
func (p *parser) parseGate(values map[string]node, columns []Column) int {
	n, ok := values[keyGate]
	switch {
	case !ok && columns[0].isQuoted():
		return 0
	case !ok || n.kind == kindBool && n.text == "false":
		return NoGate
	case n.kind != kindString:
		p.addMistake(n.line, "%s: want the name of a column or false, have %s", keyGate, describeNode(n))
		return NoGate
	}
	i := p.indexOfColumn(n.line, n.text, keyGate, columns)
	if i >= 0 && !columns[i].isQuoted() {
		p.addMistake(n.line, "%s: want a column of type %q or %q, and the type of %q is %q", keyGate, TypeLabel, TypeText, columns[i].Name, columns[i].Type)
	}
	return i
}

// describeNode says what n is, for messages.
func describeNode(n node) string {
	if n.kind == kindBool {
		return n.text
	}
	return string(n.kind)
}

// parseReasoning adds the column that the model writes before the others.
func (p *parser) parseReasoning(values map[string]node, s *Schema) {
	n, ok := values[keyReasoning]
	if !ok || !p.expectKind(n, kindObject, keyReasoning) {
		return
	}
	c := Column{Name: Reasoning, Type: TypeText, MaxLength: DefaultMaxLength, Default: NoValue, IsReasoning: true}
	if length, ok := p.readMembers(n, keyReasoning, []string{keyMaxLength})[keyMaxLength]; ok {
		c.MaxLength = p.parseWhole(length, keyReasoning+"."+keyMaxLength, MaxLength)
	}
	for _, other := range s.Columns {
		if term.EqualNames(other.Name, Reasoning) {
			p.addMistake(n.line, "%s adds a column %q, and columns_to_code has %q", keyReasoning, Reasoning, other.Name)
		}
	}
	s.Columns = slices.Insert(s.Columns, 0, c)
	if s.Gate != NoGate {
		s.Gate++
	}
}

// quoteName shows a name or a label in a message.
func quoteName(s string) string {
	if utf8.RuneCountInString(s) > longestExcerpt {
		s = term.Truncate(s, longestExcerpt)
	}
	return strconv.Quote(s)
}
