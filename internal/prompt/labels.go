package prompt

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"prism/internal/term"
)

// rulePrefix comes before a column's name, in lower case, in keyRules.
const rulePrefix = "valid_"

// parseRules gives the columns the labels of validation_rules. described has what columns
// says of each of them.
func (p *parser) parseRules(values map[string]node, columns []Column, described []description) {
	n, ok := values[keyRules]
	if !ok || !p.expectKind(n, kindObject, keyRules) {
		return
	}
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = rulePrefix + strings.ToLower(c.Name)
	}
	for _, m := range n.members {
		i := slices.IndexFunc(keys, func(k string) bool { return k == m.key || norm.NFC.String(k) == norm.NFC.String(m.key) })
		if i < 0 {
			p.addMistake(m.line, "%s: %q matches no column in columns_to_code%s", keyRules, m.key, p.suggest(m.key, keys))
			continue
		}
		columns[i].Labels, _ = p.parseLabels(m.value, m.line, labelsKey{name: m.key, several: described[i].hasSeveralLabels()})
		if labels, ok := described[i].values[keyLabels]; ok {
			p.addMistake(max(m.line, labels.line), "column %q has labels both in %s (line %d) and in %s (line %d): give them once",
				columns[i].Name, keyRules, m.line, keyDescribed, labels.line)
		}
	}
}

// labelsKey is a key of labels.
type labelsKey struct {
	name    string
	several bool // the column has several labels a row
	defines bool // it may be an object that has the definitions of the labels
}

// parseLabels reads the labels of a column, and their definitions; without any definition
// that result is nil.
func (p *parser) parseLabels(n node, line int, key labelsKey) (labels, definitions []string) {
	what := key.name
	given := n.elems
	if n.kind == kindObject && key.defines {
		for _, m := range n.members {
			given = append(given, node{line: m.line, kind: kindString, text: m.key})
		}
	} else if !p.expectKind(n, kindArray, what) {
		return nil, nil
	}
	if len(given) == 0 {
		p.addMistake(line, "%s has no labels; leave it out for a free-text column", what)
	}
	seen := map[string]string{}
	for i, e := range given {
		if !p.expectKind(e, kindString, "a label in "+what) || !p.checkText(e, "label of "+what) || !p.checkIsNew(e, seen, what) {
			continue
		}
		if key.several && strings.Contains(e.text, labelSeparator) {
			p.addMistake(e.line, "%s: the label %s has %s, which separates the labels of a cell", what, quoteName(e.text), labelSeparator)
		}
		labels = append(labels, e.text)
		if n.kind == kindObject {
			definitions = append(definitions, p.parseDescription(n.members[i].value, what+" of "+quoteName(e.text)))
		}
	}
	if !slices.ContainsFunc(definitions, func(d string) bool { return d != "" }) {
		definitions = nil
	}
	return labels, definitions
}

// checkIsNew reports whether a label is not among those seen, and adds it.
func (p *parser) checkIsNew(e node, seen map[string]string, what string) bool {
	key := foldCase(term.CanonicalName(e.text))
	switch other, ok := seen[key]; {
	case ok && other == e.text:
		p.addMistake(e.line, "%s: duplicate label %q", what, e.text)
	case ok && !strings.EqualFold(other, e.text):
		p.addMistake(e.line, "%s: labels %+q and %+q look the same", what, other, e.text)
	case ok:
		p.addMistake(e.line, "%s: labels %q and %q differ only in case", what, other, e.text)
	default:
		seen[key] = e.text
		return true
	}
	return false
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

// findColumn returns the column that m's key names; nil, with the mistake added,
// if none has this name.
func (p *parser) findColumn(m member, what string, columns []Column) *Column {
	names := make([]string, len(columns))
	for i := range columns {
		if columns[i].Name == m.key || norm.NFC.String(columns[i].Name) == norm.NFC.String(m.key) {
			return &columns[i]
		}
		names[i] = columns[i].Name
	}
	p.addMistake(m.line, "%s: unknown column %q%s", what, m.key, p.suggest(m.key, names))
	return nil
}

// indexOfColumn is the place of the column with this name, apart from what names are
// compared without; -1, with the mistake added, if there is none.
func (p *parser) indexOfColumn(line int, name, what string, columns []Column) int {
	names := make([]string, len(columns))
	for i := range columns {
		if term.EqualNames(columns[i].Name, name) {
			return i
		}
		names[i] = columns[i].Name
	}
	p.addMistake(line, "%s: unknown column %q%s", what, name, p.suggest(name, names))
	return -1
}
