package stats

import (
	"sync/atomic"
	"unicode/utf8"

	"prism/internal/table"
	"prism/internal/term"
)

// Limits on the values of a column that are counted separately. A column with more
// is free text, unless a schema lists its labels.
const (
	maxDistinct = 10_000
	maxKeyBytes = 4 << 20 // texts and raw tokens
)

// valueCounter counts the values of one column. Values are found by their raw
// token (the bytes in the file), so each value is decoded once, not once per row.
type valueCounter struct {
	isNumeric    bool                 // values are numbers, which are described when there are too many
	marker       string               // of these, a number that is none, see markerOf; empty: none
	manyNumbers  *numberSketch        // of a numeric column, once overflowed
	keepKnown    bool                 // keep counting known values when there are too many: listed labels
	byToken      [2]map[string]*tally // see grammarOf
	byText       map[string]*tally
	tallies      []*tally   // in order of first appearance
	keyBytes     int        // of the keys of both maps
	overflowed   bool       // there were too many values
	otherRows    int64      // rows with values not counted separately
	missingRows  int64      // rows without a value, once overflowed
	otherLengths lengthSums // of otherRows

	lengthsOnly atomic.Bool // overflowed without keepKnown: only lengths are counted

	lastToken  []byte // of the previous row: run columns and sorted files repeat it
	last       *tally
	lastFormat table.Format // of lastToken
	scratch    []byte
}

// grammarOf is 0 for CSV, whose tokens mean the same whatever the delimiter is, and 1 for
// JSONL.
func grammarOf(form table.Format) int {
	if form == table.JSONL {
		return 1
	}
	return 0
}

// tally is a value and the number of rows with it.
type tally struct {
	text  string
	count int64
}

func newValueCounter(keep bool) *valueCounter {
	return &valueCounter{keepKnown: keep, byText: map[string]*tally{}}
}

// reserve makes values count separately, however many others come before them.
func (c *valueCounter) reserve(texts ...string) {
	for _, s := range texts {
		if s != "" && c.byText[s] == nil {
			t := &tally{text: s}
			c.byText[s] = t
			c.tallies = append(c.tallies, t)
		}
	}
}

// countToken counts n rows with a raw token of a format. It returns the tally of
// their value, nil if the value is not counted separately.
func (c *valueCounter) countToken(token []byte, form table.Format, n int64) *tally {
	if c.overflowed && !c.keepKnown {
		c.countUnkept(token, form, n)
		return nil
	}
	if c.last != nil && c.lastFormat == form && string(token) == string(c.lastToken) {
		c.last.count += n
		return c.last
	}
	t := c.byToken[grammarOf(form)][string(token)]
	if t == nil {
		if t = c.lookUpToken(token, form, n); t == nil {
			return nil
		}
	}
	t.count += n
	c.last, c.lastFormat = t, form
	c.lastToken = append(c.lastToken[:0], token...)
	return t
}

// lookUpToken returns the tally of a token that is new, or was not kept. It returns
// nil if the value is not counted separately; the n rows are counted then.
func (c *valueCounter) lookUpToken(token []byte, form table.Format, n int64) *tally {
	c.scratch = table.AppendText(c.scratch[:0], form, token)
	text := term.WithoutTextMark(c.scratch)
	t := c.byText[string(text)]
	room := c.keyBytes+len(token)+len(text) <= maxKeyBytes
	switch {
	case t != nil && room:
	case t != nil:
		return t
	case len(text) == 0:
		t = &tally{}
		c.byText[""] = t
	case c.overflowed || !room || len(c.tallies) >= maxDistinct:
		if !c.overflowed {
			c.stopKeepingValues()
		}
		c.countUnkept(token, form, n)
		return nil
	default:
		t = &tally{text: string(text)}
		c.byText[t.text] = t
		c.tallies = append(c.tallies, t)
		c.keyBytes += len(t.text)
	}
	tokens := &c.byToken[grammarOf(form)]
	if *tokens == nil {
		*tokens = map[string]*tally{}
	}
	(*tokens)[string(token)] = t
	c.keyBytes += len(token)
	return t
}

// stopKeepingValues stops counting new values separately and, without keepKnown,
// turns all counts into lengths, or the numbers of a numeric column into a description.
func (c *valueCounter) stopKeepingValues() {
	c.overflowed = true
	if c.keepKnown {
		return
	}
	c.missingRows = c.rowsWithoutValue()
	if c.isNumeric {
		c.manyNumbers = newNumberSketch()
	}
	for _, t := range c.tallies {
		if t.count == 0 || c.countNumber(t.text, t.count) {
			continue
		}
		c.otherRows += t.count
		c.otherLengths.addLength(int64(utf8.RuneCountInString(t.text)), t.count)
	}
	c.tallies, c.keyBytes, c.last = nil, 0, nil
	c.lengthsOnly.Store(!c.isNumeric)
	clear(c.byText)
	clear(c.byToken[:])
}

// countUnkept counts n rows whose value is not counted separately.
func (c *valueCounter) countUnkept(token []byte, form table.Format, n int64) {
	if c.manyNumbers != nil {
		c.scratch = table.AppendText(c.scratch[:0], form, token)
		if c.countNumber(string(c.scratch), n) {
			return
		}
	}
	c.countLength(token, form, n)
}

// countNumber counts n rows with a number; it reports false if the text is none, or numbers
// are not described.
func (c *valueCounter) countNumber(text string, n int64) bool {
	v, ok := parseNumber(text)
	if c.manyNumbers == nil || !ok || text == c.marker {
		return false
	}
	c.manyNumbers.addNumber(v, n)
	return true
}

// countLength counts n rows by the length of their text.
func (c *valueCounter) countLength(token []byte, form table.Format, n int64) {
	var chars int64
	if chars, c.scratch = countCharacters(token, form, c.scratch); chars == 0 {
		c.missingRows += n
		return
	}
	c.otherRows += n
	c.otherLengths.addLength(chars, n)
}

// countCharacters returns the length of the text of a raw token. scratch is a
// buffer for decoding; it is returned, grown if needed.
func countCharacters(token []byte, form table.Format, scratch []byte) (int64, []byte) {
	if form != table.JSONL && (len(token) == 0 || token[0] != '"') {
		return int64(utf8.RuneCount(token)), scratch
	}
	scratch = table.AppendText(scratch[:0], form, token)
	return int64(utf8.RuneCount(scratch)), scratch
}

func (c *valueCounter) rowsWithoutValue() int64 {
	n := c.missingRows
	if t := c.byText[""]; t != nil {
		n += t.count
	}
	return n
}

// distinctValues is the number of separately counted values that rows have.
func (c *valueCounter) distinctValues() (n int64) {
	for _, t := range c.tallies {
		if t.count > 0 {
			n++
		}
	}
	return n
}

// rowsWithValue is the number of rows that have a value.
func (c *valueCounter) rowsWithValue() int64 {
	n := c.otherRows
	for _, t := range c.tallies {
		n += t.count
	}
	return n
}

// textLength is the length of all values; nil without values.
func (c *valueCounter) textLength() *Length {
	l := c.otherLengths
	for _, t := range c.tallies {
		if t.count > 0 {
			l.addLength(int64(utf8.RuneCountInString(t.text)), t.count)
		}
	}
	if l.n == 0 {
		return nil
	}
	return &Length{Min: l.min, Mean: float64(l.sum) / float64(l.n), Max: l.max}
}

// lengthSums adds up lengths of texts in characters.
type lengthSums struct {
	n, sum, min, max int64
}

func (l *lengthSums) addSums(m lengthSums) {
	if m.n == 0 {
		return
	}
	if l.n == 0 || m.min < l.min {
		l.min = m.min
	}
	l.max = max(l.max, m.max)
	l.n += m.n
	l.sum += m.sum
}

func (l *lengthSums) addLength(chars, times int64) {
	if l.n == 0 || chars < l.min {
		l.min = chars
	}
	l.max = max(l.max, chars)
	l.n += times
	l.sum += chars * times
}
