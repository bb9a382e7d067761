package stats

import (
	"cmp"
	"math"
	"slices"
)

// noCode stands for a missing value in slices of codes. Codes count from 0.
const noCode = -1

// pairCell is the rows that have one value in one slice of codes and one in another.
// Where the first slice is gold it is called so.
type pairCell struct {
	gold, label int32
	rows        int64
	weight      float64 // sum over the rows
}

// countPairCells counts the pairs of two slices of codes in rows that have both, in
// the order of the codes. Without weights every row weighs 1.
func countPairCells(gold, label []int32, weights []float64) []pairCell {
	places := newCellIndex(1, gold, label)
	var cells []pairCell
	for i, g := range gold {
		l := label[i]
		if g < 0 || l < 0 {
			continue
		}
		at := places.find(0, g, l)
		if at == len(cells) {
			cells = append(cells, pairCell{gold: g, label: l})
		}
		c := &cells[at]
		c.rows++
		if weights == nil {
			c.weight++
		} else {
			c.weight += weights[i]
		}
	}
	slices.SortFunc(cells, comparePairCells)
	return cells
}

// cellIndex numbers combinations of a class and two codes, in the order in which they
// first come.
type cellIndex struct {
	labels int64           // above every code
	dense  []int32         // 1 + number, by combination; nil: there are too many combinations
	sparse map[int64]int32 // the same
	n      int32
}

// maxDenseCells is how many combinations a table of all may have.
const maxDenseCells = 1 << 18

func newCellIndex(classes int, gold, label []int32) *cellIndex {
	x := &cellIndex{}
	for i := range gold {
		x.labels = max(x.labels, int64(gold[i])+1, int64(label[i])+1)
	}
	if n := int64(classes) * x.labels * x.labels; n <= maxDenseCells {
		x.dense = make([]int32, n)
	} else {
		x.sparse = map[int64]int32{}
	}
	return x
}

// find returns the number of a combination, the next one if it is new.
func (x *cellIndex) find(class, gold, label int32) int {
	key := (int64(class)*x.labels+int64(gold))*x.labels + int64(label)
	if x.dense == nil {
		return x.findSparse(key)
	}
	at := x.dense[key]
	if at == 0 {
		x.n++
		at = x.n
		x.dense[key] = at
	}
	return int(at - 1)
}

func (x *cellIndex) findSparse(key int64) int {
	at, known := x.sparse[key]
	if !known {
		x.n++
		at = x.n
		x.sparse[key] = at
	}
	return int(at - 1)
}

func comparePairCells(a, b pairCell) int {
	return cmp.Or(cmp.Compare(a.gold, b.gold), cmp.Compare(a.label, b.label))
}

// accuracyOf is the weighted share of rows in which both values are equal.
func accuracyOf(cells []pairCell) float64 {
	var equal, all float64
	for _, c := range cells {
		all += c.weight
		if c.gold == c.label {
			equal += c.weight
		}
	}
	return equal / all
}

// cohenKappa is the agreement beyond chance: Cohen (1960), A coefficient of agreement
// for nominal scales, Educ. Psychol. Meas. 20. It is undefined where both sides
// have one and the same value throughout.
func cohenKappa(cells []pairCell) float64 {
	labels := int32(0)
	for _, c := range cells {
		labels = max(labels, c.gold+1, c.label+1)
	}
	return kappaWithMargins(cells, make([]float64, labels), make([]float64, labels))
}

// kappaWithMargins is cohenKappa with memory for the sums of each code.
func kappaWithMargins(cells []pairCell, gold, label []float64) float64 {
	clear(gold)
	clear(label)
	var all, equal float64
	for _, c := range cells {
		all += c.weight
		gold[c.gold] += c.weight
		label[c.label] += c.weight
		if c.gold == c.label {
			equal += c.weight
		}
	}
	var chance float64
	for i := range gold {
		chance += gold[i] * label[i]
	}
	chance /= all * all
	if !(chance < 1) {
		return math.NaN()
	}
	return (equal/all - chance) / (1 - chance)
}

// labelScore is how well one label is found. Its sums are weighted, support is not.
type labelScore struct {
	code    int32
	support int64   // rows that have it in gold
	hits    float64 // rows that have it in both
	gold    float64 // rows that have it in gold
	label   float64 // rows that are labelled so
}

// precision is the share of the rows labelled so that have the label in gold.
func (s *labelScore) precision() float64 { return s.hits / s.label }

// recall is the share of the rows that have it in gold that are labelled so.
func (s *labelScore) recall() float64 { return s.hits / s.gold }

// f1 is the harmonic mean of precision and recall; 0 where there is no hit.
func (s *labelScore) f1() float64 { return f1Of(s.hits, s.gold, s.label) }

func f1Of(hits, gold, label float64) float64 {
	if hits == 0 {
		return 0
	}
	return 2 * hits / (gold + label)
}

// scoreLabels scores the labels that either side has, in the order of their codes.
// Sets, if not nil, are the labels of a code that stands for several.
func scoreLabels(cells []pairCell, sets [][]int32) []labelScore {
	byCode := map[int32]*labelScore{}
	scoreOf := func(code int32) *labelScore {
		if byCode[code] == nil {
			byCode[code] = &labelScore{code: code}
		}
		return byCode[code]
	}
	for _, c := range cells {
		gold, label := []int32{c.gold}, []int32{c.label}
		if sets != nil {
			gold, label = sets[c.gold], sets[c.label]
		}
		for _, code := range gold {
			s := scoreOf(code)
			s.support += c.rows
			s.gold += c.weight
			if slices.Contains(label, code) {
				s.hits += c.weight
			}
		}
		for _, code := range label {
			scoreOf(code).label += c.weight
		}
	}
	scores := make([]labelScore, 0, len(byCode))
	for _, s := range byCode {
		scores = append(scores, *s)
	}
	slices.SortFunc(scores, func(a, b labelScore) int { return cmp.Compare(a.code, b.code) })
	return scores
}

// macroF1 is the mean of F1 over labels.
func macroF1(scores []labelScore) float64 {
	var sum float64
	for i := range scores {
		sum += scores[i].f1()
	}
	return sum / float64(len(scores))
}

// microF1 is F1 over all labels of all rows together. Where no row has any it is
// undefined.
func microF1(scores []labelScore) float64 {
	var hits, gold, label float64
	for _, s := range scores {
		hits, gold, label = hits+s.hits, gold+s.gold, label+s.label
	}
	if gold+label == 0 {
		return math.NaN()
	}
	return f1Of(hits, gold, label)
}

// meanJaccard is the mean over rows of the labels that both sides have, divided by the
// labels that either has (Jaccard 1912); rows where neither has one count as 1.
func meanJaccard(cells []pairCell, sets [][]int32) float64 {
	var sum, all float64
	for _, c := range cells {
		gold, label := sets[c.gold], sets[c.label]
		both := 0
		for _, code := range gold {
			if slices.Contains(label, code) {
				both++
			}
		}
		share := 1.0
		if either := len(gold) + len(label) - both; either > 0 {
			share = float64(both) / float64(either)
		}
		sum += share * c.weight
		all += c.weight
	}
	return sum / all
}
