package stats

import (
	"unicode/utf8"

	"prism/internal/record"
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
	raw    [record.JSONL + 1]map[string]*tally
	text   map[string]*tally
	order  []*tally // of their first appearance
	bytes  int      // of keys
	over   bool     // too many values
	rest   int64    // rows of values not told apart, once over
	none   int64    // rows without a value, once over
	length lengths  // of the rest

	lastRaw []byte // token of the row before: facts and sorted files repeat it
	last    *tally
	form    record.Format // of lastRaw
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

// add counts field i of a record of a format.
func (c *counter) add(rec *record.Record, i int, form record.Format) {
	if c.over && !c.keep {
		c.measure(rec, i)
		return
	}
	token := rec.Field(i)
	if c.last != nil && c.form == form && string(token) == string(c.lastRaw) {
		c.last.count++
		return
	}
	t := c.raw[form][string(token)]
	if t == nil {
		if t = c.first(rec, i, form, token); t == nil {
			return
		}
	}
	t.count++
	c.last, c.form = t, form
	c.lastRaw = append(c.lastRaw[:0], token...)
}

// first finds the tally of a token that was not there before. It returns nil
// where values are not told apart any more; the row is then counted.
func (c *counter) first(rec *record.Record, i int, form record.Format, token []byte) *tally {
	c.scratch = rec.Text(c.scratch[:0], i)
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
		c.measure(rec, i)
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
	clear(c.text)
	clear(c.raw[:])
}

// measure counts a row whose value is not told apart.
func (c *counter) measure(rec *record.Record, i int) {
	if c.scratch = rec.Text(c.scratch[:0], i); len(c.scratch) == 0 {
		c.none++
		return
	}
	c.rest++
	c.length.add(int64(utf8.RuneCount(c.scratch)), 1)
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
