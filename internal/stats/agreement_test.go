package stats

import (
	"bytes"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readColumns reads a CSV file of testdata into slices by column.
func readColumns(t *testing.T, name string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]string{}
	for i, column := range records[0] {
		for _, r := range records[1:] {
			columns[column] = append(columns[column], r[i])
		}
	}
	return columns
}

// coder gives texts their codes.
type coder struct{ texts []string }

func (c *coder) code(text string) int32 {
	at := slices.Index(c.texts, text)
	if at < 0 {
		at = len(c.texts)
		c.texts = append(c.texts, text)
	}
	return int32(at)
}

func (c *coder) codes(texts []string) []int32 {
	var out []int32
	for _, s := range texts {
		out = append(out, c.code(s))
	}
	return out
}

func toFloats(t *testing.T, texts []string) []float64 {
	t.Helper()
	var out []float64
	for _, s := range texts {
		v, err := strconv.ParseFloat(s, 64)
		if s == "" {
			v, err = math.NaN(), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// figuresOf computes the figures of testdata/agreement_figures.csv.
func figuresOf(t *testing.T, rows map[string][]string) map[string]float64 {
	figures := map[string]float64{}
	x, y := toFloats(t, rows["GoldSeverity"]), toFloats(t, rows["Severity"])
	var labels, sets, areas coder
	gold, a, b := labels.codes(rows["Gold"]), labels.codes(rows["A"]), labels.codes(rows["B"])
	goldSets, labelSets := sets.codes(rows["GoldAreas"]), sets.codes(rows["Areas"])
	members := make([][]int32, len(sets.texts))
	for i, s := range sets.texts {
		if s != "[]" {
			members[i] = areas.codes(strings.Split(s, "|"))
		}
	}
	for prefix, weights := range map[string][]float64{"": nil, "weighted_": toFloats(t, rows["Weight"])} {
		cells := countPairCells(gold, a, weights)
		figures[prefix+"accuracy"], figures[prefix+"kappa"] = accuracyOf(cells), cohenKappa(cells)
		figures[prefix+"macro_f1"] = macroF1(scoreLabels(cells, nil))
		figures[prefix+"kappa_quadratic"] = quadraticKappa(x, y, weights)
		figures[prefix+"mae"], figures[prefix+"spearman"] = meanAbsoluteError(x, y, weights), spearman(x, y, weights)
		several := countPairCells(goldSets, labelSets, weights)
		scores := scoreLabels(several, members)
		figures[prefix+"exact"], figures[prefix+"jaccard"] = accuracyOf(several), meanJaccard(several, members)
		figures[prefix+"micro"], figures[prefix+"macro"] = microF1(scores), macroF1(scores)
	}
	for _, s := range scoreLabels(countPairCells(gold, a, nil), nil) {
		name := labels.texts[s.code]
		figures["precision_"+name], figures["recall_"+name], figures["f1_"+name] = s.precision(), s.recall(), s.f1()
	}
	figures["wilson_low"], figures["wilson_high"] = wilsonInterval(figures["accuracy"], float64(len(gold)))
	_, figures["wilson_none_high"] = wilsonInterval(0, 20)
	var onlyA, onlyB int64
	for i, g := range gold {
		if a[i] == g && b[i] != g {
			onlyA++
		}
		if b[i] == g && a[i] != g {
			onlyB++
		}
	}
	figures["mcnemar_only_a"], figures["mcnemar_only_b"] = float64(onlyA), float64(onlyB)
	figures["mcnemar_p"], figures["mcnemar_1_9"] = mcnemarExact(onlyA, onlyB), mcnemarExact(1, 9)
	addAlphas(figures, "alpha_", [][]float64{x, y, toFloats(t, rows["SeverityB"])})
	no := math.NaN()
	addAlphas(figures, "example_", [][]float64{
		{1, 2, 3, 3, 2, 1, 4, 1, 2, no, no, no},
		{1, 2, 3, 3, 2, 2, 4, 1, 2, 5, no, 3},
		{no, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, no},
		{1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, no},
	})
	return figures
}

func addAlphas(figures map[string]float64, prefix string, ratings [][]float64) {
	codes := make([][]int32, len(ratings))
	for i, rater := range ratings {
		for _, v := range rater {
			if math.IsNaN(v) {
				v = noCode
			}
			codes[i] = append(codes[i], int32(v))
		}
	}
	figures[prefix+"nominal"] = nominalAlpha(codes)
	figures[prefix+"ordinal"], figures[prefix+"interval"] = ordinalAlpha(ratings), intervalAlpha(ratings)
}

// Alphas of codes are those of the numbers that they stand for.
func TestCodedAlpha(t *testing.T) {
	rng := newSeededRand(12)
	numbers := []float64{2.5, -1, math.NaN(), 7, 4, 100}
	for draw := range 100 {
		if draw == 99 { // more values than are ranked by their totals
			for v := range 2 * maxTotals {
				numbers = append(numbers, float64(v*v), math.NaN())
			}
		}
		codes, ratings := make([][]int32, 2+rng.IntN(3)), [][]float64{}
		rows := 2 + rng.IntN(30) + 500*(draw/99)
		for k := range codes {
			var values []float64
			for range rows {
				code, value := int32(rng.IntN(len(numbers)+1)-1), math.NaN()
				if code >= 0 {
					value = numbers[code]
				}
				codes[k], values = append(codes[k], code), append(values, value)
			}
			ratings = append(ratings, values)
		}
		for name, v := range map[string][2]float64{
			"interval": {codedAlpha(codes, numbers, false), intervalAlpha(ratings)}, "ordinal": {codedAlpha(codes, numbers, true), ordinalAlpha(ratings)},
		} {
			if !(math.Abs(v[0]-v[1]) <= 1e-9) && !(math.IsNaN(v[0]) && math.IsNaN(v[1])) {
				t.Fatalf("%s alpha of %v: got %v, want %v", name, codes, v[0], v[1])
			}
		}
	}
}

// The figures are those of testdata/agreement.R, which computes them in R.
func TestFiguresEqualThoseOfR(t *testing.T) {
	want := readColumns(t, "agreement_figures.csv")
	got := figuresOf(t, readColumns(t, "agreement.csv"))
	for i, name := range want["name"] {
		v, known := got[name]
		w, err := strconv.ParseFloat(want["value"][i], 64)
		if err != nil {
			t.Fatal(err)
		}
		if !known || !(math.Abs(v-w) <= 1e-9 || math.IsNaN(v) && math.IsNaN(w)) {
			t.Errorf("%s: got %.15g, R says %.15g", name, v, w)
		}
	}
	for name, w := range map[string]float64{"example_nominal": 0.743, "example_ordinal": 0.815, "example_interval": 0.849} {
		if math.Abs(got[name]-w) > 5e-4 {
			t.Errorf("%s: got %.4f, Krippendorff has %.3f", name, got[name], w)
		}
	}
	if len(got) != len(want["name"]) {
		t.Errorf("got %d figures, R computed %d", len(got), len(want["name"]))
	}
}

// The figures of the file are what its script prints.
func TestFiguresAreThoseOfTheScript(t *testing.T) {
	rscript, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("no Rscript to compute the figures")
	}
	got, err := exec.Command(rscript, "testdata/agreement.R").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/agreement_figures.csv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("testdata/agreement_figures.csv is not what testdata/agreement.R prints")
	}
}

// randomRatings is what two raters say of rows: the second repeats the first with
// probability same.
func randomRatings(rng *rand.Rand, rows, labels int, same float64) (a, b []int32) {
	for range rows {
		v := int32(rng.IntN(labels))
		a = append(a, v)
		if rng.Float64() >= same {
			v = int32(rng.IntN(labels))
		}
		b = append(b, v)
	}
	return a, b
}

func asNumbers(codes []int32) []float64 {
	var out []float64
	for _, c := range codes {
		out = append(out, float64(c))
	}
	return out
}

// measures are the figures of agreement of two raters.
func measures(a, b []int32) map[string]float64 {
	x, y := asNumbers(a), asNumbers(b)
	cells := countPairCells(a, b, nil)
	return map[string]float64{
		"kappa": cohenKappa(cells), "quadratic kappa": quadraticKappa(x, y, nil), "spearman": spearman(x, y, nil),
		"nominal": nominalAlpha([][]int32{a, b}), "ordinal": ordinalAlpha([][]float64{x, y}), "interval": intervalAlpha([][]float64{x, y}),
		"accuracy": accuracyOf(cells), "macro F1": macroF1(scoreLabels(cells, nil)),
	}
}

func TestAgreementIsSymmetricAndBounded(t *testing.T) {
	rng := newSeededRand(3)
	for range 200 {
		a, b := randomRatings(rng, 2+rng.IntN(60), 2+rng.IntN(6), rng.Float64())
		swapped := measures(b, a)
		for name, v := range measures(a, b) {
			if math.IsNaN(v) {
				continue
			}
			if math.Abs(v-swapped[name]) > 1e-9 {
				t.Errorf("%s: %v, with the raters swapped %v", name, v, swapped[name])
			}
			if v > 1+1e-12 || (name == "accuracy" || name == "macro F1") && v < 0 || name != "macro F1" && v < -1-1e-9 && !strings.Contains(name, "al") {
				t.Errorf("%s of %v and %v: %v", name, a, b, v)
			}
		}
	}
}

func TestPerfectAgreementIsOneAndChanceIsZero(t *testing.T) {
	rng := newSeededRand(4)
	same, _ := randomRatings(rng, 500, 5, 0)
	for name, v := range measures(same, same) {
		if math.Abs(v-1) > 1e-9 {
			t.Errorf("perfect agreement: %s is %v", name, v)
		}
	}
	a, b := randomRatings(rng, 200_000, 5, 0)
	for name, v := range measures(a, b) {
		if name != "accuracy" && name != "macro F1" && math.Abs(v) > 0.01 {
			t.Errorf("chance agreement: %s is %v", name, v)
		}
	}
}

func TestUndefinedFigures(t *testing.T) {
	one := []int32{2, 2, 2}
	numbers := asNumbers(one)
	low, high := wilsonInterval(0.5, 0)
	for name, v := range map[string]float64{
		"kappa of one value": cohenKappa(countPairCells(one, one, nil)), "kappa of nothing": cohenKappa(nil), "accuracy of nothing": accuracyOf(nil),
		"quadratic kappa of one value": quadraticKappa(numbers, numbers, nil), "spearman of one value": spearman(numbers, numbers, nil),
		"alpha of one value": nominalAlpha([][]int32{one, one}), "alpha of one rater": nominalAlpha([][]int32{{1, 2, 3}}),
		"interval alpha of one rater": intervalAlpha([][]float64{{1, 2, 3}}), "alpha of none": intervalAlpha(nil),
		"macro F1 of nothing": macroF1(nil), "micro F1 of no labels": microF1(nil), "low": low, "high": high,
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s: got %v, want NaN", name, v)
		}
	}
}

// Missing values do not count: the figures are those of the rows that have both.
func TestMissingValuesAreLeftOut(t *testing.T) {
	rng := newSeededRand(5)
	a, b := randomRatings(rng, 80, 4, 0.6)
	withGaps := measures(append([]int32{}, a...), b)
	a2, b2 := append(slices.Clone(a), noCode, 1, noCode), append(slices.Clone(b), 3, noCode, noCode)
	if got := cohenKappa(countPairCells(a2, b2, nil)); got != withGaps["kappa"] {
		t.Errorf("kappa: got %v, want %v", got, withGaps["kappa"])
	}
	if got := nominalAlpha([][]int32{a2, b2}); got != withGaps["nominal"] {
		t.Errorf("alpha: got %v, want %v", got, withGaps["nominal"])
	}
}

// A table of many labels is counted in another way than one of few.
func TestCountPairCellsOfManyLabels(t *testing.T) {
	rng := newSeededRand(6)
	a, b := randomRatings(rng, 5000, 400, 0.5)
	few := countPairCells(a, b, nil)
	a, b = append(a, 90_000), append(b, 90_001)
	many := countPairCells(a, b, nil)
	if last := many[len(many)-1]; last != (pairCell{90_000, 90_001, 1, 1}) || !slices.Equal(many[:len(many)-1], few) {
		t.Errorf("%d cells, %d with one more; the last is %+v", len(few), len(many), last)
	}
}

func FuzzMidRanks(f *testing.F) {
	f.Add([]byte{3, 1, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		var values []float64
		for _, b := range data {
			values = append(values, float64(b))
		}
		var sum float64
		sorted := make([]float64, len(values))
		rankBySorting(sorted, values, nil)
		for i, r := range midRanks(values, nil) {
			if sorted[i] != r {
				t.Fatalf("rank of %v in %v: %v by totals, %v by sorting", values[i], values, r, sorted[i])
			}
			below, equal := 0.0, 0.0
			for _, v := range values {
				if v < values[i] {
					below++
				} else if v == values[i] {
					equal++
				}
			}
			if r != below+equal/2 {
				t.Fatalf("rank of %v in %v: got %v, want %v", values[i], values, r, below+equal/2)
			}
			sum += r
		}
		if n := float64(len(values)); sum != n*n/2 {
			t.Fatalf("the ranks of %v add up to %v, want %v", values, sum, n*n/2)
		}
	})
}
