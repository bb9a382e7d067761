// Package confidence finds out how sure the model was of the values of a reply, from the
// log-probabilities that the server tells with it.
//
// A closed column takes one of a few known values, its choices. The text of each could stand
// where the value of a reply stands. The model wrote that in tokens; up to the first token
// that tells two choices apart they have the same chance. At such a token the server names
// the most likely ones, whose probabilities are raw: tokens that the schema forbids are
// among them, and not all choices may be. So there
//
//   - a token counts for the choices whose text goes on with it; of several those have it that no
//     longer token fits: where 12 is a token, 1 is 1. Where each has a longer one, as with
//     the first letter of two labels, it is shared among them as their own tokens are
//   - tokens that fit no choice do not count
//   - choices that none of the named tokens fits share what these leave of 1, each at most as
//     much as the least likely of them has
//   - what the choices have together is made 1
//   - where the schema leaves the model its way of writing, because labels that are not listed are allowed or it need
//     not be kept, a token in another case is the same one
//
// Where the server names no other tokens, as with --fast-confidence, the written one counts against all that it is
// not: against tokens that the schema forbids, too.
//
// Choices that begin with the token that the model wrote are told apart by the next ones, so
// that the probability of a value is a product. That of several labels is the product over the
// labels in their order and the end of the array.
package confidence

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/server"
)

// Reader reads the confidences of the replies to one schema. It is safe for concurrent use.
type Reader struct {
	schema  *prompt.Schema
	choices [][]prompt.Choice // of each column; nil: not a closed one
	loose   []bool            // of each column: a model may write a choice in another case
}

// NewReader returns the reader for the replies to a schema. If free, replies need not keep to it; if strict,
// it allows listed labels only.
func NewReader(s *prompt.Schema, free, strict bool) *Reader {
	r := &Reader{schema: s, choices: make([][]prompt.Choice, len(s.Columns)), loose: make([]bool, len(s.Columns))}
	for i := range s.Columns {
		r.loose[i] = free || !strict && s.Columns[i].HasLabels()
		if s.Columns[i].IsClosed() {
			r.choices[i] = s.Choices(i)
		}
	}
	return r
}

// Alternatives is how many tokens a server is to name in the place of each, so that those which
// begin a choice are among them as a rule, with some that the schema forbids: 0 without a
// closed column, else at most server.MostAlternatives.
func (r *Reader) Alternatives() int {
	const forbidden = 4
	n := r.schema.MostChoices()
	if n == 0 {
		return 0
	}
	return min(n+forbidden, server.MostAlternatives)
}

// SetConfidence sets the confidence of rows that were read from a reply, unless the server
// did not tell of its tokens. NaN stands for none, in columns that are not closed, in those that
// the gate left out, and where the server did not tell of a token that matters.
func (r *Reader) SetConfidence(rows []reply.Row, text string, written []server.Token) {
	tokens, told := alignTokens(text, written)
	if !told {
		return
	}
	for i := range rows {
		row := &rows[i]
		row.Confidence = make([]float64, len(r.choices))
		for c := range r.choices {
			row.Confidence[c] = math.NaN()
			if r.choices[c] != nil && (!row.Gate || c == r.schema.Gate) && row.Places[c].End > 0 {
				row.Confidence[c] = r.ofValue(tokens, c, row)
			}
		}
	}
}

// ofValue is the confidence in the value of a closed column.
func (r *Reader) ofValue(t *tokens, column int, row *reply.Row) float64 {
	place := row.Places[column]
	if r.schema.Columns[column].Type == prompt.TypeLabels {
		return r.ofLabels(t, column, place)
	}
	raw := t.text[place.Start:place.End]
	return t.ofChoice(value{place.Start, raw, row.Values[column]}, inFormOf(raw, r.choices[column]), r.loose[column])
}

// value is what stands at a place of a reply, and the cell that it means.
type value struct {
	start     int
	raw, cell string
}

// ofChoice is the confidence in a value, which may be written in another way than its choice or be none of them.
func (t *tokens) ofChoice(v value, choices []prompt.Choice, loose bool) float64 {
	place := choice{start: v.start, loose: loose}
	place.chosen = slices.IndexFunc(choices, func(c prompt.Choice) bool {
		return c.Cell == v.cell && place.form(c.JSON) == place.form(v.raw)
	})
	place.texts = choiceTexts(choices)
	if place.chosen < 0 {
		choices, place.chosen = append(choices, prompt.Choice{Cell: v.cell}), len(choices)
		place.texts = append(place.texts, "")
	}
	place.texts[place.chosen] = v.raw
	shares, ok := t.distribution(place)
	if !ok {
		return math.NaN()
	}
	confidence := 0.0
	for i, c := range choices {
		if c.Cell == v.cell {
			confidence += shares[i]
		}
	}
	return confidence
}

// inFormOf returns the choices as a reply has them that writes one as raw: with or without quotes.
func inFormOf(raw string, choices []prompt.Choice) []prompt.Choice {
	const quote = `"`
	choices = slices.Clone(choices)
	for i, c := range choices {
		quoted := strings.HasPrefix(c.JSON, quote)
		switch {
		case c.Cell == "" || raw == nullWord: // there is one form of null
		case quoted && !strings.HasPrefix(raw, quote):
			choices[i].JSON = c.JSON[len(quote) : len(c.JSON)-len(quote)]
		case !quoted && strings.HasPrefix(raw, quote):
			choices[i].JSON = quote + c.JSON + quote
		}
	}
	return choices
}

const nullWord = "null"

func choiceTexts(choices []prompt.Choice) []string {
	texts := make([]string, len(choices), len(choices)+2)
	for i, c := range choices {
		texts[i] = c.JSON
	}
	return texts
}

// arrayEnd ends an array, and comma says that it goes on.
const arrayStart, arrayEnd, comma = "[", "]", ","

// ofLabels is the confidence in an array of labels.
func (r *Reader) ofLabels(t *tokens, column int, place reply.Place) float64 {
	c := &r.schema.Columns[column]
	left := slices.Clone(r.choices[column])
	confidence := 1.0
	take := func(start int, texts []string, chosen int) {
		shares, ok := t.distribution(choice{start, texts, chosen, r.loose[column]})
		if !ok {
			shares, chosen = []float64{math.NaN()}, 0
		}
		confidence *= shares[chosen]
	}
	if c.Optional {
		left = left[:len(left)-1]
		if raw := t.text[place.Start:place.End]; raw == nullWord {
			take(place.Start, []string{arrayStart, nullWord}, 1)
			return confidence
		}
		take(place.Start, []string{arrayStart, nullWord}, 0)
	}
	at, count := place.Start+len(arrayStart), 0
	for _, item := range stringsIn(t.text, at, place.End) {
		between, raw := t.text[at:item.Start], t.text[item.Start:item.End]
		label := labelOf(c, raw)
		choices := []prompt.Choice{{JSON: arrayEnd}}
		for _, l := range left {
			choices = append(choices, prompt.Choice{JSON: between + l.JSON, Cell: l.Cell})
		}
		confidence *= t.ofChoice(value{at, between + raw, label}, choices, r.loose[column])
		left = slices.DeleteFunc(left, func(l prompt.Choice) bool { return l.Cell == label })
		at, count = item.End, count+1
	}
	if count < c.MaxItems {
		texts := []string{t.text[at:place.End], comma}
		if count == 0 {
			texts = append(texts[:1], choiceTexts(left)...)
		}
		take(at, texts, 0)
	}
	return confidence
}

// labelOf is the label that a string of a reply means, or else the string.
func labelOf(c *prompt.Column, raw string) string {
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return raw
	}
	label, _ := c.FindLabel(strings.TrimSpace(text))
	return label
}

// stringsIn finds the JSON strings in a part of a text.
func stringsIn(text string, from, to int) (places []reply.Place) {
	for from < to {
		start := strings.IndexByte(text[from:to], '"')
		if start < 0 {
			break
		}
		start += from
		end := start + 1
		for end < to && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		from = min(end+1, to)
		places = append(places, reply.Place{Start: start, End: from})
	}
	return places
}
