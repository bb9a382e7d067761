package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Krippendorff's alpha is the agreement of any number of raters beyond chance, with
// missing values: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
// Alpha is 1 - observed/expected disagreement. Rows that fewer than two raters have
// say nothing. It is undefined where all values are the same, or none can be compared.

// nominalAlpha is alpha of codes, raters × rows: two values agree or do not.
func nominalAlpha(codes [][]int32) float64 {
	totals := comparableTotals(codes, nil)
	var observed float64
	row := make([]int32, 0, len(codes))
	for i := range rowsOf(codes) {
		row = comparableCodes(row[:0], codes, i, nil)
		different := 0
		for k, a := range row {
			for _, b := range row[:k] {
				if a != b {
					different += 2
				}
			}
		}
		if different > 0 {
			observed += float64(different) / float64(len(row)-1)
		}
	}
	var all, equal float64
	for _, n := range totals {
		all += n
		equal += n * n
	}
	return alphaOf(observed, all*all-equal, all)
}

func rowsOf(codes [][]int32) int {
	if len(codes) == 0 {
		return 0
	}
	return len(codes[0])
}

// comparableCodes appends the codes that a row has, if there are two at least. Numbers, if
// not nil, are the values of the codes, NaN being a missing one.
func comparableCodes(dst []int32, codes [][]int32, row int, numbers []float64) []int32 {
	for _, rater := range codes {
		if c := rater[row]; c >= 0 && (numbers == nil || !math.IsNaN(numbers[c])) {
			dst = append(dst, c)
		}
	}
	if len(dst) < 2 {
		return dst[:0]
	}
	return dst
}

// comparableTotals is the number of values of each code in rows that can be compared.
func comparableTotals(codes [][]int32, numbers []float64) []float64 {
	highest := int32(noCode)
	for _, rater := range codes {
		for _, c := range rater {
			highest = max(highest, c)
		}
	}
	totals := make([]float64, highest+1)
	row := make([]int32, 0, len(codes))
	for i := range rowsOf(codes) {
		row = comparableCodes(row[:0], codes, i, numbers)
		for _, c := range row {
			totals[c]++
		}
	}
	return totals
}

// codedAlpha is intervalAlpha, or ordinalAlpha, of codes that stand for numbers.
func codedAlpha(codes [][]int32, numbers []float64, ordinal bool) float64 {
	totals := comparableTotals(codes, numbers)
	values := slices.Clone(numbers[:len(totals)])
	for c := range values {
		if totals[c] == 0 {
			values[c] = 0 // no row has it
		}
	}
	if ordinal {
		values = midRanks(values, totals)
	}
	var observed float64
	row, distances := make([]int32, 0, len(codes)), make([]float64, 0, len(codes))
	for i := range rowsOf(codes) {
		row, distances = comparableCodes(row[:0], codes, i, numbers), distances[:0]
		for _, c := range row {
			distances = append(distances, values[c])
		}
		if len(row) > 0 {
			observed += 2 * float64(len(row)) * squaresAroundMean(distances) / float64(len(row)-1)
		}
	}
	var known, weights []float64
	var all float64
	for c, n := range totals {
		if n > 0 {
			known, weights, all = append(known, values[c]), append(weights, n), all+n
		}
	}
	_, variance := stat.PopMeanVariance(known, weights)
	return alphaOf(observed, 2*all*all*variance, all)
}

// alphaOf is alpha from the sums of the observed disagreement, over all rows, and of
// the expected one, over all ordered pairs of values.
func alphaOf(observed, expected, values float64) float64 {
	if !(expected > 0) {
		return math.NaN()
	}
	return 1 - (values-1)*observed/expected
}

// intervalAlpha is alpha of numbers, raters × rows, NaN being a missing value: two
// values differ by the square of their distance.
func intervalAlpha(numbers [][]float64) float64 {
	values, owners := comparableValues(numbers)
	return squaredAlpha(values, owners)
}

// ordinalAlpha is alpha of numbers of which only the order counts. The ordinal
// distance of two values, the values between them with half of those equal to them,
// is the distance of their middle ranks.
func ordinalAlpha(numbers [][]float64) float64 {
	values, owners := comparableValues(numbers)
	return squaredAlpha(midRanks(values, nil), owners)
}

// comparableValues lists the values of rows that two raters have at least, row after
// row, and the number of values of each such row.
func comparableValues(numbers [][]float64) (values []float64, perRow []int) {
	if len(numbers) == 0 {
		return nil, nil
	}
	for i := range numbers[0] {
		from := len(values)
		for _, rater := range numbers {
			if !math.IsNaN(rater[i]) {
				values = append(values, rater[i])
			}
		}
		if len(values)-from < 2 {
			values = values[:from]
			continue
		}
		perRow = append(perRow, len(values)-from)
	}
	return values, perRow
}

// squaredAlpha is alpha with squared distances. The sum of the squared distances of
// all ordered pairs of n values is 2n times their squared distance from the mean.
func squaredAlpha(values []float64, perRow []int) float64 {
	var observed float64
	rest := values
	for _, n := range perRow {
		observed += 2 * float64(n) * squaresAroundMean(rest[:n]) / float64(n-1)
		rest = rest[n:]
	}
	all := float64(len(values))
	return alphaOf(observed, 2*all*squaresAroundMean(values), all)
}

func squaresAroundMean(values []float64) float64 {
	var mean, sum float64
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum
}
