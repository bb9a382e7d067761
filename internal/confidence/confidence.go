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
//
// Choices that begin with the token that the model wrote are told apart by the next ones, so
// that the probability of a value is a product. That of several labels is the product over the
// labels in their order and the end of the array.
package confidence

import (
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
}

// NewReader returns the reader for the replies to a schema.
func NewReader(s *prompt.Schema) *Reader {
	r := &Reader{schema: s, choices: make([][]prompt.Choice, len(s.Columns))}
	for i := range s.Columns {
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
	texts := choiceTexts(r.choices[column])
	raw := t.text[place.Start:place.End]
	chosen := slices.IndexFunc(r.choices[column], func(c prompt.Choice) bool { return c.Cell == row.Values[column] })
	if chosen < 0 { // a label that is not listed
		texts, chosen = append(texts, raw), len(texts)
	}
	texts[chosen] = raw // it may be written in another case
	shares, ok := t.distribution(choice{start: place.Start, texts: texts, chosen: chosen})
	if !ok {
		return math.NaN()
	}
	return shares[chosen]
}

func choiceTexts(choices []prompt.Choice) []string {
	texts := make([]string, len(choices), len(choices)+1)
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
	left := choiceTexts(r.choices[column])
	confidence := 1.0
	take := func(start int, texts []string, chosen int) {
		shares, ok := t.distribution(choice{start, texts, chosen})
		if !ok {
			shares, chosen = []float64{math.NaN()}, 0
		}
		confidence *= shares[chosen]
	}
	if c.Optional {
		left = left[:len(left)-1]
		null := r.choices[column][len(left)].JSON
		if raw := t.text[place.Start:place.End]; raw == null {
			take(place.Start, []string{arrayStart, null}, 1)
			return confidence
		}
		take(place.Start, []string{arrayStart, null}, 0)
	}
	at, count := place.Start+len(arrayStart), 0
	for _, item := range stringsIn(t.text, at, place.End) {
		between, raw := t.text[at:item.Start], t.text[item.Start:item.End]
		texts := make([]string, 0, len(left)+2)
		for _, l := range left {
			texts = append(texts, between+l)
		}
		chosen := slices.Index(left, raw)
		if chosen < 0 { // not listed, or written in another case
			texts, chosen = append(texts, between+raw), len(texts)
		} else {
			left = slices.Delete(slices.Clone(left), chosen, chosen+1)
		}
		take(at, append(texts, arrayEnd), chosen)
		at, count = item.End, count+1
	}
	if count < c.MaxItems {
		texts := []string{t.text[at:place.End], comma}
		if count == 0 {
			texts = append(texts[:1], left...)
		}
		take(at, texts, 0)
	}
	return confidence
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
