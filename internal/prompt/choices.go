package prompt

import (
	"slices"
	"strconv"
	"strings"

	"prism/internal/term"
)

// mostWholeNumbers is how many values the range of an integer may have for it to be closed.
const mostWholeNumbers = 1000

// IsClosed reports whether the column's values are known beforehand: listed labels, booleans,
// integers of a range. Of these a model says how sure it is.
func (c *Column) IsClosed() bool {
	switch c.Type {
	case TypeBoolean:
		return true
	case TypeInteger:
		return c.Minimum != nil && c.Maximum != nil && *c.Maximum-*c.Minimum < mostWholeNumbers
	}
	return c.HasLabels()
}

// MeansNotApplicable reports whether a gate with this text says NOT_APPLICABLE. N/A is the same, which it then never
// means as a label of its own, and so is "Not applicable", unless it is listed.
func (c *Column) MeansNotApplicable(text string) bool {
	t := term.CanonicalName(text)
	if isNotApplicable(t) || strings.EqualFold(t, "N/A") {
		return true
	}
	if !strings.EqualFold(t, "NOT APPLICABLE") {
		return false
	}
	_, listed := c.FindLabel(t)
	return !listed
}

// Choice is a value of a closed column, of a labels column one of its labels.
type Choice struct {
	JSON string // as a reply has it
	Cell string // two choices may have the same: both mean that the row is not applicable
}

// Choices returns what a closed column can say. The first are its labels in their order.
func (s *Schema) Choices(column int) (choices []Choice) {
	c := &s.Columns[column]
	switch {
	case c.HasLabels():
		for _, l := range c.Labels {
			choice := Choice{quoteJSON(l), l}
			if column == s.Gate && c.MeansNotApplicable(l) {
				choice.Cell = NotApplicable
			}
			choices = append(choices, choice)
		}
		if column == s.Gate && !slices.ContainsFunc(c.Labels, isNotApplicable) {
			choices = append(choices, Choice{quoteJSON(NotApplicable), NotApplicable})
		}
	case c.Type == TypeBoolean:
		choices = []Choice{{"true", "true"}, {"false", "false"}}
	default:
		for n := int64(*c.Minimum); n <= int64(*c.Maximum); n++ {
			text := strconv.FormatInt(n, 10)
			choices = append(choices, Choice{text, text})
		}
	}
	if c.Optional {
		choices = append(choices, Choice{nullWord, ""})
	}
	return choices
}

// MostChoices is how many tokens may begin the values of a closed column, of the column
// that has the most of them; 0: none is closed.
func (s *Schema) MostChoices() (most int) {
	for i := range s.Columns {
		if !s.Columns[i].IsClosed() {
			continue
		}
		n := len(s.Choices(i))
		if s.Columns[i].Type == TypeInteger {
			n = min(n, len("-0123456789"))
		}
		most = max(most, n+1) // an array may end where a label can begin
	}
	return most
}
