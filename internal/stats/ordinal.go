package stats

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// meanAbsoluteError is the mean distance of two slices of numbers. Weights may be nil.
func meanAbsoluteError(x, y, weights []float64) float64 {
	distance := make([]float64, len(x))
	for i := range x {
		distance[i] = math.Abs(x[i] - y[i])
	}
	return stat.Mean(distance, weights)
}

// quadraticKappa is Cohen's kappa with weights that grow with the square of the
// distance of two values: Cohen (1968), Weighted kappa, Psychol. Bull. 70. For numbers
// it needs no table: chance is the mean squared distance of all pairs of values,
// which means and variances give. It is undefined where all values are the same.
func quadraticKappa(x, y, weights []float64) float64 {
	squares := make([]float64, len(x))
	for i := range x {
		squares[i] = (x[i] - y[i]) * (x[i] - y[i])
	}
	mx, vx := stat.PopMeanVariance(x, weights)
	my, vy := stat.PopMeanVariance(y, weights)
	chance := vx + vy + (mx-my)*(mx-my)
	if !(chance > 0) {
		return math.NaN()
	}
	return 1 - stat.Mean(squares, weights)/chance
}

// spearman is the correlation of ranks; ties share the mean of their ranks. It is
// undefined where one side has one value throughout.
func spearman(x, y, weights []float64) float64 {
	r := stat.Correlation(midRanks(x, weights), midRanks(y, weights), weights)
	if math.IsInf(r, 0) {
		return math.NaN()
	}
	return min(1, max(-1, r))
}

// midRanks is the rank of each value: the weight of the smaller ones and half of the
// weight of those equal to it. Without weights that is the usual mean rank less a half.
func midRanks(values, weights []float64) []float64 {
	ranks := make([]float64, len(values))
	totals := totalOfEach(values, weights)
	if totals == nil {
		rankBySorting(ranks, values, weights)
		return ranks
	}
	var below float64
	for _, v := range slices.Sorted(maps.Keys(totals)) {
		weight := totals[v]
		totals[v] = below + weight/2
		below += weight
	}
	for i, v := range values {
		ranks[i] = totals[v]
	}
	return ranks
}

// maxTotals is how many different values are ranked by their totals.
const maxTotals = 4096

// totalOfEach is the weight of each different value; nil if there are many. Scores are few.
func totalOfEach(values, weights []float64) map[float64]float64 {
	totals := map[float64]float64{}
	for i, v := range values {
		if weights == nil {
			totals[v]++
		} else {
			totals[v] += weights[i]
		}
		if len(totals) > maxTotals {
			return nil
		}
	}
	return totals
}

func rankBySorting(ranks, values, weights []float64) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	var below float64
	for from := 0; from < len(order); {
		to, weight := from, 0.0
		for to < len(order) && values[order[to]] == values[order[from]] {
			if weights == nil {
				weight++
			} else {
				weight += weights[order[to]]
			}
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = below + weight/2
		}
		below += weight
		from = to
	}
}
