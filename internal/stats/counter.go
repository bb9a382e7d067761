package stats

import (
	"sync/atomic"
	"unicode/utf8"

	"prism/internal/table"
)

// How many different values of a column are counted apart, and how many bytes
// these may have together. What has more is free text.
const (
	maxDistinct = 10_000
	maxBytes    = 4 << 20 // texts and raw tokens
)

// counter counts the values of one column. A value is found by its raw token,
// so that the text of a value is decoded once and not once a row.
type counter struct {
	keep   bool // go on counting the values known when there are too many: listed labels
	raw    [table.JSONL + 1]map[string]*tally
	text   map[string]*tally
	order  []*tally // of their first appearance
	bytes  int      // of keys
	over   bool     // too many values
	rest   int64    // rows of values not told apart, once over
	none   int64    // rows without a value, once over
	length lengths  // of the rest

	measures atomic.Bool // over without keep: every row is measured

	lastRaw []byte // token of the row before: facts and sorted files repeat it
	last    *tally
	form    table.Format // of lastRaw
	scratch []byte
}

type tally struct {
	text  string
	count int64
}

func newCounter(keep bool) *counter {
	return &counter{keep: keep, text: map[string]*tally{}}
}

// seed makes sure that values are told apart however many others come before them.
func (c *counter) seed(texts ...string) {
	for _, s := range texts {
		if s != "" && c.text[s] == nil {
			t := &tally{text: s}
			c.text[s] = t
			c.order = append(c.order, t)
		}
	}
}

// count counts n rows with a raw token of a format. It returns the tally of
// their value, nil where values are not told apart any more.
func (c *counter) count(token []byte, form table.Format, n int64) *tally {
	if c.over && !c.keep {
		c.measure(token, form, n)
		return nil
	}
	if c.last != nil && c.form == form && string(token) == string(c.lastRaw) {
		c.last.count += n
		return c.last
	}
	t := c.raw[form][string(token)]
	if t == nil {
		if t = c.first(token, form, n); t == nil {
			return nil
		}
	}
	t.count += n
	c.last, c.form = t, form
	c.lastRaw = append(c.lastRaw[:0], token...)
	return t
}

// first finds the tally of a token that was not there before. It returns nil
// where values are not told apart any more; the n rows are then counted.
func (c *counter) first(token []byte, form table.Format, n int64) *tally {
	c.scratch = table.AppendText(c.scratch[:0], form, token)
	t := c.text[string(c.scratch)]
	room := c.bytes+len(token)+len(c.scratch) <= maxBytes
	switch {
	case t != nil && room:
	case t != nil:
		return t
	case len(c.scratch) == 0:
		t = &tally{}
		c.text[""] = t
	case c.over || !room || len(c.order) >= maxDistinct:
		if !c.over {
			c.overflow()
		}
		c.measure(token, form, n)
		return nil
	default:
		t = &tally{text: string(c.scratch)}
		c.text[t.text] = t
		c.order = append(c.order, t)
		c.bytes += len(t.text)
	}
	if c.raw[form] == nil {
		c.raw[form] = map[string]*tally{}
	}
	c.raw[form][string(token)] = t
	c.bytes += len(token)
	return t
}

// overflow ends telling new values apart, and of free text all.
func (c *counter) overflow() {
	c.over = true
	if c.keep {
		return
	}
	c.none = c.missing()
	for _, t := range c.order {
		if t.count == 0 {
			continue
		}
		c.rest += t.count
		c.length.add(int64(utf8.RuneCountInString(t.text)), t.count)
	}
	c.order, c.bytes, c.last = nil, 0, nil
	c.measures.Store(true)
	clear(c.text)
	clear(c.raw[:])
}

// measure counts n rows whose value is not told apart.
func (c *counter) measure(token []byte, form table.Format, n int64) {
	var chars int64
	if chars, c.scratch = characters(token, form, c.scratch); chars == 0 {
		c.none += n
		return
	}
	c.rest += n
	c.length.add(chars, n)
}

// characters is the length of the text of a raw token. scratch is room to
// decode it in, and is returned as it grew.
func characters(token []byte, form table.Format, scratch []byte) (int64, []byte) {
	if form != table.JSONL && (len(token) == 0 || token[0] != '"') {
		return int64(utf8.RuneCount(token)), scratch
	}
	scratch = table.AppendText(scratch[:0], form, token)
	return int64(utf8.RuneCount(scratch)), scratch
}

func (c *counter) missing() int64 {
	n := c.none
	if t := c.text[""]; t != nil {
		n += t.count
	}
	return n
}

// distinct is the values counted apart that rows have.
func (c *counter) distinct() (n int64) {
	for _, t := range c.order {
		if t.count > 0 {
			n++
		}
	}
	return n
}

// present is the rows that have a value.
func (c *counter) present() int64 {
	n := c.rest
	for _, t := range c.order {
		n += t.count
	}
	return n
}

// lengths sums up lengths of texts in characters.
type lengths struct {
	n, sum, least, most int64
}

func (l *lengths) merge(m lengths) {
	if m.n == 0 {
		return
	}
	if l.n == 0 || m.least < l.least {
		l.least = m.least
	}
	l.most = max(l.most, m.most)
	l.n += m.n
	l.sum += m.sum
}

func (l *lengths) add(chars, times int64) {
	if l.n == 0 || chars < l.least {
		l.least = chars
	}
	l.most = max(l.most, chars)
	l.n += times
	l.sum += chars * times
}

// lengths is of all values, those counted apart included.
func (c *counter) lengths() *Length {
	l := c.length
	for _, t := range c.order {
		if t.count > 0 {
			l.add(int64(utf8.RuneCountInString(t.text)), t.count)
		}
	}
	if l.n == 0 {
		return nil
	}
	return &Length{Min: l.least, Mean: float64(l.sum) / float64(l.n), Max: l.most}
}
