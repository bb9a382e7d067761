package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// normal95 is the quantile of the normal distribution for intervals of 95%.
var normal95 = distuv.UnitNormal.Quantile(0.975)

// wilsonInterval is the 95% interval of a share p of n rows: Wilson (1927), Probable
// inference, the law of succession, and statistical inference, JASA 22. n need not be
// whole: of weighted rows it is their effective number. Without rows it is undefined.
func wilsonInterval(p, n float64) (low, high float64) {
	if n <= 0 || math.IsNaN(p) {
		return math.NaN(), math.NaN()
	}
	z2 := normal95 * normal95
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := normal95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}

// effectiveRows is the effective number of the rows of these cells.
func effectiveRows(cells []weighedCell) float64 {
	var sum, squares float64
	for _, c := range cells {
		sum += float64(c.rows) * c.weight
		squares += float64(c.rows) * c.weight * c.weight
	}
	return effectiveNumber(sum, squares)
}

// effectiveNumber is how many rows of equal weight tell as much as rows with this sum of weights
// and of their squares: Kish (1965), Survey Sampling, section 11.7.
func effectiveNumber(sum, squares float64) float64 {
	if squares == 0 {
		return 0
	}
	return sum * sum / squares
}

// mcnemarExact is the two-sided p of McNemar's test, exact: of b+c rows where one of
// two raters alone is right, b for the one and c for the other, each side has the
// chance of a coin. It is 1 without such rows.
func mcnemarExact(b, c int64) float64 {
	if b == c {
		return 1
	}
	coin := distuv.Binomial{N: float64(b + c), P: 0.5}
	return min(1, 2*coin.CDF(float64(min(b, c))))
}

// quantileInterval is the middle 95% of values, which it sorts; NaNs are left out. It
// is undefined where fewer than half of the values are defined. Quantiles are those of
// Hyndman and Fan (1996), type 7.
func quantileInterval(values []float64) (low, high float64) {
	all := len(values)
	values = slices.DeleteFunc(values, math.IsNaN)
	if len(values) == 0 || 2*len(values) < all {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	quantile := func(p float64) float64 {
		at := p * float64(len(values)-1)
		i := int(at)
		next := values[min(i+1, len(values)-1)]
		return values[i] + (at-float64(i))*(next-values[i])
	}
	return quantile(0.025), quantile(0.975)
}
