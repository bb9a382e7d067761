package stats

import (
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// ratedColumn is the values that raters give in one column, by rater and row.
//
// A value is a code of the column's dictionary. A column with too many different values
// has wide ones instead: if they are numbers the numbers, else hashes of the texts,
// of which only equality can be told.
type ratedColumn struct {
	name   string
	schema *prompt.Column // nil: not in a schema
	kind   Kind

	codes    [][]int32 // raters × rows; noCode: the rater lacks the row
	texts    []string  // by code, as first written in a result; emptyCode is an empty cell
	inGold   []bool    // by code: the text is as gold has it
	isGold   bool      // gold is being read
	byKey    map[string]int32
	byToken  map[string]int32 // raw tokens of the file that is read
	keyBytes int

	isWide    bool
	wideNow   atomic.Bool // isWide, for the goroutines that read ahead
	isNumeric bool        // set before
	wide      [][]uint64  // raters × rows; noWide: the rater lacks the row
	seed      maphash.Seed
	scratch   []byte

	confidence []float64 // of the results as one rater, by row; NaN: the row has none; nil: no row has any

	numbers []float64 // by code, NaN for other texts; of integers and numbers
	sets    [][]int32 // by code, the codes of its labels; of several labels
	labels  []string  // by the codes of sets
}

// Values of an empty cell (of numbers also of one that is not a number) and of a row that
// the rater lacks. As numbers both wide ones are NaN.
const (
	emptyCode = 0
	emptyWide = 0xFFF8_0000_0000_0002
	noWide    = 0xFFF8_0000_0000_0001
)

func newRatedColumn(name string, schema *prompt.Column, raters int) *ratedColumn {
	c := &ratedColumn{
		name: name, schema: schema, codes: make([][]int32, raters), wide: make([][]uint64, raters),
		texts: []string{""}, byKey: map[string]int32{"": emptyCode}, byToken: map[string]int32{}, seed: maphash.MakeSeed(),
	}
	c.inGold = []bool{false}
	if schema != nil {
		for _, l := range schema.Labels {
			c.codeOf(l)
		}
	}
	return c
}

// codeOf returns the code of a text; false if there are too many.
func (c *ratedColumn) codeOf(text string) (int32, bool) {
	key := valueKey(text)
	code, known := c.byKey[key]
	if known {
		if c.inGold[code] && !c.isGold {
			c.texts[code], c.inGold[code] = term.CanonicalName(text), false
		}
		return code, true
	}
	if len(c.texts) >= maxDistinct || c.keyBytes+len(key)+len(text) > maxKeyBytes {
		return 0, false
	}
	code = int32(len(c.texts))
	c.texts, c.inGold = append(c.texts, term.CanonicalName(text)), append(c.inGold, c.isGold)
	c.byKey[key] = code
	c.keyBytes += len(key) + len(text)
	return code, true
}

// startFile forgets the raw tokens of the file before.
func (c *ratedColumn) startFile(isGold bool) {
	clear(c.byToken)
	c.isGold = isGold
}

// growTo gives a rater so many rows, in memory for more of them.
func (c *ratedColumn) growTo(rater, rows, expected int) {
	if c.isWide {
		c.wide[rater] = extend(c.wide[rater], rows, expected, noWide)
	} else {
		c.codes[rater] = extend(c.codes[rater], rows, expected, noCode)
	}
}

// extend appends values until there are n; memory is taken for as many as are expected.
func extend[T any](s []T, n, expected int, value T) []T {
	if n > cap(s) {
		s = slices.Grow(s, max(n, expected)-len(s))
	}
	for len(s) < n {
		s = append(s, value)
	}
	return s
}

// codeOfToken returns the code of a raw token. If there are too many values the column
// is wide from now on, and the result is false.
func (c *ratedColumn) codeOfToken(token []byte, form table.Format) (int32, bool) {
	if code, known := c.byToken[string(token)]; known {
		return code, true
	}
	c.scratch = table.AppendText(c.scratch[:0], form, token)
	code, ok := c.codeOf(string(c.scratch))
	if !ok {
		c.widen()
		return 0, false
	}
	if len(c.byToken) < maxDistinct {
		c.byToken[string(token)] = code
	}
	return code, true
}

// widen turns codes into wide values.
func (c *ratedColumn) widen() {
	kind := kindOfTexts(c.texts)
	if c.schema != nil {
		kind = Kind(c.schema.Type)
	}
	c.isWide, c.isNumeric = true, kind == Integer || kind == Number
	byCode := make([]uint64, len(c.texts))
	for code, text := range c.texts {
		byCode[code], c.scratch = c.wideOf([]byte(text), c.scratch)
	}
	for rater, codes := range c.codes {
		c.wide[rater] = make([]uint64, len(codes), cap(codes))
		for row, code := range codes {
			if code >= 0 {
				c.wide[rater][row] = byCode[code]
			} else {
				c.wide[rater][row] = noWide
			}
		}
	}
	c.codes = make([][]int32, len(c.codes))
	c.texts, c.byKey, c.byToken = nil, nil, nil
	c.wideNow.Store(true)
}

// wideOf is the wide value of a text. Several goroutines may call it at once, each with
// its own scratch, a buffer, which is returned.
func (c *ratedColumn) wideOf(text, scratch []byte) (uint64, []byte) {
	if c.isNumeric {
		v, ok := parseNumber(string(text))
		if !ok {
			return emptyWide, scratch
		}
		return math.Float64bits(v + 0), scratch // -0 is 0
	}
	scratch = appendValueKey(scratch[:0], text)
	if len(scratch) == 0 {
		return emptyWide, scratch
	}
	if hash := maphash.Bytes(c.seed, scratch); hash != noWide && hash != emptyWide {
		return hash, scratch
	}
	return 0, scratch
}

// parseNumber reads a finite number as tables have them.
func parseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if text == "" || !strings.ContainsRune("+-.0123456789", rune(text[0])) || strings.ContainsAny(text, "_xXpP") {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	return v, true
}

// isEmpty reports whether a rater has nothing in the cell of a row, or lacks the row.
func (c *ratedColumn) isEmpty(rater, row int) bool {
	if c.isWide {
		return c.wide[rater][row] == noWide || c.wide[rater][row] == emptyWide
	}
	return c.codes[rater][row] <= emptyCode
}

// areEqual reports whether two raters give a row the same value.
func (c *ratedColumn) areEqual(a, b, row int) bool {
	if !c.isWide {
		return c.codes[a][row] == c.codes[b][row]
	}
	return c.wide[a][row] == c.wide[b][row]
}

// number is the value of a row as a number, NaN if there is none.
func (c *ratedColumn) number(rater, row int) float64 {
	switch {
	case !c.isWide && c.codes[rater][row] >= 0:
		return c.numbers[c.codes[rater][row]]
	case c.isWide && c.isNumeric:
		return math.Float64frombits(c.wide[rater][row])
	}
	return math.NaN()
}

// text is the value of a row, "" for texts of wide columns, which are not kept.
func (c *ratedColumn) text(rater, row int) string {
	if !c.isWide && c.codes[rater][row] >= 0 {
		return c.texts[c.codes[rater][row]]
	}
	if v := c.number(rater, row); c.isNumeric && !math.IsNaN(v) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}
