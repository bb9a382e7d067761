package stats

import (
	"math"
	"slices"
	"testing"
)

// naiveKappaInterval draws rows one by one.
func naiveKappaInterval(a, b []int32, seed uint64) (low, high float64) {
	rng := newSeededRand(seed)
	values := make([]float64, resamples)
	for i := range values {
		var x, y []int32
		for range a {
			k := rng.IntN(len(a))
			x, y = append(x, a[k]), append(y, b[k])
		}
		values[i] = cohenKappa(countPairCells(x, y, nil))
	}
	return quantileInterval(values)
}

// Drawing groups of equal rows gives the intervals that drawing rows does.
func TestKappaIntervalIsThatOfDrawnRows(t *testing.T) {
	for _, rows := range []int{15, 60, 600} {
		a, b := randomRatings(newSeededRand(uint64(rows)), rows, 3, 0.7)
		low, high := kappaInterval(countWeighedCells(a, b, nil), 1)
		wantLow, wantHigh := naiveKappaInterval(a, b, 2)
		near := 0.15 * (wantHigh - wantLow)
		if math.Abs(low-wantLow) > near || math.Abs(high-wantHigh) > near {
			t.Errorf("%d rows: got %.3f to %.3f, rows drawn one by one %.3f to %.3f", rows, low, high, wantLow, wantHigh)
		}
	}
}

func TestKappaIntervalDependsOnTheSeedAlone(t *testing.T) {
	a, b := randomRatings(newSeededRand(9), 300, 4, 0.6)
	cells := countWeighedCells(a, b, nil)
	low, high := kappaInterval(cells, 1)
	again, againHigh := kappaInterval(cells, 1)
	other, otherHigh := kappaInterval(cells, 2)
	if low != again || high != againHigh {
		t.Errorf("the same seed: %v to %v, then %v to %v", low, high, again, againHigh)
	}
	if low == other && high == otherHigh {
		t.Errorf("another seed: %v to %v again", low, high)
	}
	if k := cohenKappa(countPairCells(a, b, nil)); !(low < k && k < high) {
		t.Errorf("kappa %v is not within %v to %v", k, low, high)
	}
}

// Every draw has as many rows of each stratum as there are.
func TestResamplerKeepsStrata(t *testing.T) {
	r := resampler{rng: newSeededRand(1), groups: []rowGroup{{0, 5}, {0, 1}, {1, 7000}, {1, 20}, {1, 3000}, {2, 40}}}
	counts := make([]int64, len(r.groups))
	var mean [6]float64
	for range 4000 {
		r.drawCounts(counts)
		if counts[0]+counts[1] != 6 || counts[2]+counts[3]+counts[4] != 10_020 || counts[5] != 40 {
			t.Fatalf("drawn %v", counts)
		}
		for i, n := range counts {
			mean[i] += float64(n) / 4000
		}
	}
	for i, g := range r.groups {
		if math.Abs(mean[i]-float64(g.rows)) > 0.02*float64(g.rows)+0.3 {
			t.Errorf("group %d of %d rows is drawn %.2f times on average", i, g.rows, mean[i])
		}
	}
}

// Weights that are all the same change nothing.
func TestEqualWeightsChangeNothing(t *testing.T) {
	a, b := randomRatings(newSeededRand(8), 200, 4, 0.6)
	weights := slices.Repeat([]float64{12.5}, len(a))
	plain, weighted := countPairCells(a, b, nil), countPairCells(a, b, weights)
	x, y := asNumbers(a), asNumbers(b)
	for name, v := range map[string][2]float64{
		"accuracy": {accuracyOf(plain), accuracyOf(weighted)}, "kappa": {cohenKappa(plain), cohenKappa(weighted)},
		"macro F1":        {macroF1(scoreLabels(plain, nil)), macroF1(scoreLabels(weighted, nil))},
		"quadratic kappa": {quadraticKappa(x, y, nil), quadraticKappa(x, y, weights)}, "spearman": {spearman(x, y, nil), spearman(x, y, weights)},
		"effective rows": {float64(len(a)), effectiveRows([]weighedCell{{weight: 12.5, rows: 80}, {weight: 12.5, rows: 120}})},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s: %v without weights, %v with equal ones", name, v[0], v[1])
		}
	}
}

func TestAccuracyDifference(t *testing.T) {
	aRight := []int32{1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0}
	bRight := []int32{1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0}
	d, low, high := accuracyDifference(countWeighedCells(aRight, bRight, nil), 1)
	if math.Abs(d-2.0/12) > 1e-12 || !(low < d && d < high) || low < -1 || high > 1 {
		t.Errorf("difference %v, %v to %v", d, low, high)
	}
	d, low, high = accuracyDifference(countWeighedCells(aRight, aRight, nil), 1)
	if d != 0 || low != 0 || high != 0 {
		t.Errorf("of the same: difference %v, %v to %v", d, low, high)
	}
}
