package stats

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// byConfidence is what SampleOptions.By says for strata of how sure the model was of a row:
// as sure as of the least sure of the values to label.
const byConfidence = "confidence"

// NoConfidenceError reports that a file does not say how sure the model was.
type NoConfidenceError struct {
	File    string
	Columns []string // that would say so
}

func (e *NoConfidenceError) Error() string {
	switch len(e.Columns) {
	case 0:
		return e.File + " has no column with a confidence"
	case 1:
		return e.File + " has no column " + e.Columns[0]
	}
	return e.File + " has no column with a confidence, such as " + e.Columns[0]
}

// confidenceBounds part the strata. Fixed ones mean the same in every sample, and where they are
// matters little: each stratum is represented, and the rows of one are about equally sure.
var confidenceBounds = [...]float64{0, 0.5, 0.7, 0.9, 0.99}

// withoutConfidence is the place after the bounds: the stratum of rows without a confidence.
const withoutConfidence = len(confidenceBounds)

// planStrata finds what the strata are made of: the values of a column, or confidences.
func (w *sampleWriter) planStrata(f *RatedFile, lacks *MissingColumnError) error {
	h, by := f.header, w.options.By
	coded, isConfidence := strings.CutSuffix(by, prompt.ConfidenceSuffix)
	isCoded := slices.ContainsFunc(w.labels, func(name string) bool { return name == by || name == prompt.Validated+by })
	if isCoded && by == byConfidence {
		w.notes = append(w.notes, "--by confidence: the strata are the values of the column confidence; --by COLUMN"+prompt.ConfidenceSuffix+" is for how sure the model was")
	}
	var wanted []string
	switch {
	case by == "" || isCoded:
		return nil
	case by == byConfidence:
		wanted = slices.Clone(w.labels)
	case isConfidence && outputPlace(h, coded) >= 0:
		wanted = []string{h.Names[outputPlace(h, coded)]}
	case outputPlace(h, by) < 0:
		lacks.add(ratedHeader{f.Options.Name, h}, by)
		return nil
	default:
		return nil
	}
	for i := range wanted {
		if wanted[i] += prompt.ConfidenceSuffix; h.Index(wanted[i]) >= 0 {
			w.confidences = append(w.confidences, wanted[i])
		}
	}
	if w.confidences == nil {
		return &NoConfidenceError{f.Options.Name, wanted}
	}
	return nil
}

// confidenceBlock is how sure the rows of a block are.
type confidenceBlock struct {
	rows    []certainty
	bad     int64 // rows with a cell that is not a confidence
	scratch []byte
}

// readConfidences reads how sure each row of a file is: the smallest confidence of its columns.
func (w *sampleWriter) readConfidences(ctx context.Context, f *RatedFile) error {
	cut, err := placesOf(f, w.confidences)
	if err != nil {
		return err
	}
	slices.Sort(cut)
	form := f.header.Format
	prepare := func(b *table.Block) {
		v, _ := b.Aux.(*confidenceBlock)
		if v == nil {
			v = &confidenceBlock{}
			b.Aux = v
		}
		v.rows, v.bad = v.rows[:0], 0
		for i := range b.Recs {
			v.addRow(b, b.Spans[i*len(cut):(i+1)*len(cut)], form)
		}
	}
	o := table.ScanOptions{Options: f.Options, Columns: cut, Prepare: prepare}
	return table.Scan(ctx, f.Content, f.Size, f.header, o, func(b *table.Block) error {
		v := b.Aux.(*confidenceBlock)
		w.sureness = append(w.sureness, v.rows...)
		w.badRows += v.bad
		return nil
	})
}

// addRow adds the smallest confidence of the cells of a row.
func (v *confidenceBlock) addRow(b *table.Block, cells []table.Span, form table.Format) {
	least, isBad := noCertainty, false
	for _, cell := range cells {
		var c certainty
		c, v.scratch = parseCertainty(b.Token(cell), form, v.scratch)
		if c >= 0 && (least < 0 || c < least) {
			least = c
		}
		isBad = isBad || c == badCertainty
	}
	v.rows = append(v.rows, least)
	if isBad {
		v.bad++
	}
}

// confidenceStratum is rows whose confidences are from one bound to another.
type confidenceStratum struct {
	from, to int // places of its lowest and its highest rows in confidenceBounds, or withoutConfidence
	all      int64
	sums     certaintySums
}

// leastOfStratum is how many rows of a stratum are drawn at least, if it has so many: of one
// alone nobody can tell how far the rows of its stratum differ.
const leastOfStratum = 2

// newConfidenceStrata counts the rows of each stratum, and tells the stratum of each row. Strata
// without rows are left out. Where the rows to draw are not enough for all, those neighbours
// are joined that have the fewest rows.
func newConfidenceStrata(rows []certainty, draw int64) (strata []confidenceStratum, ofRow []int32) {
	var classes [withoutConfidence + 1]confidenceStratum
	ofRow = make([]int32, len(rows))
	for row, c := range rows {
		class := classOfConfidence(c)
		ofRow[row] = int32(class)
		classes[class].all++
		classes[class].sums.addCertainty(c)
	}
	for class, s := range classes {
		if s.all > 0 {
			s.from, s.to = class, class
			strata = append(strata, s)
		}
	}
	for len(strata) > 1 && leastRows(strata) > draw {
		strata = joinFewest(strata)
	}
	var place [withoutConfidence + 1]int32
	for i, s := range strata {
		for class := s.from; class <= s.to; class++ {
			place[class] = int32(i)
		}
	}
	for row, class := range ofRow {
		ofRow[row] = place[class]
	}
	return strata, ofRow
}

// leastRows is how many rows are enough for every stratum.
func leastRows(strata []confidenceStratum) (rows int64) {
	for _, s := range strata {
		rows += min(leastOfStratum, s.all)
	}
	return rows
}

// joinFewest joins the two neighbours that have the fewest rows together.
func joinFewest(strata []confidenceStratum) []confidenceStratum {
	at := 0
	for i := 1; i+1 < len(strata); i++ {
		if strata[i].all+strata[i+1].all < strata[at].all+strata[at+1].all {
			at = i
		}
	}
	next := strata[at+1]
	strata[at].to = next.to
	strata[at].all += next.all
	strata[at].sums.addSums(next.sums)
	return slices.Delete(strata, at+1, at+2)
}

// classOfConfidence is the place of the greatest bound that a confidence reaches.
func classOfConfidence(c certainty) int {
	if c < 0 {
		return withoutConfidence
	}
	class := 0
	for class+1 < withoutConfidence && float64(c) >= confidenceBounds[class+1]*float64(certain) {
		class++
	}
	return class
}

// String names a stratum by its bounds, the second of which is not part of it but for 1.
func (s *confidenceStratum) String() string {
	if s.from == withoutConfidence {
		return "no confidence"
	}
	bound := func(class int) string {
		if class >= withoutConfidence {
			return "1"
		}
		return strconv.FormatFloat(confidenceBounds[class], 'g', -1, 64)
	}
	name := "confidence " + bound(s.from) + " to " + bound(s.to+1)
	if s.to == withoutConfidence {
		name += " or none"
	}
	return name
}

// Bounds of what a model is believed of how sure it is. It may be wrong where it is all but
// sure, and a stratum of which hardly any row is drawn would not show it: intervals would be
// too narrow. Where it is more likely wrong than right nobody knows which label is.
const (
	leastBelieved = 0.5
	mostBelieved  = 0.95
)

// deviation is how far the rows of a stratum differ in whether they are right, as far as the
// model knows: the standard deviation of a coin that shows p. It is NaN without confidences.
func (s *confidenceStratum) deviation() float64 {
	p := min(max(s.sums.mean(), leastBelieved), mostBelieved)
	return math.Sqrt(p * (1 - p))
}

// stratifyByConfidence makes the strata, and says how many rows each needs: as many as it has
// times their deviation. Rows without a confidence are drawn as often as the mean of the others.
func (w *sampleWriter) stratifyByConfidence() {
	var strata []confidenceStratum
	strata, w.ofRow = newConfidenceStrata(w.sureness, w.options.Rows)
	w.sureness = nil
	var known, needs float64
	for i := range strata {
		if s := &strata[i]; s.sums.rows > 0 {
			known += float64(s.all)
			needs += float64(s.all) * s.deviation()
		}
	}
	if known == 0 {
		known, needs = 1, 1
		if len(strata) > 0 {
			w.notes = append(w.notes, "no row has a confidence: the rows are a simple random sample")
		}
	}
	for i := range strata {
		s := &strata[i]
		need := needs / known
		if s.sums.rows > 0 {
			need = s.deviation()
		}
		w.names, w.sizes, w.needs = append(w.names, s.String()), append(w.sizes, s.all), append(w.needs, float64(s.all)*need)
	}
	if w.badRows > 0 {
		w.notes = append(w.notes, fmt.Sprintf("%s: not a number from 0 to 1 in %s, which count as rows without one", strings.Join(w.confidences, ", "), term.Plural(w.badRows, "row")))
	}
}
