package stats

import (
	"iter"
	"math"
	"slices"
)

// Reliability is how far the confidence of a column tells which of its rows are right, over the
// rows of a GoldColumn that have a confidence. Where gold has inclusion probabilities rows weigh
// as in the other figures; the rows of bins are counts.
type Reliability struct {
	Bins []ReliabilityBin `json:"bins"` // ten of one width from 0 to 1; those without rows too
	// Brier is the mean square of the difference between confidence and 1 of right rows, 0 of
	// others: Brier (1950), Verification of forecasts expressed in terms of probability, Mon.
	// Weather Rev. 78.
	Brier Figure `json:"brier"`
	// ECE is the mean over rows of how far the accuracy of their bin is from its confidence:
	// Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using
	// Bayesian binning, AAAI.
	ECE Figure `json:"ece"`
	// AUROC is the probability that a right row has a higher confidence than a wrong one, ties
	// counting half: Hanley and McNeil (1982), The meaning and use of the area under a receiver
	// operating characteristic (ROC) curve, Radiology 143. It is undefined where all rows are
	// right, or none.
	AUROC  Figure `json:"auroc"`
	Target Figure `json:"target"` // the accuracy that Threshold is for; undefined: none was given
	// Threshold is the least confidence of a row for which the interval of the accuracy of all
	// rows with that confidence or more has a lower end of at least Target.
	Threshold Figure `json:"threshold"`
	Above     Figure `json:"above"` // share of the rows with a confidence of at least Threshold
}

// ReliabilityBin is the rows whose confidence is at least From and less than To; the last bin has
// 1 too. Of a bin without rows the figures are undefined.
type ReliabilityBin struct {
	From       Figure `json:"from"`
	To         Figure `json:"to"`
	Rows       int64  `json:"rows"`
	Confidence Figure `json:"confidence"` // mean
	Accuracy   Figure `json:"accuracy"`
}

// reliabilityBins is how many bins there are.
const reliabilityBins = 10

// reliability says how far the confidence of the i-th column can be relied on; nil where no
// result has any.
func (r *Ratings) reliability(i int) *Reliability {
	if r.plans[i].confidences == nil {
		return nil
	}
	confidences := r.columns[i].confidence
	if !r.drawn.differ() && len(confidences) >= manyRows && areMillionths(confidences) {
		return newReliability(countLevels(r.judgedRows(i)), r.options.Target)
	}
	weights := []float64{1}
	if r.drawn.differ() {
		weights = weights[:0]
		for _, class := range r.drawn.classes {
			weights = append(weights, class.weight)
		}
	}
	rows := slices.AppendSeq(make([]judgedRow, 0, len(confidences)), r.judgedRows(i))
	return newReliability(sortLevels(rows, weights), r.options.Target)
}

// judgedRows are the rows of the i-th column that have a confidence and are compared.
func (r *Ratings) judgedRows(i int) iter.Seq[judgedRow] {
	c := r.columns[i]
	return func(yield func(judgedRow) bool) {
		for row, confidence := range c.confidence {
			if math.IsNaN(confidence) || !r.isKnown(c, row, resultRater) {
				continue
			}
			j := judgedRow{confidence: confidence, isRight: c.areEqual(goldRater, resultRater, row)}
			if r.drawn.differ() {
				j.class = r.drawn.ofRow[row]
			}
			if !yield(j) {
				return
			}
		}
	}
}

// newReliability computes the figures from levels, the highest confidence first. A target of 0 is
// none.
func newReliability(levels iter.Seq[confidenceLevel], target float64) *Reliability {
	s := reliabilitySums{target: target, threshold: math.NaN(), above: math.NaN()}
	for l := range levels {
		s.addLevel(l)
	}
	return s.figures()
}

// reliabilitySums adds up rows from the highest confidence down.
type reliabilitySums struct {
	target float64 // 0: none
	bins   [reliabilityBins]binSums

	all, right, squares float64 // of the rows so far: weights, those of right rows, squared weights
	brier               float64
	pairs               float64 // pairs of a right and a wrong row, by their weights, of which the right one has the higher confidence

	threshold, above float64 // NaN: not found yet
}

type binSums struct {
	rows                   int64
	all, right, confidence float64 // weights, those of right rows, weighted confidence
}

func (s *reliabilitySums) addLevel(l confidenceLevel) {
	s.pairs += l.wrong * (s.right + l.right/2)
	s.brier += l.right*(1-l.confidence)*(1-l.confidence) + l.wrong*l.confidence*l.confidence
	s.all += l.right + l.wrong
	s.right += l.right
	s.squares += l.squares
	bin := &s.bins[reliabilityBinOf(l.confidence)]
	bin.rows += l.rows
	bin.all += l.right + l.wrong
	bin.right += l.right
	bin.confidence += (l.right + l.wrong) * l.confidence
	if s.target == 0 {
		return
	}
	if low, _ := wilsonInterval(s.right/s.all, effectiveNumber(s.all, s.squares)); low >= s.target {
		s.threshold, s.above = l.confidence, s.all
	}
}

// binBound is where a bin begins, and the one before it ends.
func binBound(bin int) float64 { return float64(bin) / reliabilityBins }

// reliabilityBinOf is the bin that a confidence belongs to.
func reliabilityBinOf(confidence float64) int {
	bin := 0
	for bin < reliabilityBins-1 && confidence >= binBound(bin+1) {
		bin++
	}
	return bin
}

func (s *reliabilitySums) figures() *Reliability {
	r := &Reliability{
		Brier: Figure(s.brier / s.all), AUROC: Figure(s.pairs / (s.right * (s.all - s.right))),
		Target: Figure(math.NaN()), Threshold: Figure(s.threshold), Above: Figure(s.above / s.all),
	}
	if s.target != 0 {
		r.Target = Figure(s.target)
	}
	var apart float64
	for i, b := range s.bins {
		apart += math.Abs(b.right - b.confidence)
		r.Bins = append(r.Bins, ReliabilityBin{
			From: Figure(binBound(i)), To: Figure(binBound(i + 1)), Rows: b.rows,
			Confidence: Figure(b.confidence / b.all), Accuracy: Figure(b.right / b.all),
		})
	}
	r.ECE = Figure(apart / s.all)
	return r
}
