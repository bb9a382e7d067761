package prompt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"prism/internal/fsutil"
	"prism/internal/term"
)

// Keys of the file.
const (
	keySystem    = "system_prompt"
	keyColumns   = "columns_to_code"
	keyDescribed = "columns"
	keyGate      = "gate"
	keyReasoning = "reasoning"
	keyExamples  = "examples"
	keyCodebook  = "codebook"
	keyRules     = "validation_rules"
	keyDefaults  = "not_applicable_defaults"
	keyMaxLength = "max_length"
	keyPolicy    = "label_policy"
)

// schemaKeys are all keys of the file.
func schemaKeys() []string {
	return []string{keySystem, keyColumns, keyDescribed, keyGate, keyReasoning, keyExamples, keyCodebook,
		keyRules, keyDefaults, keyMaxLength, keyPolicy}
}

// maxColumns is the most columns to code: far more than a model answers.
const maxColumns = 1000

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
	s.warnings = append(s.findUnmentioned(), s.findUnlistedDefaults()...)
	return s, nil
}

// ReadFile reads the prompt schema file at path, until ctx ends. Its errors are those of Parse, or
// say that the file cannot be read.
func ReadFile(ctx context.Context, path string) (*Schema, error) {
	data, err := fsutil.ReadFileContext(ctx, path, fsutil.MaxConfig)
	if err != nil {
		return nil, fmt.Errorf("read the prompt schema: %w", err)
	}
	return Parse(data, path)
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

// expectKind reports whether n is of kind k; if not, that is a mistake.
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
	values := p.readMembers(root, "", schemaKeys())
	for _, key := range []string{keySystem, keyColumns} {
		if _, ok := values[key]; !ok {
			p.addMistake(0, "%s is missing", key)
		}
	}
	s := &Schema{system: p.parseSystem(values), Columns: p.parseColumns(values), Gate: NoGate}
	if len(s.Columns) > 0 {
		described := p.describedColumns(values, s.Columns)
		p.parseRules(values, s.Columns, described)
		p.parseTypes(s.Columns, described)
		p.parseMaxLength(values, s.Columns, described)
		p.parseDefaults(values, s.Columns)
		s.Gate = p.parseGate(values, s.Columns)
		p.parseReasoning(values, s)
		s.examples = p.parseExamples(values, s)
	}
	s.LabelPolicy = p.parseChoice(values, keyPolicy, Organic, Strict)
	s.ownCodebook = p.parseChoice(values, keyCodebook, keySystem) != ""
	return s
}

// readMembers returns the values of an object with these keys; others are mistakes, named
// as those of what, which may be empty.
func (p *parser) readMembers(n node, what string, keys []string) map[string]node {
	values := map[string]node{}
	for _, m := range n.members {
		if !slices.Contains(keys, m.key) {
			if what != "" {
				p.addMistake(m.line, "%s: unknown key %q%s", what, m.key, p.suggest(m.key, keys))
			} else {
				p.addMistake(m.line, "unknown key %q%s", m.key, p.suggest(m.key, keys))
			}
			continue
		}
		values[m.key] = m.value
	}
	return values
}

// parseChoice reads a key that takes one of some words.
func (p *parser) parseChoice(values map[string]node, key string, words ...string) string {
	n, ok := values[key]
	if !ok || !p.expectKind(n, kindString, key) || slices.Contains(words, n.text) {
		return n.text
	}
	p.addMistake(n.line, "%s: want %s, have %q", key, quoteEach(words), n.text)
	return ""
}

// quoteEach names the words that are possible: "a", "b" or "c".
func quoteEach(words []string) string {
	text := ""
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += strconv.Quote(w)
	}
	return text
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
		columns = append(columns, Column{Name: e.text, MaxLength: DefaultMaxLength})
	}
	return columns
}

// checkColumnName reports whether n can name one more column beside others.
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

// checkText reports whether n's text is not empty and has nothing that package
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
