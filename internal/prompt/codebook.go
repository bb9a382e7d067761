package prompt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"prism/internal/term"
)

// codebookHead begins the part of the system message that says what the columns are.
const codebookHead = "# Codebook\n\nGive every mention a value for each of these columns. Write labels exactly as they are listed.\n"

// notApplicableMeans is what the model is told of the label that the gate has beside its own.
const notApplicableMeans = "the mention has nothing to classify; the other columns do not count then"

// renderSystem returns the system message: what the file has as system_prompt, then the
// codebook with its examples. All of it is the same in all calls of a run.
func (s *Schema) renderSystem(in style) string {
	if s.ownCodebook {
		return s.system
	}
	b := []byte(strings.TrimRight(s.system, " \t\r\n") + "\n\n" + codebookHead)
	for i := range s.Columns {
		b = s.Columns[i].appendDescription(append(b, '\n'), i == s.Gate)
	}
	return strings.TrimSuffix(string(s.appendExamples(b, in)), "\n")
}

// appendDescription appends what the model is told of a column, some lines.
func (c *Column) appendDescription(dst []byte, isGate bool) []byte {
	dst = fmt.Appendf(dst, "%s (%s)", c.Name, c.DescribeValues())
	switch {
	case c.Description != "":
		dst = append(dst, ": "+c.Description...)
	case c.IsReasoning:
		dst = append(dst, ": the reasons for the values of the other columns"...)
	}
	dst = append(dst, '\n')
	saysNotApplicable := false
	for i, l := range c.Labels {
		saysNotApplicable = saysNotApplicable || isNotApplicable(l)
		dst = append(dst, "- "+quoteJSON(l)...)
		if c.Definitions != nil && c.Definitions[i] != "" {
			dst = append(dst, ": "+c.Definitions[i]...)
		} else if isGate && isNotApplicable(l) {
			dst = append(dst, ": "+notApplicableMeans...)
		}
		dst = append(dst, '\n')
	}
	if isGate && !saysNotApplicable {
		dst = fmt.Appendf(dst, "- %q: %s\n", NotApplicable, notApplicableMeans)
	}
	return dst
}

// DescribeValues says which values a column takes.
func (c *Column) DescribeValues() string {
	text := ""
	switch c.Type {
	case TypeLabel:
		text = "one label"
	case TypeLabels:
		text = fmt.Sprintf("array of labels, at most %d, none twice, [] if none applies", c.MaxItems)
	case TypeInteger, TypeNumber:
		text = c.describeNumber()
	case TypeBoolean:
		text = "true or false"
	case TypeText:
		text = "text of at most " + strconv.Itoa(c.MaxLength) + " characters"
	}
	if c.Optional {
		text += ", or null if the mention does not say"
	}
	return text
}

// appendExamples appends the examples, as the mentions and replies that the model will see and write.
func (s *Schema) appendExamples(dst []byte, in style) []byte {
	if len(s.examples) == 0 {
		return dst
	}
	dst = append(dst, "\n# Examples\n"...)
	for _, x := range s.examples {
		if len(x.values) < len(s.Columns) {
			dst = append(dst, "\nA reply needs all columns; these show some.\n"...)
			break
		}
	}
	for i := range s.examples {
		dst = in.appendExample(append(dst, '\n'), &s.examples[i])
		dst = append(dst, '\n')
	}
	return dst
}

// findUnmentioned returns warnings about listed labels that the system_prompt does not say,
// where the model is told nothing else: a line a column.
func (s *Schema) findUnmentioned() (lines []string) {
	if !s.ownCodebook {
		return nil
	}
	said := norm.NFC.String(strings.ToLower(s.system))
	for i := range s.Columns {
		c := &s.Columns[i]
		var missing []string
		for _, l := range c.Labels {
			if !containsWord(said, norm.NFC.String(strings.ToLower(l))) {
				missing = append(missing, quoteName(l))
			}
		}
		if len(missing) > 0 {
			lines = append(lines, fmt.Sprintf("the prompt does not mention %s of %s: %s: name them in %s, or leave out %q",
				term.Plural(int64(len(missing)), "label"), c.Name, joinSome(missing), keySystem, keyCodebook))
		}
	}
	return lines
}

// joinSome joins the first words of a list, and says that there are more.
func joinSome(words []string) string {
	const most = 10
	if len(words) > most {
		return strings.Join(words[:most], ", ") + " …"
	}
	return strings.Join(words, ", ")
}

// containsWord reports whether text has word with no letter or digit at its ends.
func containsWord(text, word string) bool {
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !isWord(before) && !isWord(after) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		at = start + size
	}
}

// findUnlistedDefaults returns warnings about defaults that are none of the listed labels: a
// line a column.
func (s *Schema) findUnlistedDefaults() (lines []string) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if i != s.Gate && c.Type == TypeLabel && c.HasLabels() && c.Default != NoValue && c.Default != "" && !slices.Contains(c.Labels, c.Default) {
			lines = append(lines, fmt.Sprintf("rows that are not applicable get %s in %s, which is not one of its labels: see %s", quoteName(c.Default), c.Name, keyDefaults))
		}
	}
	return lines
}
