package stats

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"prism/internal/term"
)

// findKind tells the kind of the column when all values are known, and gives values that
// are the same in it, such as 3 and 3.0, the same code.
func (c *ratedColumn) findKind(hasGold bool) {
	switch {
	case c.isWide && c.schema != nil:
		c.kind = Kind(c.schema.Type)
		return
	case c.isWide && c.isNumeric:
		c.kind = Number
		return
	case c.isWide:
		c.kind = Text
		return
	}
	c.kind = c.kindOfValues()
	switch c.kind {
	case Integer, Number:
		c.mergeCodes(func(text string) string {
			if v, ok := parseNumber(text); ok {
				return strconv.FormatFloat(v+0, 'g', -1, 64)
			}
			return text
		})
		for _, text := range c.texts {
			v, ok := parseNumber(text)
			if !ok {
				v = math.NaN()
			}
			c.numbers = append(c.numbers, v)
		}
	case Labels:
		c.findSets(hasGold)
	}
}

// kindOfValues tells the kind by the schema, else by the values.
func (c *ratedColumn) kindOfValues() Kind {
	if c.schema != nil {
		return Kind(c.schema.Type)
	}
	kind := kindOfTexts(c.texts)
	if kind != Label {
		return kind
	}
	used := make([]int64, len(c.texts))
	for _, codes := range c.codes {
		for _, code := range codes {
			if code > emptyCode {
				used[code]++
			}
		}
	}
	var distinct, rows, characters int64
	for code, n := range used {
		if n > 0 {
			distinct++
			rows += n
			characters += n * int64(utf8.RuneCountInString(c.texts[code]))
		}
	}
	if rows > 0 && looksLikeText(distinct*int64(len(c.codes)), rows, float64(characters)/float64(rows)) {
		return Text
	}
	return Label
}

// mergeCodes gives values with the same key the code of the first of them.
func (c *ratedColumn) mergeCodes(keyOf func(text string) string) {
	first := map[string]int32{}
	merged := make([]int32, len(c.texts))
	for code, text := range c.texts {
		key := keyOf(text)
		if _, known := first[key]; !known {
			first[key] = int32(code)
		}
		merged[code] = first[key]
	}
	for _, codes := range c.codes {
		for row, code := range codes {
			if code >= 0 {
				codes[row] = merged[code]
			}
		}
	}
}

// findSets finds the labels of each cell of several, and gives cells with the same
// labels the same code. An empty cell of a result is a row without labels; in gold, where
// it is a row that nobody looked at, [] is.
func (c *ratedColumn) findSets(hasGold bool) {
	byKey := map[string]int32{}
	codeOf := func(label string) int32 {
		code, known := byKey[valueKey(label)]
		if !known {
			code = int32(len(c.labels))
			byKey[valueKey(label)] = code
			c.labels = append(c.labels, term.CanonicalName(label))
		}
		return code
	}
	if c.schema != nil {
		for _, l := range c.schema.Labels {
			codeOf(l)
		}
	}
	c.sets = make([][]int32, len(c.texts))
	for _, inGold := range []bool{false, true} { // labels are written as results have them
		for code, text := range c.texts {
			if c.inGold[code] != inGold {
				continue
			}
			for _, l := range splitLabels(text) {
				c.sets[code] = append(c.sets[code], codeOf(l))
			}
			slices.Sort(c.sets[code])
			c.sets[code] = slices.Compact(c.sets[code])
		}
	}
	none := int32(len(c.texts))
	c.texts, c.sets = append(c.texts, "[]"), append(c.sets, nil)
	for code, set := range c.sets {
		if code == emptyCode {
			continue
		}
		var labels []string
		for _, label := range set {
			labels = append(labels, c.labels[label])
		}
		if c.texts[code] = strings.Join(labels, "|"); len(set) == 0 {
			c.texts[code] = "[]"
		}
	}
	for rater, codes := range c.codes {
		for row, code := range codes {
			if code == emptyCode && (rater > 0 || !hasGold) {
				codes[row] = none
			}
		}
	}
	c.mergeCodes(func(text string) string { return text })
}
