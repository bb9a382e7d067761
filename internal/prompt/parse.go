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

// rulePrefix comes before a column's name, in lower case, in keyRules.
const rulePrefix = "valid_"

// Parse reads a prompt schema file. The error holds every mistake in it, a line
// each: "NAME:LINE: what", or "NAME: what" where something is not there.
func Parse(data []byte, name string) (*Schema, error) {
	p := parser{file: name}
	root, ok := p.tree(bytes.TrimPrefix(data, []byte("\ufeff")))
	if !ok {
		return nil, p.err()
	}
	s := p.schema(root)
	if err := p.err(); err != nil {
		return nil, err
	}
	s.render()
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

func (p *parser) at(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, mistake{line, fmt.Errorf(format, args...)})
}

func (p *parser) err() error {
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

// want tells whether n is of kind k; if not, that is a mistake.
func (p *parser) want(n node, k kind, what string) bool {
	if n.kind != k {
		p.at(n.line, "%s: want %s, have %s", what, k, n.kind)
	}
	return n.kind == k
}

func (p *parser) schema(root node) *Schema {
	if !p.want(root, kindObject, "prompt schema") {
		return nil
	}
	keys := []string{keySystem, keyColumns, keyRules, keyDefaults, keyMaxLength, keyPolicy}
	values := map[string]node{}
	for _, m := range root.members {
		if !slices.Contains(keys, m.key) {
			p.at(m.line, "unknown key %q%s", m.key, term.DidYouMean(m.key, keys))
			continue
		}
		values[m.key] = m.value
	}
	for _, key := range []string{keySystem, keyColumns} {
		if _, ok := values[key]; !ok {
			p.at(0, "%s is missing", key)
		}
	}
	s := &Schema{System: p.system(values), Columns: p.columns(values)}
	if len(s.Columns) > 0 {
		p.rules(values, s.Columns)
		p.defaults(values, s.Columns)
		p.maxLength(values, s.Columns)
	}
	s.LabelPolicy = p.policy(values)
	return s
}

func (p *parser) system(values map[string]node) string {
	n, ok := values[keySystem]
	if ok && p.want(n, kindString, keySystem) && strings.TrimSpace(n.text) == "" {
		p.at(n.line, "%s is empty", keySystem)
	}
	return n.text
}

func (p *parser) columns(values map[string]node) []Column {
	n, ok := values[keyColumns]
	if !ok || !p.want(n, kindArray, keyColumns) {
		return nil
	}
	if len(n.elems) == 0 {
		p.at(n.line, "%s names no column", keyColumns)
	}
	var columns []Column
	for _, e := range n.elems {
		if !p.want(e, kindString, "a name in "+keyColumns) || !p.name(e, columns) {
			continue
		}
		columns = append(columns, Column{Name: e.text, Default: NoValue, MaxLength: DefaultMaxLength})
	}
	return columns
}

// name tells whether n can name one more column beside others.
func (p *parser) name(n node, others []Column) bool {
	if !p.plain(n, "column") {
		return false
	}
	if strings.EqualFold(n.text, RowID) {
		p.at(n.line, "column %q: %s is the row's own", n.text, RowID)
		return false
	}
	if slices.Contains(append(RunColumns(), "Position"), n.text) {
		p.at(n.line, "column %q: PRISM writes a column of this name itself", n.text)
		return false
	}
	for _, c := range others {
		if c.Name == n.text {
			p.at(n.line, "duplicate column %q", n.text)
			return false
		}
		if strings.EqualFold(c.Name, n.text) {
			p.at(n.line, "columns %q and %q differ in case only, which replies do not keep", c.Name, n.text)
			return false
		}
	}
	return true
}

// plain tells whether n's text is there and free of what a reply's reader
// would take off or replace.
func (p *parser) plain(n node, what string) bool {
	switch {
	case strings.TrimSpace(n.text) == "":
		p.at(n.line, "empty %s", what)
	case strings.TrimSpace(n.text) != n.text:
		p.at(n.line, "%s %q has white space at an end", what, n.text)
	case strings.ContainsFunc(n.text, unicode.IsControl):
		p.at(n.line, "%s %q has a control character", what, n.text)
	case utf8.RuneCountInString(n.text) > MaxLength:
		p.at(n.line, "%s %.20q…: more than %d characters", what, n.text, MaxLength)
	default:
		return true
	}
	return false
}

func (p *parser) rules(values map[string]node, columns []Column) {
	n, ok := values[keyRules]
	if !ok || !p.want(n, kindObject, keyRules) {
		return
	}
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = rulePrefix + strings.ToLower(c.Name)
	}
	for _, m := range n.members {
		i := slices.Index(keys, m.key)
		if i < 0 {
			p.at(m.line, "%s: %q fits no column to code%s", keyRules, m.key, term.DidYouMean(m.key, keys))
			continue
		}
		columns[i].Labels = p.labels(m)
	}
}

func (p *parser) labels(m member) []string {
	if !p.want(m.value, kindArray, m.key) {
		return nil
	}
	if len(m.value.elems) == 0 {
		p.at(m.line, "%s lists no label; leave it out for a free column", m.key)
	}
	var labels []string
	seen := map[string]string{}
	for _, e := range m.value.elems {
		if !p.want(e, kindString, "a label in "+m.key) || !p.plain(e, "label of "+m.key) {
			continue
		}
		switch other, ok := seen[fold(e.text)]; {
		case ok && other == e.text:
			p.at(e.line, "%s: duplicate label %q", m.key, e.text)
		case ok:
			p.at(e.line, "%s: labels %q and %q differ in case only, which replies do not keep", m.key, other, e.text)
		default:
			seen[fold(e.text)] = e.text
			labels = append(labels, e.text)
		}
	}
	return labels
}

// fold maps texts that strings.EqualFold calls equal to one text.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}

func (p *parser) defaults(values map[string]node, columns []Column) {
	n, ok := values[keyDefaults]
	if !ok || !p.want(n, kindObject, keyDefaults) {
		return
	}
	for _, m := range n.members {
		c := p.column(m, keyDefaults, columns)
		if c == nil || !p.want(m.value, kindString, fmt.Sprintf("%s of %q", keyDefaults, m.key)) {
			continue
		}
		if strings.ContainsFunc(m.value.text, unicode.IsControl) {
			p.at(m.value.line, "%s of %q: %q has a control character", keyDefaults, m.key, m.value.text)
		}
		c.Default = m.value.text
	}
}

// column returns the column that m's key names, nil, with the mistake
// reported, if none has this name.
func (p *parser) column(m member, what string, columns []Column) *Column {
	names := make([]string, len(columns))
	for i := range columns {
		if columns[i].Name == m.key {
			return &columns[i]
		}
		names[i] = columns[i].Name
	}
	p.at(m.line, "%s: %q is no column to code%s", what, m.key, term.DidYouMean(m.key, names))
	return nil
}

// maxLength reads a number for all columns, or an object of numbers for some.
func (p *parser) maxLength(values map[string]node, columns []Column) {
	n, ok := values[keyMaxLength]
	switch {
	case !ok:
	case n.kind == kindObject:
		for _, m := range n.members {
			if c := p.column(m, keyMaxLength, columns); c != nil {
				c.MaxLength = p.length(m.value, fmt.Sprintf("%s of %q", keyMaxLength, m.key))
			}
		}
	default:
		length := p.length(n, keyMaxLength)
		for i := range columns {
			columns[i].MaxLength = length
		}
	}
}

func (p *parser) length(n node, what string) int {
	if !p.want(n, kindNumber, what) {
		return 0
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < 1 || v > MaxLength {
		p.at(n.line, "%s: want a whole number from 1 to %d, have %s", what, MaxLength, n.text)
	}
	return v
}

func (p *parser) policy(values map[string]node) string {
	n, ok := values[keyPolicy]
	if ok && p.want(n, kindString, keyPolicy) && n.text != Organic && n.text != Strict {
		p.at(n.line, "%s: want %q or %q, have %q", keyPolicy, Organic, Strict, n.text)
	}
	return n.text
}
