package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"prism/internal/term"
)

// nullWord is what a person types for no value in a cell of an optional column: an empty
// cell would say nothing.
const nullWord = "null"

// ParseTyped returns the cell of a value that a person typed into column c of the schema: a
// listed label, whatever its case; several labels joined by | in any order, [] for none; a
// number, with a decimal comma where programs write one; true or false, also as spreadsheet
// programs show them in other languages; null for no value in an optional column. What marks
// rows that are not applicable is valid too. An error says, after the name of the column, what
// is wrong, and which label may be meant.
func (s *Schema) ParseTyped(c *Column, typed string, decimalComma bool) (string, error) {
	text := term.WithoutTextMark(strings.TrimSpace(typed))
	isGate := s.Gate != NoGate && c == &s.Columns[s.Gate]
	switch {
	case isGate && isNotApplicable(text):
		return NotApplicable, nil
	case !isGate && text == c.Default:
		return text, nil
	}
	cell, err := c.parseTyped(text, decimalComma)
	if err != nil && c.Optional && strings.EqualFold(text, nullWord) {
		return "", nil
	}
	return cell, err
}

func (c *Column) parseTyped(text string, decimalComma bool) (string, error) {
	switch c.Type {
	case TypeLabel:
		return c.typedLabel(text)
	case TypeLabels:
		return c.typedLabels(text)
	case TypeInteger, TypeNumber:
		return c.typedNumber(text, decimalComma)
	case TypeBoolean:
		return typedBoolean(text)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if c.Optional && strings.EqualFold(text, nullWord) {
		return "", nil
	}
	if n := utf8.RuneCountInString(text); n > c.MaxLength {
		return "", fmt.Errorf("has %d characters, want at most %d", n, c.MaxLength)
	}
	return text, nil
}

// maxNamedLabels is how many labels an error lists where none is similar.
const maxNamedLabels = 10

func (c *Column) typedLabel(text string) (string, error) {
	label, listed := c.FindLabel(text)
	if listed {
		return label, nil
	}
	meant := term.DidYouMean(text, c.Labels)
	if meant == "" {
		meant = "; the labels are " + strings.Join(c.Labels[:min(len(c.Labels), maxNamedLabels)], ", ")
		if len(c.Labels) > maxNamedLabels {
			meant += ", …"
		}
	}
	return "", fmt.Errorf("has the unlisted label %s%s", quoteName(text), meant)
}

func (c *Column) typedLabels(text string) (string, error) {
	var typed []string
	if !strings.HasPrefix(text, "[") || json.Unmarshal([]byte(text), &typed) != nil {
		typed = SplitLabels(text)
	}
	var labels []string
	var errs []error
	for _, t := range typed {
		label, err := c.typedLabel(strings.TrimSpace(t))
		labels, errs = append(labels, label), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return "", errors.New(strings.ReplaceAll(err.Error(), "\n", ", "))
	}
	return c.JoinLabels(labels)
}

func (c *Column) typedNumber(text string, decimalComma bool) (string, error) {
	number := text
	if decimalComma && !strings.Contains(text, ".") && strings.Count(text, ",") == 1 {
		number = strings.Replace(text, ",", ".", 1)
	}
	if number == "" || strings.Trim(number, "+-.0123456789eE") != "" {
		return "", fmt.Errorf("is %s, want %s", quoteName(text), c.describeNumber())
	}
	return c.NumberCell(number)
}

// spreadsheetTrue and spreadsheetFalse are how spreadsheet programs show booleans in
// English and in other languages, in lower case.
var (
	spreadsheetTrue  = []string{"true", "wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar", "prawda", "sant", "sand", "sann", "tosi", "pravda", "igaz", "doğru", "истина"}
	spreadsheetFalse = []string{"false", "falsch", "faux", "falso", "onwaar", "fałsz", "falskt", "falsk", "usann", "epätosi", "nepravda", "hamis", "yanliş", "yanlış", "ложь"}
)

func typedBoolean(text string) (string, error) {
	word := strings.ToLower(term.CanonicalName(text))
	switch {
	case slices.Contains(spreadsheetTrue, word):
		return "true", nil
	case slices.Contains(spreadsheetFalse, word):
		return "false", nil
	}
	return "", fmt.Errorf("is %s, want true or false", quoteName(text))
}
