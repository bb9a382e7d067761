package student

import (
	"math"
	"slices"

	"prism/internal/prompt"
	"prism/internal/reply"
)

// Fields of a row, which are hashed with its features: contexts follow.
const (
	fieldText = iota
	fieldTitle
	fieldSentiment
	fieldContext
)

// scanMention calls found with the bucket of each feature of a row.
func (s *scanner) scanMention(m *prompt.Mention) {
	s.scanField(fieldText, m.Message)
	s.scanField(fieldTitle, m.Title)
	s.scanField(fieldSentiment, m.Sentiment)
	for i, c := range m.Context {
		s.scanField(fieldContext+i, c.Text)
	}
}

// Labeller labels rows with a student. It is for one goroutine.
type Labeller struct {
	student *Student
	schema  *prompt.Schema
	scan    scanner

	counts  []uint32 // by known bucket
	seen    []int32  // known buckets of the row
	margins []float64
	scratch []float64 // probabilities of the classes of a column
	refused []string  // values of a row that is not applicable
}

// NewLabeller returns a labeller for the columns of the codebook that the student learned.
func (st *Student) NewLabeller(s *prompt.Schema) *Labeller {
	most := 0
	for i := range st.Columns {
		most = max(most, st.Columns[i].classes())
	}
	l := &Labeller{student: st, schema: s, counts: make([]uint32, len(st.buckets)), margins: make([]float64, st.Functions), scratch: make([]float64, 0, most), refused: s.NotApplicableValues()}
	l.scan.found = func(bucket uint32) {
		at := st.index[bucket]
		if at < 0 {
			return
		}
		if l.counts[at] == 0 {
			l.seen = append(l.seen, at)
		}
		l.counts[at]++
	}
	return l
}

// Label labels a row: a column that the student did not learn gets an empty cell, and no
// confidence.
func (l *Labeller) Label(m *prompt.Mention) reply.Row {
	l.sumMargins(m)
	r := reply.Row{RowID: m.RowID, Values: make([]string, len(l.schema.Columns)), Confidence: make([]float64, len(l.schema.Columns))}
	for i := range l.student.Columns {
		c := &l.student.Columns[i]
		r.Confidence[i] = math.NaN()
		if len(c.Cells) > 0 {
			r.Values[i], r.Confidence[i] = c.decide(&l.schema.Columns[i], l.margins[c.First:c.First+c.functions()], l.scratch)
		}
	}
	if gate := l.schema.Gate; gate != prompt.NoGate && isNotApplicable(r.Values[gate]) {
		sure := r.Confidence[gate]
		r.Gate, r.Values = true, slices.Clone(l.refused)
		for i := range r.Confidence {
			r.Confidence[i] = math.NaN()
		}
		r.Confidence[gate] = sure
	}
	return r
}

// sumMargins computes the margins of a row.
func (l *Labeller) sumMargins(m *prompt.Mention) {
	l.seen = l.seen[:0]
	l.scan.scanMention(m)
	st := l.student
	f := st.Functions
	clear(l.margins)
	length := 0.0
	for _, at := range l.seen {
		w := float64(featureWeight(l.counts[at], st.idf[at]))
		l.counts[at] = 0
		length += w * w
		for k, weight := range st.weights[int(at)*f : (int(at)+1)*f] {
			l.margins[k] += w * float64(weight)
		}
	}
	if length > 0 {
		length = 1 / math.Sqrt(length)
	}
	for k, offset := range st.weights[len(st.buckets)*f:] {
		l.margins[k] = l.margins[k]*length + float64(offset)
	}
}
