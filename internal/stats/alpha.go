package stats

import "math"

// Krippendorff's alpha is the agreement of any number of raters beyond chance, with
// missing values: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
// Alpha is 1 - observed/expected disagreement. Rows that fewer than two raters have
// say nothing. It is undefined where all values are the same, or none can be compared.

// nominalAlpha is alpha of codes, raters × rows: two values agree or do not.
func nominalAlpha(codes [][]int32) float64 {
	if len(codes) == 0 {
		return math.NaN()
	}
	var totals []float64 // of each code, in rows that can be compared
	var observed, all float64
	row := make([]int32, 0, len(codes))
	for i := range codes[0] {
		row = row[:0]
		for _, c := range codes {
			if c[i] >= 0 {
				row = append(row, c[i])
			}
		}
		if len(row) < 2 {
			continue
		}
		different := 0
		for k, a := range row {
			for int(a) >= len(totals) {
				totals = append(totals, 0)
			}
			totals[a]++
			for _, b := range row[:k] {
				if a != b {
					different += 2
				}
			}
		}
		observed += float64(different) / float64(len(row)-1)
		all += float64(len(row))
	}
	expected := all * all
	for _, n := range totals {
		expected -= n * n
	}
	return alphaOf(observed, expected, all)
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
