package stats

import (
	"cmp"
	"slices"

	"prism/internal/prompt"
)

// Numbers describes the values of an integer or number column. Quantiles are values that
// rows have: the least one that so many rows do not exceed.
type Numbers struct {
	Count  int64   `json:"count"` // rows with a number
	Mean   float64 `json:"mean"`
	Min    float64 `json:"min"`
	P25    float64 `json:"p25"`
	Median float64 `json:"median"`
	P75    float64 `json:"p75"`
	Max    float64 `json:"max"`
}

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

// describeNumbers returns nil if no row has a number. The default of rows that are not
// applicable is none where it is beyond the bounds: it only marks them.
func (c *column) describeNumbers() *Numbers {
	type tallied struct {
		value float64
		rows  int64
	}
	var all []tallied
	n := &Numbers{}
	sum := 0.0
	for _, t := range c.tallies {
		v, ok := parseNumber(t.text)
		if !ok || t.count == 0 || c.marksRows(t.text) {
			continue
		}
		all = append(all, tallied{v, t.count})
		n.Count += t.count
		sum += v * float64(t.count)
	}
	if n.Count == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b tallied) int { return cmp.Compare(a.value, b.value) })
	quantile := func(share float64) float64 {
		var rows int64
		for _, t := range all {
			if rows += t.rows; float64(rows) >= share*float64(n.Count) {
				return t.value
			}
		}
		return all[len(all)-1].value
	}
	n.Mean = sum / float64(n.Count)
	n.Min, n.P25, n.Median, n.P75, n.Max = all[0].value, quantile(0.25), quantile(0.5), quantile(0.75), all[len(all)-1].value
	return n
}

// marksRows tells whether a number is the default and no value of its own.
func (c *column) marksRows(text string) bool {
	if c.schema == nil || text != c.schema.Default {
		return false
	}
	_, err := c.schema.NumberCell(text)
	return err != nil
}

// scaleValues is the most different numbers that are listed in their order, as a scale,
// and not by count.
const scaleValues = 20

// sortScale puts the values of a scale in order: false if the column is none.
func (c *column) sortScale(values []ValueCount) bool {
	if len(values) > scaleValues || c.schema == nil || c.schema.Type != prompt.TypeInteger && c.schema.Type != prompt.TypeNumber {
		return false
	}
	slices.SortStableFunc(values, func(a, b ValueCount) int {
		x, okX := parseNumber(a.Value)
		y, okY := parseNumber(b.Value)
		if okX != okY { // what is no number comes last
			return map[bool]int{true: -1, false: 1}[okX]
		}
		return cmp.Compare(x, y)
	})
	return true
}
