package stats

import (
	"cmp"
	"math"
	"slices"
)

// Numbers describes the values of an integer or number column. Quantiles are values that
// rows have: the least one that so many rows do not exceed. Of a column with more values than
// are counted separately, quantiles and bins are within QuantileError of a value; the count,
// the mean, the least and the greatest are exact.
type Numbers struct {
	Count     int64       `json:"count"` // rows with a number
	Mean      float64     `json:"mean"`
	Min       float64     `json:"min"`
	P25       float64     `json:"p25"`
	Median    float64     `json:"median"`
	P75       float64     `json:"p75"`
	Max       float64     `json:"max"`
	Histogram []NumberBin `json:"histogram"` // in order, without gaps; empty if the numbers are too far apart
}

// numberRows is a number and the rows that have it.
type numberRows struct {
	value float64
	rows  int64
}

// describeNumbers returns nil if no row has a number. The default of rows that are not
// applicable is none where it is beyond the bounds: it only marks them.
func (c *column) describeNumbers() *Numbers {
	if c.manyNumbers != nil {
		return c.manyNumbers.describe()
	}
	var all []numberRows
	for _, t := range c.tallies {
		if v, ok := parseNumber(t.text); ok && t.count > 0 && t.text != c.marker {
			all = append(all, numberRows{v, t.count})
		}
	}
	return describeSorted(sortNumbers(all))
}

func sortNumbers(all []numberRows) []numberRows {
	slices.SortFunc(all, func(a, b numberRows) int { return cmp.Compare(a.value, b.value) })
	return all
}

// describeSorted describes numbers in ascending order; nil if there are none.
func describeSorted(all []numberRows) *Numbers {
	if len(all) == 0 {
		return nil
	}
	n := &Numbers{Min: all[0].value, Max: all[len(all)-1].value}
	sum := 0.0
	for _, t := range all {
		n.Count += t.rows
		sum += t.value * float64(t.rows)
	}
	quantile := func(share float64) float64 {
		var rows int64
		for _, t := range all {
			if rows += t.rows; float64(rows) >= share*float64(n.Count) {
				return t.value
			}
		}
		return n.Max
	}
	n.Mean = sum / float64(n.Count)
	n.P25, n.Median, n.P75 = quantile(0.25), quantile(0.5), quantile(0.75)
	n.Histogram = binNumbers(all, n.Min, n.Max)
	return n
}

// numberSketch counts the numbers of a column that has more different ones than are counted
// separately: in buckets that grow by a constant factor, as latencySketch does, on both sides
// of 0.
type numberSketch struct {
	count    int64
	sum      float64
	min, max float64
	zeros    int64
	buckets  [2]map[int32]int64 // of positive and of negative numbers, by the logarithm of their size
}

func newNumberSketch() *numberSketch {
	return &numberSketch{min: math.Inf(1), max: math.Inf(-1), buckets: [2]map[int32]int64{{}, {}}}
}

func (s *numberSketch) addNumber(v float64, rows int64) {
	s.count += rows
	s.sum += v * float64(rows)
	s.min, s.max = min(s.min, v), max(s.max, v)
	side := 0
	switch {
	case v == 0:
		s.zeros += rows
		return
	case v < 0:
		side = 1
	}
	s.buckets[side][int32(math.Ceil(math.Log(math.Abs(v))/math.Log(growth)))] += rows
}

// describe stands in for the numbers of a bucket with one that is within QuantileError of all.
func (s *numberSketch) describe() *Numbers {
	if s.count == 0 {
		return nil
	}
	var all []numberRows
	if s.zeros > 0 {
		all = append(all, numberRows{0, s.zeros})
	}
	for side, buckets := range s.buckets {
		for i, rows := range buckets {
			v := math.Pow(growth, float64(i)) * (1 - QuantileError)
			if side == 1 {
				v = -v
			}
			all = append(all, numberRows{min(max(v, s.min), s.max), rows})
		}
	}
	n := describeSorted(sortNumbers(all))
	n.Mean, n.Min, n.Max = s.sum/float64(s.count), s.min, s.max
	n.Histogram = binNumbers(all, s.min, s.max)
	return n
}
