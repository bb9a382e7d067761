package stats

import (
	"cmp"
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
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
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
	return ranks
}
