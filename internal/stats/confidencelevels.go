package stats

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// judgedRow is a row with a confidence and whether it is right.
type judgedRow struct {
	confidence float64 // 0 to 1
	class      int32   // of its weight
	isRight    bool
}

// confidenceLevel is all rows of one confidence.
type confidenceLevel struct {
	confidence            float64
	rows                  int64
	right, wrong, squares float64 // weights of the right rows and of the wrong ones, squared weights of all
}

// sortLevels sorts the rows it was given, and returns their levels, the highest confidence first.
// weights are by class.
func sortLevels(rows []judgedRow, weights []float64) iter.Seq[confidenceLevel] {
	slices.SortFunc(rows, func(a, b judgedRow) int { return cmp.Compare(b.confidence, a.confidence) })
	return func(yield func(confidenceLevel) bool) {
		for from := 0; from < len(rows); {
			l := confidenceLevel{confidence: rows[from].confidence}
			for ; from < len(rows) && rows[from].confidence == l.confidence; from++ {
				w := weights[rows[from].class]
				l.rows++
				l.squares += w * w
				if rows[from].isRight {
					l.right += w
				} else {
					l.wrong += w
				}
			}
			if !yield(l) {
				return
			}
		}
	}
}

// Many rows of one weight, whose confidences have six decimals as prism-classify writes them, are
// counted by confidence: a million in an eighth of the time and half of the memory that sorting
// them takes.
const (
	manyRows   = 1 << 16
	millionths = 1_000_000
)

// countLevels returns the levels of such rows, the highest confidence first.
func countLevels(rows iter.Seq[judgedRow]) iter.Seq[confidenceLevel] {
	counts := make([]struct{ right, wrong int32 }, millionths+1)
	for j := range rows {
		if c := &counts[millionthsOf(j.confidence)]; j.isRight {
			c.right++
		} else {
			c.wrong++
		}
	}
	return func(yield func(confidenceLevel) bool) {
		for i := millionths; i >= 0; i-- {
			c := counts[i]
			if c.right+c.wrong == 0 {
				continue
			}
			l := confidenceLevel{confidence: float64(i) / millionths, rows: int64(c.right + c.wrong), right: float64(c.right), wrong: float64(c.wrong)}
			l.squares = l.right + l.wrong
			if !yield(l) {
				return
			}
		}
	}
}

// millionthsOf is a confidence in millionths, rounded.
func millionthsOf(confidence float64) int { return int(confidence*millionths + 0.5) }

// areMillionths reports whether all confidences are whole millionths; NaN stands for a row without one.
func areMillionths(confidences []float64) bool {
	for _, c := range confidences {
		if !math.IsNaN(c) && float64(millionthsOf(c))/millionths != c {
			return false
		}
	}
	return true
}
