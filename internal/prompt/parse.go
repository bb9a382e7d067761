package prompt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"prism/internal/term"
)

// Keys of the file.
const (
	keySystem    = "system_prompt"
	keyColumns   = "columns_to_code"
	keyRules     = "validation_rules"
	keyDefaults  = "not_applicable_defaults"
	keyMaxLength = "max_length"
	keyPolicy    = "label_policy"
)

// maxColumns is the most columns to code: far more than a model answers.
const maxColumns = 1000

// rulePrefix comes before a column's name, in lower case, in keyRules.
const rulePrefix = "valid_"

// Parse reads a prompt schema file. The error holds every mistake in it, a line
// each: "NAME:LINE: what", or "NAME: what" where something is not there.
func Parse(data []byte, name string) (*Schema, error) {
	p := parser{file: name}
	root, ok := p.parseTree(bytes.TrimPrefix(data, []byte("\ufeff")))
	if !ok {
		return nil, p.joinMistakes()
	}
	s := p.parseSchema(root)
	if err := p.joinMistakes(); err != nil {
		return nil, err
	}
	s.prepare()
	return s, nil
}

// parser collects the mistakes of a file.
type parser struct {
	file     string
	mistakes []mistake
}

type mistake struct {
	line int // 0: of the whole file
	err  error
}

func (p *parser) addMistake(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, mistake{line, fmt.Errorf(format, args...)})
}

// maxSuggestions is the mistakes after which names are no longer compared: they are not shown.
const maxSuggestions = 100

func (p *parser) suggest(name string, names []string) string {
	if len(p.mistakes) > maxSuggestions {
		return ""
	}
	return term.DidYouMean(name, names)
}

func (p *parser) joinMistakes() error {
	slices.SortStableFunc(p.mistakes, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(p.mistakes))
	for i, m := range p.mistakes {
		if m.line == 0 {
			errs[i] = fmt.Errorf("%s: %w", p.file, m.err)
		} else {
			errs[i] = fmt.Errorf("%s:%d: %w", p.file, m.line, m.err)
		}
	}
	return errors.Join(errs...)
}

// expectKind tells whether n is of kind k; if not, that is a mistake.
func (p *parser) expectKind(n node, k kind, what string) bool {
	if n.kind != k {
		p.addMistake(n.line, "%s: want %s, have %s", what, k, n.kind)
	}
	return n.kind == k
}

func (p *parser) parseSchema(root node) *Schema {
	if !p.expectKind(root, kindObject, "prompt schema") {
		return nil
	}
	keys := []string{keySystem, keyColumns, keyRules, keyDefaults, keyMaxLength, keyPolicy}
	values := map[string]node{}
	for _, m := range root.members {
		if !slices.Contains(keys, m.key) {
			p.addMistake(m.line, "unknown key %q%s", m.key, p.suggest(m.key, keys))
			continue
		}
		values[m.key] = m.value
	}
	for _, key := range []string{keySystem, keyColumns} {
		if _, ok := values[key]; !ok {
			p.addMistake(0, "%s is missing", key)
		}
	}
	s := &Schema{System: p.parseSystem(values), Columns: p.parseColumns(values)}
	if len(s.Columns) > 0 {
		p.parseRules(values, s.Columns)
		p.parseDefaults(values, s.Columns)
		p.parseMaxLength(values, s.Columns)
	}
	s.LabelPolicy = p.parsePolicy(values)
	return s
}

func (p *parser) parseSystem(values map[string]node) string {
	n, ok := values[keySystem]
	switch {
	case !ok || !p.expectKind(n, kindString, keySystem):
	case strings.TrimSpace(n.text) == "":
		p.addMistake(n.line, "%s is empty", keySystem)
	case strings.ContainsRune(n.text, 0):
		p.addMistake(n.line, "%s has a NUL (\\u0000)", keySystem)
	}
	return n.text
}

func (p *parser) parseColumns(values map[string]node) []Column {
	n, ok := values[keyColumns]
	if !ok || !p.expectKind(n, kindArray, keyColumns) {
		return nil
	}
	if len(n.elems) == 0 {
		p.addMistake(n.line, "%s is empty", keyColumns)
	}
	if len(n.elems) > maxColumns {
		p.addMistake(n.line, "%s: want at most %d columns, have %d", keyColumns, maxColumns, len(n.elems))
		return nil
	}
	var columns []Column
	for _, e := range n.elems {
		if !p.expectKind(e, kindString, "a name in "+keyColumns) || !p.checkColumnName(e, columns) {
			continue
		}
		columns = append(columns, Column{Name: e.text, Default: NoValue, MaxLength: DefaultMaxLength})
	}
	return columns
}

// checkColumnName tells whether n can name one more column beside others.
func (p *parser) checkColumnName(n node, others []Column) bool {
	if !p.checkText(n, "column") {
		return false
	}
	if strings.EqualFold(n.text, RowID) {
		p.addMistake(n.line, "column %q: %s is reserved for the rows", n.text, RowID)
		return false
	}
	if slices.Contains(append(RunColumns(), "Position"), n.text) {
		p.addMistake(n.line, "column %q: the name is reserved for a column that PRISM writes", n.text)
		return false
	}
	for _, c := range others {
		if c.Name == n.text {
			p.addMistake(n.line, "duplicate column %q", n.text)
			return false
		}
		if strings.EqualFold(c.Name, n.text) {
			p.addMistake(n.line, "columns %q and %q differ only in case", c.Name, n.text)
			return false
		}
		if term.EqualNames(c.Name, n.text) {
			p.addMistake(n.line, "columns %+q and %+q look the same", c.Name, n.text)
			return false
		}
	}
	return true
}

// checkText tells whether n's text is not empty and has nothing that package
// reply would trim or replace.
func (p *parser) checkText(n node, what string) bool {
	switch {
	case strings.TrimSpace(n.text) == "":
		p.addMistake(n.line, "empty %s", what)
	case strings.TrimSpace(n.text) != n.text:
		p.addMistake(n.line, "%s %q has leading or trailing white space", what, n.text)
	case strings.ContainsFunc(n.text, unicode.IsControl):
		p.addMistake(n.line, "%s %q has a control character", what, n.text)
	case strings.ContainsFunc(n.text, term.IsInvisible):
		p.addMistake(n.line, "%s \"%s\" has an invisible character", what, term.Printable(n.text))
	case utf8.RuneCountInString(n.text) > MaxLength:
		p.addMistake(n.line, "%s %.20q… has more than %d characters", what, n.text, MaxLength)
	default:
		return true
	}
	return false
}

func (p *parser) parseRules(values map[string]node, columns []Column) {
	n, ok := values[keyRules]
	if !ok || !p.expectKind(n, kindObject, keyRules) {
		return
	}
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = rulePrefix + strings.ToLower(c.Name)
	}
	for _, m := range n.members {
		i := slices.Index(keys, m.key)
		if i < 0 {
			p.addMistake(m.line, "%s: %q matches no column in columns_to_code%s", keyRules, m.key, p.suggest(m.key, keys))
			continue
		}
		columns[i].Labels = p.parseLabels(m)
	}
}

func (p *parser) parseLabels(m member) []string {
	if !p.expectKind(m.value, kindArray, m.key) {
		return nil
	}
	if len(m.value.elems) == 0 {
		p.addMistake(m.line, "%s has no labels; leave it out for a free-text column", m.key)
	}
	var labels []string
	seen := map[string]string{}
	for _, e := range m.value.elems {
		if !p.expectKind(e, kindString, "a label in "+m.key) || !p.checkText(e, "label of "+m.key) {
			continue
		}
		key := foldCase(term.CanonicalName(e.text))
		switch other, ok := seen[key]; {
		case ok && other == e.text:
			p.addMistake(e.line, "%s: duplicate label %q", m.key, e.text)
		case ok && !strings.EqualFold(other, e.text):
			p.addMistake(e.line, "%s: labels %+q and %+q look the same", m.key, other, e.text)
		case ok:
			p.addMistake(e.line, "%s: labels %q and %q differ only in case", m.key, other, e.text)
		default:
			seen[key] = e.text
			labels = append(labels, e.text)
		}
	}
	return labels
}

// foldCase maps texts that strings.EqualFold calls equal to one text.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}

func (p *parser) parseDefaults(values map[string]node, columns []Column) {
	n, ok := values[keyDefaults]
	if !ok || !p.expectKind(n, kindObject, keyDefaults) {
		return
	}
	for _, m := range n.members {
		c := p.findColumn(m, keyDefaults, columns)
		if c == nil || !p.expectKind(m.value, kindString, fmt.Sprintf("%s of %q", keyDefaults, m.key)) {
			continue
		}
		if strings.ContainsFunc(m.value.text, unicode.IsControl) {
			p.addMistake(m.value.line, "%s of %q: %q has a control character", keyDefaults, m.key, m.value.text)
		}
		c.Default = m.value.text
	}
}

// findColumn returns the column that m's key names; nil, with the mistake added,
// if none has this name.
func (p *parser) findColumn(m member, what string, columns []Column) *Column {
	names := make([]string, len(columns))
	for i := range columns {
		if columns[i].Name == m.key {
			return &columns[i]
		}
		names[i] = columns[i].Name
	}
	p.addMistake(m.line, "%s: unknown column %q%s", what, m.key, p.suggest(m.key, names))
	return nil
}

// parseMaxLength reads a number for all columns, or an object of numbers for some.
func (p *parser) parseMaxLength(values map[string]node, columns []Column) {
	n, ok := values[keyMaxLength]
	switch {
	case !ok:
	case n.kind == kindObject:
		for _, m := range n.members {
			if c := p.findColumn(m, keyMaxLength, columns); c != nil {
				c.MaxLength = p.parseLength(m.value, fmt.Sprintf("%s of %q", keyMaxLength, m.key))
			}
		}
	default:
		length := p.parseLength(n, keyMaxLength)
		for i := range columns {
			columns[i].MaxLength = length
		}
	}
}

func (p *parser) parseLength(n node, what string) int {
	if !p.expectKind(n, kindNumber, what) {
		return 0
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < 1 || v > MaxLength {
		p.addMistake(n.line, "%s: want a whole number from 1 to %d, have %s", what, MaxLength, n.text)
	}
	return v
}

func (p *parser) parsePolicy(values map[string]node) string {
	n, ok := values[keyPolicy]
	if ok && p.expectKind(n, kindString, keyPolicy) && n.text != Organic && n.text != Strict {
		p.addMistake(n.line, "%s: want %q or %q, have %q", keyPolicy, Organic, Strict, n.text)
	}
	return n.text
}
