package stats

import (
	"slices"

	"prism/internal/prompt"
)

// countLabels returns how many rows have each label of a column with several a row. Rows
// are the base of shares, so these may add up to more than one. none is the rows whose
// cell has no label, though it is not empty.
func (c *column) countLabels() (values []ValueCount, organicRows, none int64) {
	at := map[string]int{}
	for _, t := range c.tallies {
		if t.count == 0 {
			continue
		}
		labels := splitLabels(t.text)
		if len(labels) == 0 {
			none += t.count
		}
		isDefault := c.schema != nil && prompt.LabelsCell(labels) == c.schema.Default
		isOrganic := false
		for i, l := range labels {
			if slices.Contains(labels[:i], l) {
				continue
			}
			k, ok := at[l]
			if !ok {
				k = len(values)
				at[l] = k
				values = append(values, ValueCount{Value: l, Class: c.classOfLabel(l, isDefault)})
			}
			values[k].Count += t.count
			isOrganic = isOrganic || values[k].Class == Organic
		}
		if isOrganic && !isDefault {
			organicRows += t.count
		}
	}
	for i := range values {
		values[i].Share = shareOf(values[i].Count, c.rows)
	}
	if c.hasListedLabels() {
		for _, l := range c.schema.Labels {
			if _, ok := at[l]; !ok {
				values = append(values, ValueCount{Value: l, Class: Listed})
			}
		}
	}
	return values, organicRows, none
}

// classOfLabel is the class of one label of several; isDefault tells that its cell is the default.
func (c *column) classOfLabel(label string, isDefault bool) Class {
	switch {
	case !c.hasListedLabels():
		return ""
	case slices.Contains(c.schema.Labels, label):
		return Listed
	case isDefault:
		return Default
	}
	return Organic
}
