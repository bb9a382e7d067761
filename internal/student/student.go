// Package student is a linear model that learns from the labels of a language model, and
// labels rows without one. It knows the columns whose values are known beforehand: labels,
// several labels, booleans, integers of a closed range (of at most 1,000 values: see IsClosed
// of package prompt). Texts and other numbers it leaves empty. Which rows it is sure enough
// of for somebody's purpose, it leaves to others: package stats judges what JudgedRows holds.
//
// How it is trained (Train):
//
//  1. A row is the n-grams of its fields: words, pairs of words, and within a word pieces of 3 to
//     5 characters, each hashed together with its field to one of 2^20 buckets (features.go).
//  2. The rows are dealt to folds at random, equal rows to the same one. For each fold a student learns from the
//     other folds and says what it thinks of its rows, which it never saw; then one
//     learns from all rows (train.go).
//  3. A student knows the buckets of at least two of its rows. The weight of one in a row is
//     (1 + log(times)) · log(rows/rows with it), and each row is made one unit long (vocabulary.go).
//  4. A column of classes (targets.go) is a linear function for each class against all others, one for
//     two classes; a column of several labels one for each label. Each is a
//     support vector machine with squared hinge loss (solver.go), which wrong labels hurt little, as each has
//     a bounded weight and no column needs them to be separated.
//  5. What the students of the folds said becomes the calibration: with which scale, and for two classes
//     offset, the margins of the functions are probabilities (calibrate.go).
//
// Labels of fewer than MinRows rows are never given. They are one class, "other", whose
// probability counts against the confidence of what is given instead. NOT_APPLICABLE is a class
// of the gate; the other columns learn from rows where they apply, and get their defaults else.
// A gate of free text is learned as NOT_APPLICABLE or not, if MinRows rows are not applicable.
//
// All of it follows from the rows, their order and the seed: neither the number of cores nor time
// counts. Sums are in the same order each time, so a student's bytes are the same on
// machines of one architecture.
package student

import (
	"cmp"
	"math"
	"slices"

	"prism/internal/prompt"
)

// MinRows is how many rows a label must have to be given.
const MinRows = 10

// Student labels rows. It is safe for concurrent use.
type Student struct {
	Header

	// buckets are those that it knows, ascending; idf and weights belong to them.
	buckets []uint32
	idf     []float32
	weights []float32 // buckets × functions, and a last row of offsets
	index   []int32   // of a bucket in buckets, -1: unknown

	digest string // of its file, hex
}

// Header says what a student is. It is the JSON at the start of its file.
type Header struct {
	Features  int      `json:"features"` // version of the features
	Seed      uint64   `json:"seed"`
	Codebook  string   `json:"codebook"` // hash of the prompt schema
	Inputs    Inputs   `json:"inputs"`
	Trained   Trained  `json:"trained"`
	Target    float64  `json:"target"`    // that the thresholds are for
	Columns   []Column `json:"columns"`   // one a column of the schema
	Buckets   int      `json:"buckets"`   // number of known ones
	Functions int      `json:"functions"` // of all columns
}

// Trained is what a student learned from.
type Trained struct {
	Rows  int      `json:"rows"`
	Gold  int      `json:"gold"`  // rows of them that people labelled
	Files []string `json:"files"` // SHA-256, hex
}

// Column is what a student knows of a column of the schema.
type Column struct {
	Name  string      `json:"name"`
	Kind  prompt.Type `json:"kind"`
	Cells []string    `json:"cells"` // that it gives: values, of several labels the labels; none: it leaves the column empty
	Other bool        `json:"other"` // the last class is that of values that it does not give
	First int         `json:"first"` // function
	// Calibration has a scale and an offset for each function of a column of several labels, one of
	// both for a column of two classes, else a scale.
	Calibration []float64 `json:"calibration"`
	// Threshold is the confidence from which on a value is to be believed; nil: none.
	Threshold *float64 `json:"threshold"`
	Usable    bool     `json:"usable"` // there is a threshold, and the column was learned
}

// classes is how many classes the column has.
func (c *Column) classes() int {
	n := len(c.Cells)
	if c.Other {
		n++
	}
	return n
}

// functions is how many linear functions tell the classes apart.
func (c *Column) functions() int {
	n := c.classes()
	if c.Kind != prompt.TypeLabels && n <= 2 {
		return max(n-1, 0)
	}
	return n
}

// parameters is how many numbers calibrate the functions.
func (c *Column) parameters() int {
	if n := c.functions(); c.Kind == prompt.TypeLabels || n <= 1 {
		return 2 * n
	}
	return 1
}

// decide returns the value that margins speak for, and its probability in millionths. codebook
// is the column in the schema.
func (c *Column) decide(codebook *prompt.Column, margins []float64, scratch []float64) (cell string, confidence float64) {
	if c.Kind == prompt.TypeLabels {
		return c.decideLabels(codebook, margins)
	}
	p := c.probabilities(margins, scratch)
	best := 0
	for i := range c.Cells {
		if p[i] > p[best] {
			best = i
		}
	}
	return c.Cells[best], roundShare(p[best])
}

// probabilities are those of the classes, in scratch.
func (c *Column) probabilities(margins, scratch []float64) []float64 {
	p := scratch[:0]
	switch c.functions() {
	case 0:
		return append(p, 1)
	case 1:
		first := sigmoid(c.Calibration[0]*margins[0] + c.Calibration[1])
		return append(p, first, 1-first)
	}
	for _, m := range margins {
		p = append(p, c.Calibration[0]*m)
	}
	softmax(p)
	return p
}

// decideLabels returns the labels that are more likely than not, at most as many as a row
// may have, and the probability that these and no others are right.
func (c *Column) decideLabels(codebook *prompt.Column, margins []float64) (cell string, confidence float64) {
	type given struct {
		label string
		p     float64
	}
	var labels []given
	confidence = 1
	for i, m := range margins {
		p := sigmoid(c.Calibration[2*i]*m + c.Calibration[2*i+1])
		if i < len(c.Cells) && p >= 0.5 {
			labels = append(labels, given{c.Cells[i], p})
			continue
		}
		confidence *= 1 - p
	}
	slices.SortStableFunc(labels, func(a, b given) int { return cmp.Compare(b.p, a.p) })
	var chosen []string
	for i, l := range labels {
		if i < codebook.MaxItems {
			confidence *= l.p
			chosen = append(chosen, l.label)
		} else {
			confidence *= 1 - l.p
		}
	}
	slices.SortFunc(chosen, func(a, b string) int { return slices.Index(c.Cells, a) - slices.Index(c.Cells, b) })
	return prompt.LabelsCell(chosen), roundShare(confidence)
}

// roundShare rounds to millionths, as confidences are written: so what is compared with a
// threshold is the same everywhere.
func roundShare(p float64) float64 {
	const unit = 1e6
	return math.Round(p*unit) / unit
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softmax makes scores probabilities.
func softmax(x []float64) {
	most := slices.Max(x)
	sum := 0.0
	for i := range x {
		x[i] = math.Exp(x[i] - most)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}
