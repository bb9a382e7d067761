package confidence

import (
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"prism/internal/server"
)

// tokens are what a reply's text is made of.
type tokens struct {
	text   string
	list   []server.Token
	starts []int // where each begins in text; below 0: before it, such as in the thinking
}

// alignTokens lays the tokens of a reply along its text. It returns false where they are not
// those of the text.
func alignTokens(text string, list []server.Token) (*tokens, bool) {
	var all strings.Builder
	for i := range list {
		all.WriteString(list[i].Text)
	}
	before := strings.LastIndex(all.String(), text)
	if text == "" || before < 0 {
		return nil, false
	}
	t := &tokens{text: text, list: list, starts: make([]int, len(list))}
	at := -before
	for i := range list {
		t.starts[i] = at
		at += len(list[i].Text)
	}
	return t, true
}

// at is the index of the token that a byte of the text lies in.
func (t *tokens) at(place int) int {
	return sort.SearchInts(t.starts, place+1) - 1
}

// choice is a place in a reply where one of several texts could stand.
type choice struct {
	start  int // in the reply
	texts  []string
	chosen int  // the text that stands there
	loose  bool // the case of letters does not count
}

// form is a text as it is compared with others.
func (c *choice) form(text string) string {
	if c.loose {
		return lower(text)
	}
	return text
}

// lower is a text in lower case, apart from letters whose bytes would be more or fewer then: what
// begins at a byte still does.
func lower(text string) string {
	if !utf8.ValidString(text) { // a part of a character
		return text
	}
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, text)
}

// distribution is the probability that the model gave to each text of a choice. Their sum is 1.
// It returns false where the chosen text does not stand in the reply.
func (t *tokens) distribution(c choice) (shares []float64, ok bool) {
	if !strings.HasPrefix(t.text[c.start:], c.texts[c.chosen]) {
		return nil, false
	}
	shares = make([]float64, len(c.texts))
	open, longest := make([]int, len(c.texts)), 0 // those that begin as the reply does
	forms := make([]string, len(c.texts))
	for i, text := range c.texts {
		open[i], forms[i], longest = i, c.form(text), max(longest, len(text))
	}
	c.texts = forms
	left := 1.0 // of the probability, for them
	for k := t.at(c.start); len(open) > 1 && k < len(t.list) && t.starts[k]-c.start < longest; k++ {
		if t.list[k].Text == "" {
			continue
		}
		said := t.countStep(&c, open, k)
		total := 0.0
		for _, m := range said.masses {
			total += m
		}
		total += said.groupMass
		if total == 0 {
			break
		}
		if math.IsNaN(total) && len(said.group) == len(open) {
			continue // of what all begin with nothing need be told
		}
		for i, m := range said.masses {
			shares[open[i]] += left * m / total
		}
		open, left = said.group, left*said.groupMass/total
	}
	for _, i := range open {
		shares[i] += left / float64(len(open))
	}
	return shares, true
}

// step is what one token says of the texts that are open.
type step struct {
	group     []int     // texts that go on with the token that the model wrote
	groupMass float64   // the probability of that token
	masses    []float64 // of each open text, by other tokens
}

// countStep counts the tokens named in the place of token k for the open texts of a choice.
func (t *tokens) countStep(c *choice, open []int, k int) step {
	token := &t.list[k]
	before := max(c.start-t.starts[k], 0) // bytes of the token that stand before the choice
	done := max(t.starts[k]-c.start, 0)   // bytes of the texts that stand before the token
	f := fits{token: c.form(token.Text), before: before}
	f.named = append(f.named, f.token)
	for _, a := range token.Alternatives {
		f.named = append(f.named, c.form(a.Text))
	}
	for _, o := range open {
		f.addText(c.texts[o][min(done, len(c.texts[o])):])
	}
	s := step{masses: make([]float64, len(open)), groupMass: math.Exp(token.LogProb)}
	written := f.textsOf(f.token, slices.Index(open, c.chosen))
	for _, i := range written {
		s.group = append(s.group, open[i])
	}
	named, least := s.groupMass, s.groupMass
	var shared []sharedMass
	for i, a := range token.Alternatives {
		if a.Text == token.Text {
			continue
		}
		m := math.Exp(a.LogProb)
		named, least = named+m, min(least, m)
		which := f.textsOf(f.named[1+i], -1)
		switch {
		case f.named[1+i] == f.token: // in another case
			s.groupMass += m
		case len(which) == 1:
			s.masses[which[0]] += m
		case len(which) > 1:
			shared = append(shared, sharedMass{which, m})
		}
	}
	s.shareMasses(shared, written)
	s.fillRest(f.longest, max(1-named, 0), least)
	return s
}

// fits finds the texts that a token fits, of those that are open.
type fits struct {
	token   string   // the one that was written
	before  int      // bytes of it that stand before the texts
	named   []string // it and the others in its place
	rests   []string // of the texts
	longest []int    // bytes of the longest named token that each fits; 0: none fits
}

// addText adds a text of which this rest is left.
func (f *fits) addText(rest string) {
	longest := 0
	for _, text := range f.named {
		if f.begins(text) && continuesText(rest, text[f.before:]) {
			longest = max(longest, len(text))
		}
	}
	f.rests, f.longest = append(f.rests, rest), append(f.longest, longest)
}

// begins reports whether a token begins as the written one does before the choice.
func (f *fits) begins(text string) bool {
	return len(text) > f.before && text[:f.before] == f.token[:f.before]
}

// textsOf are the texts that a token fits, text chosen among them unless that is below 0. A text with a
// longer token of its own is left out where others have none: 12 is no choice behind 1 if there
// is a token 12.
func (f *fits) textsOf(token string, chosen int) []int {
	var all, own []int
	for i, rest := range f.rests {
		if f.longest[i] < len(token) || !f.begins(token) || !continuesText(rest, token[f.before:]) {
			continue
		}
		all = append(all, i)
		if f.longest[i] == len(token) || i == chosen {
			own = append(own, i)
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// sharedMass is the probability of a token that several texts go on with.
type sharedMass struct {
	which []int
	mass  float64
}

// shareMasses shares the probability of tokens that fit several texts among these as their own
// tokens are. That of the token that was written is, as far as it is not told apart
// yet, shared evenly by those that go on with it.
func (s *step) shareMasses(shared []sharedMass, written []int) {
	own := append([]float64(nil), s.masses...)
	for _, i := range written {
		own[i] += s.groupMass / float64(len(written))
	}
	for _, token := range shared {
		total := 0.0
		for _, i := range token.which {
			total += own[i]
		}
		for _, i := range token.which {
			part := 1 / float64(len(token.which))
			if total > 0 {
				part = own[i] / total
			}
			s.masses[i] += token.mass * part
		}
	}
}

// fillRest shares the probability that the named tokens leave among the texts that none of
// them fits.
func (s *step) fillRest(longest []int, rest, least float64) {
	missing := 0
	for _, n := range longest {
		if n == 0 {
			missing++
		}
	}
	for i, n := range longest {
		if n == 0 {
			s.masses[i] = min(rest/float64(missing), least)
		}
	}
}

// continuesText reports whether a text of which rest is left goes on with a token. A number is over
// only where no digit follows.
func continuesText(rest, token string) bool {
	if !strings.HasPrefix(token, rest) {
		return strings.HasPrefix(rest, token)
	}
	return rest != "" && !isNumeric(rest[len(rest)-1]) || len(token) == len(rest) || !isNumeric(token[len(rest)])
}

// isNumeric tells a character of a number.
func isNumeric(b byte) bool { return b-'0' <= 9 || b == '.' || b == 'e' || b == 'E' }
