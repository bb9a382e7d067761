package ollamatest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Log-probabilities: where a call asks for them, the fake tells for each token of its reply
// how sure it is. In a value with listed labels, a boolean or an integer of a range that is
// Confidence, and what is left is shared evenly by the other values. A tenth of the
// probability of every token goes to tokens that no schema allows, as a model has it.

// Confidence is the probability of the value that the server gives a row in a column whose
// values are known beforehand.
func Confidence(c Column, r Row) float64 {
	return 0.3 + 0.7*hashOf(c.Name, r).addText("confidence").unit()
}

// tokenChance is a token of a reply as a server tells of it.
type tokenChance struct {
	Token   string        `json:"token"`
	LogProb float64       `json:"logprob"`
	Bytes   []int         `json:"bytes,omitempty"`
	Top     []tokenChance `json:"top_logprobs,omitempty"`
}

// spokenValue is a value of the reply.
type spokenValue struct {
	start, end int // in the reply
	chance     float64
	choices    []string // as JSON; the first is the value
}

// noteValue remembers a value that stands at the end of dst, if log-probabilities are asked for.
func (c *chatCall) noteValue(dst []byte, start int, column *Column, r Row) {
	if !c.LogProbs {
		return
	}
	value := string(dst[start:])
	choices := []string{value}
	for _, other := range column.choices() {
		if other != value {
			choices = append(choices, other)
		}
	}
	if len(choices) > 1 {
		c.values = append(c.values, spokenValue{start, len(dst), Confidence(*column, r), choices})
	}
}

// choices are the values that the column can have, as JSON; none if there are too many.
func (c *Column) choices() (list []string) {
	switch {
	case c.Type == "" && c.Labels != nil:
		for _, l := range c.Labels {
			list = append(list, string(appendJSON(nil, l)))
		}
	case c.Type == "boolean":
		list = []string{"true", "false"}
	case c.Type == "integer" && c.Minimum != nil && c.Maximum != nil:
		for n := int(*c.Minimum); n <= int(*c.Maximum); n++ {
			list = append(list, strconv.Itoa(n))
		}
	}
	if c.Optional && list != nil {
		list = append(list, "null")
	}
	return list
}

// chances are the tokens of a reply's text. Servers before 0.12.11 do not tell.
func (s *Server) chances(c *chatCall, text string) []tokenChance {
	if !c.LogProbs || !s.atLeast(0, 12, 11) || c.kind() == NoLogProbs {
		return nil
	}
	var list []tokenChance
	value := 0
	for at := 0; at < len(text); {
		token := text[at : at+tokenLength(text[at:])]
		for value < len(c.values) && c.values[value].end <= at {
			value++
		}
		shares := map[string]float64{token: 1}
		if value < len(c.values) && c.values[value].start < at+len(token) {
			shares = c.values[value].shares(text, at, token)
		}
		list = append(list, newChance(token, shares, c.TopLogProbs))
		at += len(token)
	}
	return list
}

// shares are the tokens that could stand in the place of one that is in the value or reaches into it.
func (v *spokenValue) shares(text string, at int, token string) map[string]float64 {
	before, done := max(v.start-at, 0), max(at-v.start, 0)
	shares := map[string]float64{}
	total := 0.0
	for i, choice := range v.choices {
		chance := v.chance
		if i > 0 {
			chance = (1 - v.chance) / float64(len(v.choices)-1)
		}
		if len(choice) < done || choice[:done] != v.choices[0][:done] {
			continue
		}
		total += chance
		own := token
		if rest := choice[done:] + text[v.end:]; i > 0 {
			own = token[:before] + rest[:tokenLength(rest)]
		}
		shares[own] += chance
	}
	for t := range shares {
		shares[t] /= total
	}
	return shares
}

// forbidden are tokens that no schema allows here, with their probabilities.
var forbidden = map[string]float64{"Sure": 0.06, "\u200b": 0.04}

// newChance makes the token with the most likely ones in its place, most alternatives.
func newChance(token string, shares map[string]float64, most int) tokenChance {
	told := chanceOf(token, shares[token]*0.9)
	for t, p := range shares {
		told.Top = append(told.Top, chanceOf(t, p*0.9))
	}
	for t, p := range forbidden {
		told.Top = append(told.Top, chanceOf(t, p))
	}
	slices.SortFunc(told.Top, func(a, b tokenChance) int {
		return cmp.Or(cmp.Compare(b.LogProb, a.LogProb), cmp.Compare(a.Token, b.Token))
	})
	told.Top = told.Top[:min(len(told.Top), most)]
	return told
}

func chanceOf(token string, p float64) tokenChance {
	c := tokenChance{Token: token, LogProb: math.Log(max(p, 1e-300))}
	for _, b := range []byte(token) {
		c.Bytes = append(c.Bytes, int(b))
	}
	return c
}

// tokenLength is the length of the token at the start of a text: up to four letters or digits,
// up to two other characters.
func tokenLength(text string) int {
	n := 0
	for n < len(text) && n < 4 && isWordByte(text[n]) {
		n++
	}
	if n > 0 {
		return n
	}
	_, n = utf8.DecodeRuneInString(text)
	if n < len(text) && text[n] < utf8.RuneSelf && !isWordByte(text[n]) {
		n++
	}
	return n
}

func isWordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}
