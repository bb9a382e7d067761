package ollamatest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Cell is what a row has in a column when its reply was read: the text of the value that
// the server gives it, several labels in their order with | between, nothing for null.
func Cell(c Column, r Row) string {
	h := hashOf(c.Name, r)
	switch {
	case c.isNull(r):
		return ""
	case c.Type == "boolean":
		return strconv.FormatBool(h.mix()%2 == 0)
	case c.Type == "integer":
		low, high := c.bounds()
		return strconv.FormatFloat(low+float64(h.mix()%uint64(high-low+1)), 'f', -1, 64)
	case c.Type == "number":
		low, high := c.bounds()
		return strconv.FormatFloat(low+(high-low)*float64(h.mix()%65)/64, 'f', -1, 64)
	case c.Type == "array":
		places := c.places(r)
		slices.Sort(places)
		return strings.Join(c.labelsAt(places, r), "|")
	}
	if said, known := c.Said[r.ID]; known {
		return c.cut(said)
	}
	return c.cut(Label(c.Name, r, c.Labels))
}

func (c *Column) isNull(r Row) bool {
	return c.Optional && hashOf(c.Name, r).addText("null").mix()%5 == 0
}

// bounds are those of the values of an integer or number column.
func (c *Column) bounds() (low, high float64) {
	const span = 100
	switch {
	case c.Minimum != nil && c.Maximum != nil:
		return *c.Minimum, *c.Maximum
	case c.Minimum != nil:
		return *c.Minimum, *c.Minimum + span
	case c.Maximum != nil:
		return *c.Maximum - span, *c.Maximum
	}
	return 0, span
}

// places are which labels the row has, in the order of the reply, which is none in particular.
func (c *Column) places(r Row) []int {
	h := hashOf(c.Name, r)
	n := max(len(c.Labels), 1)
	most := min(n, max(c.MaxItems, 0))
	first := int(h.mix() % uint64(n))
	places := make([]int, h.addText("items").mix()%uint64(most+1))
	for i := range places {
		places[i] = (first + i) % n
	}
	return places
}

func (c *Column) labelsAt(places []int, r Row) []string {
	labels := make([]string, len(places))
	for i, at := range places {
		labels[i] = c.cut(Label(c.Name, r, nil))
		if c.Labels != nil {
			labels[i] = c.Labels[at]
		}
	}
	return labels
}

// appendValue appends what the server says in a column of a row, as JSON.
func (c *Column) appendValue(dst []byte, r Row) []byte {
	cell := Cell(*c, r)
	switch {
	case c.isNull(r):
		return append(dst, "null"...)
	case c.Type == "array":
		dst = append(dst, '[')
		for i, l := range c.labelsAt(c.places(r), r) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, l)
		}
		return append(dst, ']')
	case c.Type != "":
		return append(dst, cell...)
	}
	return appendJSON(dst, cell)
}

// cut shortens a text to what the schema allows.
func (c *Column) cut(text string) string {
	if c.MaxLength > 0 && utf8.RuneCountInString(text) > c.MaxLength {
		return string([]rune(text)[:c.MaxLength])
	}
	return text
}
