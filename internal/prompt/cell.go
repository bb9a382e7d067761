package prompt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"prism/internal/term"
)

// labelSeparator stands between the labels of a cell with several.
const labelSeparator = "|"

// FindLabel returns the listed label that t is apart from case, outer blanks, invisible
// characters and Unicode's form, or else t itself and false.
func (c *Column) FindLabel(t string) (string, bool) {
	for _, l := range c.Labels {
		if l == t {
			return l, true
		}
	}
	for _, l := range c.Labels {
		if strings.EqualFold(l, t) {
			return l, true
		}
	}
	if term.IsASCII(t) {
		return t, false
	}
	for _, l := range c.Labels {
		if term.EqualNames(l, t) {
			return l, true
		}
	}
	return t, false
}

// JoinLabels returns the cell of several labels, as FindLabel returns them: in the
// order of the codebook, those that are not listed behind them. An error says, after
// the name of the column, why they are not valid together. It keeps no reference to labels.
func (c *Column) JoinLabels(labels []string) (string, error) {
	if err := c.CheckCount(len(labels)); err != nil {
		return "", err
	}
	for i, l := range labels {
		switch {
		case slices.Contains(labels[:i], l):
			return "", fmt.Errorf("has the duplicate label %q", term.Truncate(l, longestExcerpt))
		case strings.Contains(l, labelSeparator):
			return "", fmt.Errorf("has a label with %s: %q", labelSeparator, term.Truncate(l, longestExcerpt))
		}
	}
	rank := func(l string) int {
		if i := slices.Index(c.Labels, l); i >= 0 {
			return i
		}
		return len(c.Labels)
	}
	sorted := slices.Clone(labels)
	slices.SortStableFunc(sorted, func(a, b string) int { return rank(a) - rank(b) })
	return LabelsCell(sorted), nil
}

// LabelsCell is the cell of labels in this order.
func LabelsCell(labels []string) string { return strings.Join(labels, labelSeparator) }

// CheckCount returns an error, to say after the name of the column, if n labels are too many
// for a row.
func (c *Column) CheckCount(n int) error {
	if n > c.MaxItems {
		return fmt.Errorf("has %s, want at most %d", term.Plural(int64(n), "label"), c.MaxItems)
	}
	return nil
}

// longestExcerpt is the characters of a value that a message shows.
const longestExcerpt = 60

// NumberCell returns the cell of a JSON number in an integer or number column: 3.0 is 3
// and 1e2 is 100. An error says, after the name of the column, why it is not valid. What
// the reply's grammar cannot hold, such as the bounds of a number, is checked here.
func (c *Column) NumberCell(token string) (string, error) {
	v, err := strconv.ParseFloat(token, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsInf(v, 0) || math.IsNaN(v) {
		return "", fmt.Errorf("is %s, want %s", term.Truncate(token, longestExcerpt), c.describeNumber())
	}
	bad := c.Minimum != nil && v < *c.Minimum || c.Maximum != nil && v > *c.Maximum
	cell := formatNumber(v)
	if c.Type == TypeInteger {
		if n, err := strconv.ParseInt(token, 10, 64); err == nil { // all its digits count
			cell = strconv.FormatInt(n, 10)
		} else if v != math.Trunc(v) || math.Abs(v) > largestInteger {
			bad = true
		}
	}
	if bad {
		return "", fmt.Errorf("is %s, want %s", term.Truncate(token, longestExcerpt), c.describeNumber())
	}
	return cell, nil
}

// largestInteger bounds the integers of a codebook: larger ones are not exact as JSON
// numbers for everybody.
const largestInteger = 1<<53 - 1

// formatNumber writes v as a JSON number, the same for the same value.
func formatNumber(v float64) string {
	if v == 0 {
		return "0" // also for -0
	}
	form := byte('f')
	if a := math.Abs(v); a < 1e-6 || a >= 1e21 {
		form = 'e'
	}
	return strconv.FormatFloat(v, form, -1, 64)
}

// describeNumber says which numbers are valid, for messages and for the model.
func (c *Column) describeNumber() string {
	text := "number"
	if c.Type == TypeInteger {
		text = "whole number"
	}
	switch {
	case c.Minimum != nil && c.Maximum != nil:
		return fmt.Sprintf("a %s from %s to %s", text, formatNumber(*c.Minimum), formatNumber(*c.Maximum))
	case c.Minimum != nil:
		return fmt.Sprintf("a %s of at least %s", text, formatNumber(*c.Minimum))
	case c.Maximum != nil:
		return fmt.Sprintf("a %s of at most %s", text, formatNumber(*c.Maximum))
	}
	return "a " + text
}

// AppendJSON appends the JSON value that a cell of the column stands for: a number, a
// boolean, an array of labels, null for an empty cell that is no text.
func (c *Column) AppendJSON(dst []byte, cell string) []byte {
	if cell == "" && c.Type != TypeLabels && (c.Optional || !c.isQuoted()) {
		return append(dst, "null"...)
	}
	return c.appendValue(dst, cell)
}

// appendValue is AppendJSON for a cell that stands for a value.
func (c *Column) appendValue(dst []byte, cell string) []byte {
	switch {
	case c.Type == TypeLabels:
		dst = append(dst, '[')
		for i, l := range SplitLabels(cell) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, quoteJSON(l)...)
		}
		return append(dst, ']')
	case c.isQuoted():
		return append(dst, quoteJSON(cell)...)
	}
	return append(dst, cell...)
}

// isQuoted reports whether the column's values are strings in JSON.
func (c *Column) isQuoted() bool { return c.Type == TypeLabel || c.Type == TypeText }

// NeedsJSON reports whether a cell of the column is something else than a string in JSON.
func (c *Column) NeedsJSON() bool { return c.Optional || !c.isQuoted() }

// SplitLabels returns the labels of a cell with several; none of an empty one.
func SplitLabels(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, labelSeparator)
}
