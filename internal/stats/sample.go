package stats

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// allocateSample tells how many of n rows to draw of each stratum, by the sizes of the
// strata: one of each at least and none more than it has; the others by the square
// roots of the sizes, so that rare labels are told of too: Bankier (1988), Power
// allocations, The American Statistician 42. With fewer rows than n all are drawn.
func allocateSample(sizes []int64, n int64) []int64 {
	drawn := make([]int64, len(sizes))
	var all int64
	for _, size := range sizes {
		all += size
	}
	if n >= all {
		copy(drawn, sizes)
		return drawn
	}
	rest := n
	for i := range sizes {
		drawn[i] = 1
		rest--
	}
	for rest > 0 { // strata that are used up leave their share to the others
		var roots float64
		for i, size := range sizes {
			if drawn[i] < size {
				roots += math.Sqrt(float64(size))
			}
		}
		type remainder struct {
			stratum int
			part    float64
		}
		var parts []remainder
		given := int64(0)
		for i, size := range sizes {
			if drawn[i] == size {
				continue
			}
			want := float64(rest) * math.Sqrt(float64(size)) / roots
			whole := min(int64(want), size-drawn[i])
			drawn[i] += whole
			given += whole
			if drawn[i] < size {
				parts = append(parts, remainder{i, want - float64(whole)})
			}
		}
		rest -= given
		slices.SortStableFunc(parts, func(a, b remainder) int { return cmp.Compare(b.part, a.part) })
		for _, p := range parts[:min(rest, int64(len(parts)))] {
			drawn[p.stratum]++
			rest--
		}
	}
	return drawn
}

// allocateByNeed tells how many of n rows to draw of each stratum: in proportion to what each
// needs, but least of each at least, or all that it has: Neyman (1934), On the two different
// aspects of the representative method, JRSS 97, where the need is the rows of a stratum times
// their standard deviation. Needs are above 0, and n is enough for the least of all strata. With fewer rows than n all
// are drawn.
func allocateByNeed(sizes []int64, needs []float64, n, least int64) []int64 {
	var all int64
	for _, size := range sizes {
		all += size
	}
	if n >= all {
		return slices.Clone(sizes)
	}
	shares := make([]float64, len(sizes))
	allocate := func(perNeed float64) (sum float64) {
		for i, size := range sizes {
			shares[i] = min(max(perNeed*needs[i], float64(min(least, size))), float64(size))
			sum += shares[i]
		}
		return sum
	}
	low, high := 0.0, 1.0
	for allocate(high) < float64(n) {
		high *= 2
	}
	for range 100 { // more halvings than a number has digits
		if middle := (low + high) / 2; allocate(middle) < float64(n) {
			low = middle
		} else {
			high = middle
		}
	}
	allocate(high)
	return roundShares(shares, sizes, n)
}

// roundShares rounds shares, whose sum is n, to whole rows: the largest remainders up.
func roundShares(shares []float64, sizes []int64, n int64) []int64 {
	drawn, places := make([]int64, len(shares)), make([]int, len(shares))
	for i, share := range shares {
		drawn[i] = int64(share + 1e-9)
		n -= drawn[i]
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int {
		return cmp.Compare(shares[b]-float64(drawn[b]), shares[a]-float64(drawn[a]))
	})
	for k := 0; n > 0; k = (k + 1) % len(places) {
		if i := places[k]; drawn[i] < sizes[i] {
			drawn[i]++
			n--
		}
	}
	return drawn
}

// drawPlaces draws n of so many places at random, without replacement, in ascending
// order: Vitter (1984), Faster methods for random sampling, CACM 27, method A's idea.
func drawPlaces(rng *rand.Rand, places, n int64) []int64 {
	drawn := make([]int64, 0, n)
	for at := int64(0); at < places && n > 0; at++ {
		if rng.Int64N(places-at) < n {
			drawn = append(drawn, at)
			n--
		}
	}
	return drawn
}

// sample is rows of a population of results, drawn at random.
type sample struct {
	sizes   []int64 // rows of each stratum
	drawn   []int64 // of these, those that are in the sample
	wanted  [][]int64
	seen    []int64 // rows of each stratum that were met so far
	nextOne []int
}

// TooFewForStrataError reports that a sample has fewer rows than there are strata.
type TooFewForStrataError struct{ Rows, Strata int64 }

func (e *TooFewForStrataError) Error() string {
	return fmt.Sprintf("%d rows cannot represent %d different values", e.Rows, e.Strata)
}

// newSample draws so many rows of each stratum of these sizes, at random.
func newSample(sizes, drawn []int64, seed uint64) *sample {
	s := &sample{sizes: sizes, drawn: drawn, seen: make([]int64, len(sizes)), nextOne: make([]int, len(sizes))}
	rng := newSeededRand(seed)
	for i, size := range sizes {
		s.wanted = append(s.wanted, drawPlaces(rng, size, s.drawn[i]))
	}
	return s
}

// take reports whether the next row of a stratum is in the sample.
func (s *sample) take(stratum int32) bool {
	at := s.seen[stratum]
	s.seen[stratum]++
	next := s.nextOne[stratum]
	if next == len(s.wanted[stratum]) || s.wanted[stratum][next] != at {
		return false
	}
	s.nextOne[stratum]++
	return true
}

// probability is that with which each row of a stratum was drawn.
func (s *sample) probability(stratum int32) float64 {
	return float64(s.drawn[stratum]) / float64(s.sizes[stratum])
}
