package stats

import (
	"math"

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
	v, ok := parseDecimals(token)
	if !ok {
		scratch = table.AppendText(scratch[:0], form, token)
		v = parseConfidence(scratch)
	}
	switch {
	case math.IsNaN(v):
		return noCertainty, scratch
	case v == invalidConfidence:
		return badCertainty, scratch
	}
	return certainty(math.Round(v * float64(certain))), scratch
}

func isCertainty(v float64) bool { return v >= 0 && v <= 1 }

// isCertaintyColumn reports whether a column of a file says how certain the values of another of
// its columns are.
func isCertaintyColumn(h *table.Header, name string) bool {
	coded, ok := prompt.CutShareSuffix(name)
	return ok && h.Index(coded) >= 0
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
type VoteShare struct {
	Rows    int64  `json:"rows"` // with an agreement
	Mean    Figure `json:"mean"`
	Changed Figure `json:"changed"` // share of Rows that some votes give another value: they change with their place
}

// certainties are those of a column to count, nil where no file has them.
type certainties struct{ confidence, agreement *certaintySums }

// describeCertainties returns nil for what no file has.
func (c *certainties) describeCertainties() (confidence *Confidence, agreement *VoteShare) {
	if s := c.confidence; s != nil {
		confidence = &Confidence{s.rows, Figure(s.mean())}
	}
	if s := c.agreement; s != nil {
		agreement = &VoteShare{s.rows, Figure(s.mean()), Figure(float64(s.below) / float64(s.rows))}
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
