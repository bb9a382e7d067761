package stats

import (
	"slices"
	"strings"

	"prism/internal/prompt"
)

// column is a column to count, over all files.
type column struct {
	name   string
	schema *prompt.Column // nil: not in a schema
	isGate bool
	rows   int64
	certainties
	*valueCounter
}

func (c *column) summarize() Column {
	out := Column{
		Name: c.name, Kind: Label, Rows: c.rows, MissingRows: c.rowsWithoutValue(),
		Distinct: c.distinctValues(), Overflow: c.overflowed, Values: []ValueCount{}, Schema: c.schema,
	}
	out.Confidence, out.Agreement = c.describeCertainties()
	if c.schema != nil {
		out.Description = c.schema.Description
	}
	if c.isText() {
		out.Kind, out.Length = Text, c.textLength()
		if c.overflowed {
			out.Distinct = maxDistinct
		}
		return out
	}
	if c.schema != nil {
		out.Kind = Kind(c.schema.Type)
	} else {
		out.Kind = c.kindOfTallies()
	}
	out.OtherRows = c.otherRows
	if out.Kind == Labels {
		c.summarizeLabels(&out)
		return out
	}
	if out.Kind == Integer || out.Kind == Number {
		out.Numbers = c.describeNumbers()
	}
	if c.manyNumbers != nil {
		out.Distinct, out.OtherRows = maxDistinct, out.OtherRows+c.manyNumbers.count
		return out
	}
	isScale := false
	if out.Values, isScale = c.sortScale(c.withClasses(c.valueCounts()), out.Kind); !isScale {
		sortByClass(out.Values)
	}
	if c.hasListedLabels() {
		out.OrganicRows = c.otherRows
		for _, v := range out.Values {
			if v.Class == Organic {
				out.OrganicRows += v.Count
			}
		}
	}
	return out
}

// summarizeLabels counts the labels of a column with several a row one by one.
func (c *column) summarizeLabels(out *Column) {
	var organic, none int64
	out.Values, organic, none = c.countLabels()
	out.Distinct = 0
	for _, v := range out.Values {
		if v.Count > 0 {
			out.Distinct++
		}
	}
	sortByClass(out.Values)
	out.MissingRows += none
	if c.hasListedLabels() {
		out.OrganicRows = organic + c.otherRows
	}
}

// isText reports whether a column is free text: according to the schema or, without
// one, because nearly every row has a different value.
func (c *column) isText() bool {
	switch {
	case c.schema != nil && c.schema.Type != prompt.TypeText:
		return c.overflowed && !c.keepKnown && c.manyNumbers == nil
	case c.schema != nil:
		return true
	case c.overflowed:
		return true
	}
	l := c.textLength()
	return l != nil && looksLikeText(c.distinctValues(), c.rowsWithValue(), l.Mean)
}

// kindOfTallies tells the kind by the values that rows have.
func (c *column) kindOfTallies() Kind {
	var texts []string
	for _, t := range c.tallies {
		if t.count > 0 {
			texts = append(texts, t.text)
		}
	}
	return kindOfTexts(texts)
}

// markerOf is the default that only marks rows that are not applicable: a number beyond the
// bounds, and so no value of its own. Empty: there is none.
func markerOf(spec *prompt.Column) string {
	if _, err := spec.NumberCell(spec.Default); err == nil {
		return ""
	}
	return spec.Default
}

func (c *column) hasListedLabels() bool { return c.schema != nil && c.schema.Labels != nil }

func (c *column) countOf(text string) int64 {
	if t := c.byText[text]; t != nil {
		return t.count
	}
	return 0
}

// valueCounts returns the values that rows have, in order of appearance.
func (c *column) valueCounts() []ValueCount {
	values := make([]ValueCount, 0, len(c.tallies))
	for _, t := range c.tallies {
		if t.count == 0 {
			continue
		}
		values = append(values, ValueCount{Value: t.text, Count: t.count, Share: shareOf(t.count, c.rows)})
	}
	return values
}

// sortByClass sorts values by class, count and name.
func sortByClass(values []ValueCount) {
	sortByCount(values)
	slices.SortStableFunc(values, func(a, b ValueCount) int { return classRank(a.Class) - classRank(b.Class) })
}

func sortByCount(values []ValueCount) {
	slices.SortStableFunc(values, func(a, b ValueCount) int {
		if a.Count != b.Count {
			return int(min(max(b.Count-a.Count, -1), 1))
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// withClasses sets the class of each value and adds the listed labels that no row has.
func (c *column) withClasses(values []ValueCount) []ValueCount {
	if !c.hasListedLabels() {
		return values
	}
	for i := range values {
		v := &values[i]
		switch {
		case slices.Contains(c.schema.Labels, v.Value):
			v.Class = Listed
		case c.isGate && v.Value == prompt.NotApplicable:
			v.Class = NotApplicable
		case v.Value == c.schema.Default && !c.isGate:
			v.Class = Default
		default:
			v.Class = Organic
		}
	}
	for _, l := range c.schema.Labels {
		if c.countOf(l) == 0 {
			values = append(values, ValueCount{Value: l, Class: Listed})
		}
	}
	return values
}

func classRank(c Class) int {
	return slices.Index([]Class{Listed, NotApplicable, Default, Organic}, c)
}
