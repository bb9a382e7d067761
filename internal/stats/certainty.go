package stats

import (
	"math"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// certainty is how certain a value is: a cell of a confidence or an agreement column, from 0
// to certain. It counts billionths, so that sums do not depend on the order of the rows.
type certainty int32

const (
	certain      certainty = 1e9
	noCertainty  certainty = -1 // the cell is empty
	badCertainty certainty = -2 // the cell is not a number from 0 to 1
)

// parseCertainty reads the raw token of a cell. scratch is a buffer for decoding; it is
// returned, grown if needed.
func parseCertainty(token []byte, form table.Format, scratch []byte) (certainty, []byte) {
	if c, ok := parseDecimal(token); ok {
		return c, scratch
	}
	scratch = table.AppendText(scratch[:0], form, token)
	v, ok := parseNumber(string(scratch))
	switch {
	case ok && isCertainty(v):
		return certainty(math.Round(v * float64(certain))), scratch
	case !ok && strings.TrimSpace(string(scratch)) == "":
		return noCertainty, scratch
	}
	return badCertainty, scratch
}

// parseDecimal reads a certainty as nearly all cells have it: 0.5, 1 or 0.999999.
func parseDecimal(token []byte) (certainty, bool) {
	const most = len("0.999999999")
	if len(token) == 0 || len(token) == 2 || len(token) > most || token[0] != '0' && token[0] != '1' {
		return 0, false
	}
	v, places := int64(token[0]-'0'), 0
	for i, b := range token[1:] {
		switch {
		case i == 0 && b == '.':
		case i > 0 && '0' <= b && b <= '9':
			v = 10*v + int64(b-'0')
			places++
		default:
			return 0, false
		}
	}
	for ; places < most-2; places++ {
		v *= 10
	}
	return certainty(v), v <= int64(certain)
}

func isCertainty(v float64) bool { return v >= 0 && v <= 1 }

// isCertaintyColumn tells whether a column of a file says how certain the values of another of
// its columns are.
func isCertaintyColumn(h *table.Header, name string) bool {
	for _, suffix := range []string{prompt.ConfidenceSuffix, prompt.AgreementSuffix} {
		if coded, ok := strings.CutSuffix(name, suffix); ok && h.Index(coded) >= 0 {
			return true
		}
	}
	return false
}

// certaintySums adds up the certainties of rows.
type certaintySums struct {
	rows  int64 // that have one
	below int64 // of rows, those that are less than certain
	sum   int64 // billionths: enough for 9 billion rows
}

func (s *certaintySums) addCertainty(c certainty) {
	if c < 0 {
		return
	}
	s.rows++
	s.sum += int64(c)
	if c < certain {
		s.below++
	}
}

func (s *certaintySums) addSums(other certaintySums) {
	s.rows += other.rows
	s.below += other.below
	s.sum += other.sum
}

// mean is from 0 to 1, NaN without rows.
func (s *certaintySums) mean() float64 {
	return float64(s.sum) / (float64(certain) * float64(s.rows))
}

// Confidence is how sure the model was of the values of a column: the probability that it
// gave them.
type Confidence struct {
	Rows int64  `json:"rows"` // with a confidence
	Mean Figure `json:"mean"`
}

// Agreement is how far votes on the values of a column agree. In each vote the rows of a
// batch are in another order.
type Agreement struct {
	Rows    int64  `json:"rows"` // with an agreement
	Mean    Figure `json:"mean"`
	Changed Figure `json:"changed"` // share of Rows that some votes give another value: they change with their place
}

// certainties are those of a column to count, nil where no file has them.
type certainties struct{ confidence, agreement *certaintySums }

// describeCertainties returns nil for what no file has.
func (c *certainties) describeCertainties() (confidence *Confidence, agreement *Agreement) {
	if s := c.confidence; s != nil {
		confidence = &Confidence{s.rows, Figure(s.mean())}
	}
	if s := c.agreement; s != nil {
		agreement = &Agreement{s.rows, Figure(s.mean()), Figure(float64(s.below) / float64(s.rows))}
	}
	return confidence, agreement
}

// certaintySource is a column of a file, and the sums that its cells count among.
type certaintySource struct {
	index int // of the column in the file
	sums  *certaintySums
}

// findCertainties finds the confidence and the agreement of each column that is counted.
func (f *inputFile) findCertainties(h *table.Header) {
	for _, s := range f.sources {
		c := &s.column.certainties
		for _, kind := range []struct {
			suffix string
			sums   **certaintySums
		}{{prompt.ConfidenceSuffix, &c.confidence}, {prompt.AgreementSuffix, &c.agreement}} {
			at := h.Index(h.Names[s.index] + kind.suffix)
			if at < 0 {
				continue
			}
			if *kind.sums == nil {
				*kind.sums = &certaintySums{}
			}
			f.certainties = append(f.certainties, certaintySource{at, *kind.sums})
		}
	}
}

// sumCertainties adds up every stride-th span.
func sumCertainties(b *table.Block, spans []table.Span, stride int, form table.Format) (sums certaintySums) {
	var scratch []byte
	for i := 0; i < len(spans); i += stride {
		var c certainty
		c, scratch = parseCertainty(b.Token(spans[i]), form, scratch)
		sums.addCertainty(c)
	}
	return sums
}
