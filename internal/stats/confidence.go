package stats

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// findConfidences finds the columns that say how sure the values of the results are. Gold, the
// first file, has none.
func (p *ratedPlan) findConfidences(results []ratedHeader) {
	places := []int{-1}
	for i, h := range results {
		places = append(places, h.Index(h.Names[p.places[1+i]]+prompt.ConfidenceSuffix))
	}
	if slices.Max(places) >= 0 {
		p.confidences = places
	}
}

// confidencePlace is the place of the confidences in a file, -1 where it has none.
func (p *ratedPlan) confidencePlace(file int) int {
	if p.confidences == nil {
		return -1
	}
	return p.confidences[file]
}

// noConfidence is the confidence of a row without one.
var noConfidence = math.NaN()

// invalidConfidence is that of a cell that is not a number from 0 to 1.
const invalidConfidence = -1

// parseConfidence reads a cell with a number from 0 to 1, or nothing.
func parseConfidence(text []byte) float64 {
	if v, ok := parseDecimals(text); ok {
		return v
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return noConfidence
	}
	v, ok := parseNumber(string(text))
	if !ok || v < 0 || v > 1 {
		return invalidConfidence
	}
	return v + 0 // -0 is 0
}

// parseDecimals reads "0." and at most 15 digits, 0 or 1, as nearly all cells are, in a tenth of the time that
// parseNumber takes. The digits and the power of ten are whole and exact as floats, so their
// quotient is the float that is nearest to the number.
func parseDecimals(text []byte) (v float64, ok bool) {
	if len(text) == 1 && (text[0] == '0' || text[0] == '1') {
		return float64(text[0] - '0'), true
	}
	if len(text) < 3 || len(text) > 2+15 || text[0] != '0' || text[1] != '.' {
		return 0, false
	}
	digits, power := uint64(0), uint64(1)
	for _, c := range text[2:] {
		if c < '0' || c > '9' {
			return 0, false
		}
		digits, power = 10*digits+uint64(c-'0'), 10*power
	}
	return float64(digits) / float64(power), true
}

// readConfidences reads every stride-th span of a block, from the place-th on.
func (v *ratedBlock) readConfidences(dst []float64, b *table.Block, place, stride int, form table.Format) []float64 {
	for i := place; i < len(b.Spans); i += stride {
		token := b.Token(b.Spans[i])
		if form == table.JSONL || len(token) > 0 && token[0] == '"' {
			v.text = table.AppendText(v.text[:0], form, token)
			token = v.text
		}
		dst = append(dst, parseConfidence(token))
	}
	return dst
}

// addConfidences gives the confidences of the i-th column of a block to the rows.
func (s *ratingScan) addConfidences(b *table.Block, v *ratedBlock, i int) error {
	confidence := s.ratings.columns[i].confidence
	for k, row := range s.rows {
		switch value := v.confidences[i][k]; {
		case value == invalidConfidence:
			return s.confidenceError(b, i, k)
		case row >= 0:
			confidence[row] = value
		}
	}
	return nil
}

// confidenceError says what is wrong with the confidence of the k-th row of a block in the i-th
// column.
func (s *ratingScan) confidenceError(b *table.Block, i, k int) error {
	line, err := table.LineAt(s.file.Content, b.Offset+int64(b.Recs[k].From))
	if err != nil {
		return err
	}
	place := s.confidencePlaces[i]
	name := term.Printable(s.file.header.Names[s.cut[place]])
	text := table.AppendText(nil, s.file.header.Format, b.Token(b.Spans[k*len(s.cut)+place]))
	bad := &table.Error{File: s.file.Options.Name, Line: line, Msg: fmt.Sprintf("%s %.40q: want a number from 0 to 1", name, text)}
	return bad.WithHint(fmt.Sprintf("%s says how sure the values of %s are; if it means something else, rename it", name, term.Printable(s.ratings.plans[i].output)))
}
