package stats

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// MaxScale is the most different numbers that are listed in their order, as a scale,
// and not by count.
const MaxScale = 20

// sortScale puts the values of a scale in order, those that no row has among them: true before
// false, numbers by their size, labels that all begin with another number by that number. It
// reports false if the column is no scale.
func (c *column) sortScale(values []ValueCount, kind Kind) ([]ValueCount, bool) {
	switch kind {
	case Boolean:
		return sortByRank(values, func(v ValueCount) (float64, bool) { return booleanRank(v.Value) }), true
	case Integer, Number:
		if values = c.addScaleValues(values); len(values) > MaxScale {
			return values, false
		}
		return sortByRank(values, func(v ValueCount) (float64, bool) { return parseNumber(v.Value) }), true
	case Label:
		if !c.isNumberedScale() {
			return values, false
		}
		return sortByRank(values, func(v ValueCount) (float64, bool) {
			rank, ok := leadingNumber(v.Value)
			return rank, ok && v.Class == Listed
		}), true
	}
	return values, false
}

// addScaleValues adds the whole numbers that a schema allows and no row has, where they are few.
func (c *column) addScaleValues(values []ValueCount) []ValueCount {
	if c.schema == nil || Kind(c.schema.Type) != Integer || c.schema.Minimum == nil || c.schema.Maximum == nil || *c.schema.Maximum-*c.schema.Minimum >= MaxScale {
		return values
	}
	for v := int64(*c.schema.Minimum); v <= int64(*c.schema.Maximum); v++ {
		if text := strconv.FormatInt(v, 10); c.countOf(text) == 0 {
			values = append(values, ValueCount{Value: text})
		}
	}
	return values
}

// isNumberedScale reports whether the listed labels begin with numbers, each with another.
func (c *column) isNumberedScale() bool {
	if !c.hasListedLabels() || len(c.schema.Labels) < 2 {
		return false
	}
	seen := map[float64]bool{}
	for _, l := range c.schema.Labels {
		rank, ok := leadingNumber(l)
		if !ok || seen[rank] {
			return false
		}
		seen[rank] = true
	}
	return true
}

// leadingNumber is the whole number at the start of a label such as "2: bad" or "3".
func leadingNumber(label string) (float64, bool) {
	digits := label
	if end := strings.IndexFunc(label, func(r rune) bool { return !unicode.IsDigit(r) }); end >= 0 {
		if next := label[end]; next == '.' || next == '|' {
			if end+1 < len(label) && unicode.IsDigit(rune(label[end+1])) {
				return 0, false // a number with decimals, or a list of them
			}
		}
		digits = label[:end]
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	return float64(n), err == nil
}

func booleanRank(text string) (float64, bool) {
	switch {
	case strings.EqualFold(text, "true"):
		return 0, true
	case strings.EqualFold(text, "false"):
		return 1, true
	}
	return 0, false
}

// sortByRank sorts values by their rank; those without one come last, as they were: by class,
// count and name.
func sortByRank(values []ValueCount, rankOf func(ValueCount) (float64, bool)) []ValueCount {
	sortByClass(values)
	slices.SortStableFunc(values, func(a, b ValueCount) int {
		x, okX := rankOf(a)
		y, okY := rankOf(b)
		switch {
		case okX && okY:
			return cmp.Compare(x, y)
		case okX:
			return -1
		case okY:
			return 1
		}
		return 0
	})
	return values
}
