package stats

import "math"

// stratumSample is the rows of one stratum: how many there are, and which of them people
// labelled.
type stratumSample struct {
	size float64 // all rows of the stratum
	rows []int
}

// meanOfDifferences estimates the mean over all rows of a difference that is known for
// sampled rows, and the variance of that estimate: the difference estimator with
// stratified random sampling, Särndal, Swensson and Wretman (1992), Model Assisted Survey
// Sampling, sections 3.7 and 6.3; Angelopoulos et al. (2023), Prediction-powered inference,
// Science 382, for labels of a model. A stratum of one sampled row has the variance of all.
func meanOfDifferences(strata []stratumSample, differenceOf func(row int) float64) (mean, variance float64) {
	var all float64
	var known []float64
	for _, s := range strata {
		if len(s.rows) > 0 {
			all += s.size
		}
		for _, row := range s.rows {
			known = append(known, differenceOf(row))
		}
	}
	_, pooled := meanVariance(known)
	for _, s := range strata {
		n := float64(len(s.rows))
		if n == 0 {
			continue
		}
		m, v := meanVariance(known[:len(s.rows)])
		known = known[len(s.rows):]
		if n == 1 {
			v = pooled
		}
		share := s.size / all
		mean += share * m
		variance += share * share * max(0, 1-n/s.size) * v / n
	}
	return mean, variance
}

// meanVariance is the mean and the variance, with n-1, of values; 0 for the variance of one.
func meanVariance(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / max(1, float64(len(values)-1))
}

// shareInterval is the 95% interval of a share that is corrected by the mean of
// differences of -1, 0 and 1. Mistakes in one direction are often few, and then their
// number is not normally distributed: Wilson's intervals of the share of rows to add and
// of those to take away are combined, with their correlation: Zou and Donner (2008),
// Construction of confidence limits about effect measures, Statist. Med. 27.
func shareInterval(labelled float64, strata []stratumSample, differenceOf func(row int) float64) (corrected, low, high float64) {
	more, moreLow, moreHigh := directedShare(strata, func(row int) bool { return differenceOf(row) > 0 })
	less, lessLow, lessHigh := directedShare(strata, func(row int) bool { return differenceOf(row) < 0 })
	correlation := -math.Sqrt(more * less / ((1 - more) * (1 - less)))
	if math.IsNaN(correlation) || math.IsInf(correlation, 0) {
		correlation = -1
	}
	combine := func(a, b float64) float64 { return math.Sqrt(max(0, a*a+b*b-2*correlation*a*b)) }
	corrected = labelled + more - less
	return corrected, corrected - combine(more-moreLow, lessHigh-less), corrected + combine(moreHigh-more, less-lessLow)
}

// directedShare is the share of rows that are so, with its interval. The number of rows
// that Wilson's formula takes is that of a simple random sample with the same variance.
func directedShare(strata []stratumSample, isSo func(row int) bool) (share, low, high float64) {
	share, variance := meanOfDifferences(strata, func(row int) float64 {
		if isSo(row) {
			return 1
		}
		return 0
	})
	n := share * (1 - share) / variance
	if !(variance > 0) {
		n = 1 / unitVariance(strata)
	}
	if math.IsInf(n, 1) || n > math.MaxInt64 { // all rows are sampled
		return share, share, share
	}
	low, high = wilsonInterval(share, n)
	return share, min(low, share), max(high, share)
}

// unitVariance is the variance of the mean of values whose variance is 1 in every stratum.
func unitVariance(strata []stratumSample) (variance float64) {
	var all float64
	for _, s := range strata {
		if len(s.rows) > 0 {
			all += s.size
		}
	}
	for _, s := range strata {
		if n := float64(len(s.rows)); n > 0 {
			variance += s.size / all * s.size / all * max(0, 1-n/s.size) / n
		}
	}
	return variance
}

// RowsNeeded is how many rows, drawn at random out of all, give a share a 95% interval of
// this half-width at most: Cochran (1977), Sampling Techniques, section 4.4, for a share
// of one half, the worst case. With 0 for all the number of rows is not bounded.
func RowsNeeded(halfWidth float64, all int64) int64 {
	n := normal95 * normal95 / 4 / (halfWidth * halfWidth)
	if all > 0 {
		n /= 1 + (n-1)/float64(all)
	}
	return int64(math.Ceil(n - 1e-9))
}
