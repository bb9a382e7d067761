package stats

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// resamples is how many samples a bootstrap draws: Efron and Tibshirani (1993), An
// Introduction to the Bootstrap, chapters 13 and 14.
const resamples = 2000

// rowGroup is rows that are the same to a statistic: one draw of any of them is
// one draw of the group. Rows are drawn within their stratum.
type rowGroup struct {
	stratum int32
	rows    int64
}

// resampler draws as many rows as there are, with replacement, stratum by stratum. It
// draws rows one by one where the groups are about as many as the rows, and else the
// number of draws of each group, so that a million rows cost no more than a few.
type resampler struct {
	groups []rowGroup // by stratum
	rng    *rand.Rand
	rowsOf []int32 // group of each row of a stratum; reused
}

// newSeededRand returns the generator of a seed. Generators of neighbouring seeds have
// nothing in common, which cannot be said of PCG.
func newSeededRand(seed uint64) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.New(rand.NewChaCha8(key))
}

// drawCounts sets how often each group is drawn.
func (r *resampler) drawCounts(counts []int64) {
	for from := 0; from < len(r.groups); {
		to := from
		var rows int64
		for to < len(r.groups) && r.groups[to].stratum == r.groups[from].stratum {
			rows += r.groups[to].rows
			to++
		}
		if rows <= 8*int64(to-from) {
			r.drawRows(counts, from, to)
		} else {
			r.drawGroups(counts, from, to, rows)
		}
		from = to
	}
}

func (r *resampler) drawRows(counts []int64, from, to int) {
	r.rowsOf = r.rowsOf[:0]
	for i := from; i < to; i++ {
		counts[i] = 0
		for range r.groups[i].rows {
			r.rowsOf = append(r.rowsOf, int32(i))
		}
	}
	for range r.rowsOf {
		counts[r.rowsOf[r.rng.IntN(len(r.rowsOf))]]++
	}
}

// drawGroups draws from the multinomial distribution: the number of draws of a group
// is binomial, given those of the groups before it.
func (r *resampler) drawGroups(counts []int64, from, to int, rows int64) {
	draws, rest := rows, rows
	for i := from; i < to; i++ {
		n := r.groups[i].rows
		if n == rest {
			counts[i] = draws
		} else {
			counts[i] = int64(distuv.Binomial{N: float64(draws), P: float64(n) / float64(rest), Src: r.rng}.Rand())
		}
		draws, rest = draws-counts[i], rest-n
	}
}

// kappaInterval is the bootstrap interval of cohenKappa. Rows are cells that also tell
// the stratum and the weight of a row: each cell has rows of one weight.
func kappaInterval(cells []weighedCell, seed uint64) (low, high float64) {
	r := &resampler{rng: newSeededRand(seed), groups: groupsOf(cells)}
	labels := int32(0)
	for _, c := range cells {
		labels = max(labels, c.gold+1, c.label+1)
	}
	gold, label := make([]float64, labels), make([]float64, labels)
	counts, drawn := make([]int64, len(cells)), make([]pairCell, len(cells))
	values := make([]float64, resamples)
	for i := range values {
		r.drawCounts(counts)
		for k, c := range cells {
			drawn[k] = pairCell{gold: c.gold, label: c.label, weight: float64(counts[k]) * c.weight}
		}
		values[i] = kappaWithMargins(drawn, gold, label)
	}
	return quantileInterval(values)
}

// weighedCell is rows of one stratum and one weight each that have a pair of values.
type weighedCell struct {
	stratum     int32
	gold, label int32
	weight      float64 // of each row
	rows        int64
}

func groupsOf(cells []weighedCell) []rowGroup {
	groups := make([]rowGroup, len(cells))
	for i, c := range cells {
		groups[i] = rowGroup{c.stratum, c.rows}
	}
	return groups
}

// accuracyDifference is the accuracy of b less that of a over the same rows, with its
// paired bootstrap interval: rows are drawn, each with both of its values. Of a cell,
// gold and label are 1 where a and b are right, else 0.
func accuracyDifference(cells []weighedCell, seed uint64) (difference, low, high float64) {
	differenceOf := func(rows func(i int) int64) float64 {
		var sum, all float64
		for i, c := range cells {
			weight := float64(rows(i)) * c.weight
			all += weight
			sum += weight * float64(c.label-c.gold)
		}
		return sum / all
	}
	r := &resampler{rng: newSeededRand(seed), groups: groupsOf(cells)}
	counts, values := make([]int64, len(cells)), make([]float64, resamples)
	for i := range values {
		r.drawCounts(counts)
		values[i] = differenceOf(func(k int) int64 { return counts[k] })
	}
	low, high = quantileInterval(values)
	return differenceOf(func(k int) int64 { return cells[k].rows }), low, high
}

// countWeighedCells groups rows that have both values by how they were drawn and values.
func countWeighedCells(gold, label []int32, drawn *rowClasses) []weighedCell {
	if !drawn.differ() {
		cells := countPairCells(gold, label, nil)
		out := make([]weighedCell, len(cells))
		for i, c := range cells {
			out[i] = weighedCell{gold: c.gold, label: c.label, weight: 1, rows: c.rows}
		}
		return out
	}
	places := newCellIndex(len(drawn.classes), gold, label)
	var out []weighedCell
	for i := range gold {
		if gold[i] < 0 || label[i] < 0 {
			continue
		}
		at := places.find(drawn.ofRow[i], gold[i], label[i])
		if at == len(out) {
			class := drawn.classes[drawn.ofRow[i]]
			out = append(out, weighedCell{stratum: class.stratum, gold: gold[i], label: label[i], weight: class.weight})
		}
		out[at].rows++
	}
	slices.SortStableFunc(out, func(a, b weighedCell) int { return int(a.stratum) - int(b.stratum) })
	return out
}

// joinWeighedCells is the pairs of values of the cells, in the order of the codes.
func joinWeighedCells(cells []weighedCell) []pairCell {
	pairs := make([]pairCell, 0, len(cells))
	for _, c := range cells {
		pairs = append(pairs, pairCell{gold: c.gold, label: c.label, rows: c.rows, weight: float64(c.rows) * c.weight})
	}
	slices.SortStableFunc(pairs, comparePairCells)
	out := pairs[:0]
	for _, p := range pairs {
		if n := len(out); n > 0 && comparePairCells(out[n-1], p) == 0 {
			out[n-1].rows += p.rows
			out[n-1].weight += p.weight
		} else {
			out = append(out, p)
		}
	}
	return out
}
