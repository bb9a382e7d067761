package stats

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prism/internal/table"
)

// judged is a row of a test: a confidence, whether the row is right and its weight.
type judged struct {
	confidence float64
	isRight    bool
	weight     float64
}

// reliabilityOf computes the figures of rows, with a class for each weight.
func reliabilityOf(rows []judged, target float64) *Reliability {
	var judgedRows []judgedRow
	var weights []float64
	for _, r := range rows {
		class := slices.Index(weights, r.weight)
		if class < 0 {
			class = len(weights)
			weights = append(weights, r.weight)
		}
		judgedRows = append(judgedRows, judgedRow{r.confidence, int32(class), r.isRight})
	}
	return newReliability(sortLevels(judgedRows, weights), target)
}

// isClose reports whether a figure is a number, NaN standing for an undefined one.
func isClose(got Figure, want float64) bool {
	return math.Abs(float64(got)-want) <= 1e-9 || math.IsNaN(float64(got)) && math.IsNaN(want)
}

// checkReliability compares figures with others; a bin that others lack has no rows.
func checkReliability(t *testing.T, name string, got, want *Reliability) {
	t.Helper()
	for _, f := range []struct {
		name      string
		got, want Figure
	}{
		{"Brier score", got.Brier, want.Brier}, {"ECE", got.ECE, want.ECE}, {"AUROC", got.AUROC, want.AUROC},
		{"target", got.Target, want.Target}, {"threshold", got.Threshold, want.Threshold}, {"above", got.Above, want.Above},
	} {
		if !isClose(f.got, float64(f.want)) {
			t.Errorf("%s: %s: got %v, want %v", name, f.name, f.got, f.want)
		}
	}
	if len(got.Bins) != 10 {
		t.Fatalf("%s: %d bins", name, len(got.Bins))
	}
	for i, b := range got.Bins {
		none := Figure(math.NaN())
		w := ReliabilityBin{Confidence: none, Accuracy: none}
		for _, bin := range want.Bins {
			if bin.From == b.From {
				w = bin
			}
		}
		if b.From != Figure(i)/10 || b.To != Figure(i+1)/10 || b.Rows != w.Rows || !isClose(b.Confidence, float64(w.Confidence)) || !isClose(b.Accuracy, float64(w.Accuracy)) {
			t.Errorf("%s: bin %d: got %+v, want %+v", name, i, b, w)
		}
	}
}

// Cases worked out by hand, with fractions. Of the eight rows, in the order of their confidence,
//
//	confidence  1  0.95  0.9  0.9  0.7  0.3  0.3  0.05
//	right       1     1    1    0    1    1    0     0
//	weight      1     2    3    1    1    2    4     1
//
// the squares of the differences add up to 0 + 0.0025 + 0.01 + 0.81 + 0.09 + 0.49 + 0.09 + 0.0025
// = 1.495, which is 0.186875 a row. The bins from 0 to 0.1, 0.3 to 0.4, 0.7 to 0.8 and 0.9 to 1
// have 1, 2, 1 and 4 rows, and their right rows differ from the sum of their confidences by 0.05,
// 0.4, 0.3 and 0.75: 1.5 in all, 0.1875 a row. Of the 15 pairs of a right and a wrong row 11 have
// the higher confidence on the right one, and 2 are ties: (11 + 2/2) / 15 = 0.8. The lower ends of
// the intervals of all rows from a confidence on are
//
//	from   1       0.95    0.9     0.7     0.3     0.05
//	right  1 of 1  2 of 2  3 of 4  4 of 5  5 of 7  5 of 8
//	low    0.2065  0.3424  0.3006  0.3755  0.3589  0.3057
func TestReliabilityByHand(t *testing.T) {
	none := Figure(math.NaN())
	rows := []judged{
		{0.3, true, 2}, {0.95, true, 2}, {0.9, true, 3}, {0.05, false, 1}, {0.9, false, 1}, {0.7, true, 1}, {0.3, false, 4}, {1, true, 1},
	}
	alike := slices.Clone(rows)
	for i := range alike {
		alike[i].weight = 1
	}
	bins := []ReliabilityBin{
		{From: 0, Rows: 1, Confidence: 0.05, Accuracy: 0}, {From: 0.3, Rows: 2, Confidence: 0.3, Accuracy: 0.5},
		{From: 0.7, Rows: 1, Confidence: 0.7, Accuracy: 1}, {From: 0.9, Rows: 4, Confidence: 0.9375, Accuracy: 0.75},
	}
	weighted := []ReliabilityBin{
		{From: 0, Rows: 1, Confidence: 0.05, Accuracy: 0}, {From: 0.3, Rows: 2, Confidence: 0.3, Accuracy: 1.0 / 3},
		{From: 0.7, Rows: 1, Confidence: 0.7, Accuracy: 1}, {From: 0.9, Rows: 4, Confidence: 6.5 / 7, Accuracy: 6.0 / 7},
	}
	for _, c := range []struct {
		name   string
		rows   []judged
		target float64
		want   Reliability
	}{
		{"no target", alike, 0, Reliability{bins, 0.186875, 0.1875, 0.8, none, none, none}},
		{"a target beyond every interval", alike, 0.4, Reliability{bins, 0.186875, 0.1875, 0.8, 0.4, none, none}},
		{"a target that one confidence meets", alike, 0.37, Reliability{bins, 0.186875, 0.1875, 0.8, 0.37, 0.7, 5.0 / 8}},
		{"a target that 0.9 does not meet, but lower ones", alike, 0.34, Reliability{bins, 0.186875, 0.1875, 0.8, 0.34, 0.3, 7.0 / 8}},
		{"a target that all rows meet", alike, 0.3, Reliability{bins, 0.186875, 0.1875, 0.8, 0.3, 0.05, 1}},
		{"weighted", rows, 0.39, Reliability{weighted, 911.0 / 6000, 0.07, 91.0 / 108, 0.39, 0.7, 8.0 / 15}},
		{"weighted, fewer effective rows", rows, 0.27, Reliability{weighted, 911.0 / 6000, 0.07, 91.0 / 108, 0.27, 0.7, 8.0 / 15}},
		{"nothing", nil, 0.5, Reliability{nil, none, none, none, 0.5, none, none}},
	} {
		checkReliability(t, c.name, reliabilityOf(c.rows, c.target), &c.want)
	}
}

func TestReliabilityOfExtremes(t *testing.T) {
	none := Figure(math.NaN())
	var perfect, inverted, tied, right, wrong []judged
	for i := range 200 {
		isRight := i%4 > 0
		confidence := 0.0
		if isRight {
			confidence = 1
		}
		perfect = append(perfect, judged{confidence, isRight, 1})
		inverted = append(inverted, judged{1 - confidence, isRight, 1})
		tied = append(tied, judged{0.75, isRight, 1})
		right = append(right, judged{0.5 + float64(i)/1000, true, 1})
		wrong = append(wrong, judged{0.5, false, 1})
	}
	allRight := reliabilityOf(right, 0.95)
	for _, c := range []struct {
		name      string
		got, want Figure
	}{
		{"perfect: Brier score", reliabilityOf(perfect, 0.9).Brier, 0}, {"perfect: ECE", reliabilityOf(perfect, 0.9).ECE, 0},
		{"perfect: AUROC", reliabilityOf(perfect, 0.9).AUROC, 1},
		{"perfect: threshold", reliabilityOf(perfect, 0.9).Threshold, 1}, {"perfect: above", reliabilityOf(perfect, 0.9).Above, 0.75},
		{"inverted: Brier score", reliabilityOf(inverted, 0.9).Brier, 1}, {"inverted: ECE", reliabilityOf(inverted, 0.9).ECE, 1},
		{"inverted: AUROC", reliabilityOf(inverted, 0.9).AUROC, 0}, {"inverted: threshold", reliabilityOf(inverted, 0.9).Threshold, none},
		{"ties: Brier score", reliabilityOf(tied, 0.6).Brier, 0.75 * 0.25}, {"ties: ECE", reliabilityOf(tied, 0.6).ECE, 0},
		{"ties: AUROC", reliabilityOf(tied, 0.6).AUROC, 0.5}, {"ties: threshold", reliabilityOf(tied, 0.6).Threshold, 0.75},
		{"ties: above", reliabilityOf(tied, 0.6).Above, 1}, {"ties: a target beyond the interval", reliabilityOf(tied, 0.75).Threshold, none},
		{"all right: AUROC", allRight.AUROC, none}, {"all right: threshold", allRight.Threshold, 0.5}, {"all right: above", allRight.Above, 1},
		{"all wrong: AUROC", reliabilityOf(wrong, 0.5).AUROC, none}, {"all wrong: threshold", reliabilityOf(wrong, 0.5).Threshold, none},
		{"72 right rows", reliabilityOf(right[:72], 0.95).Threshold, none}, {"73 right rows", reliabilityOf(right[:73], 0.95).Threshold, 0.5},
	} {
		if !isClose(c.got, float64(c.want)) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

// slowReliability computes the figures from the definitions alone: pair by pair, bin by bin,
// confidence by confidence. Confidences are whole millionths or thirds.
func slowReliability(rows []judged, target float64) *Reliability {
	r := &Reliability{Target: Figure(target), Threshold: Figure(math.NaN()), Above: Figure(math.NaN())}
	var all, squares, better, pairs, apart float64
	for _, a := range rows {
		all += a.weight
		truth := 0.0
		if a.isRight {
			truth = 1
		}
		squares += a.weight * math.Pow(a.confidence-truth, 2)
		for _, b := range rows {
			if !a.isRight || b.isRight {
				continue
			}
			pairs += a.weight * b.weight
			switch {
			case a.confidence > b.confidence:
				better += a.weight * b.weight
			case a.confidence == b.confidence:
				better += a.weight * b.weight / 2
			}
		}
	}
	for bin := range 10 {
		w := ReliabilityBin{From: Figure(bin) / 10}
		var weight, confidence, right float64
		for _, a := range rows {
			if min(int(math.Round(a.confidence*3e6))/300_000, 9) != bin {
				continue
			}
			w.Rows++
			weight += a.weight
			confidence += a.weight * a.confidence
			if a.isRight {
				right += a.weight
			}
		}
		if w.Rows > 0 {
			w.Confidence, w.Accuracy = Figure(confidence/weight), Figure(right/weight)
			apart += math.Abs(float64(w.Accuracy-w.Confidence)) * weight / all
			r.Bins = append(r.Bins, w)
		}
	}
	r.Brier, r.ECE, r.AUROC = Figure(squares/all), Figure(apart), Figure(better/pairs)
	for _, t := range rows {
		var weight, right, squared float64
		for _, a := range rows {
			if a.confidence < t.confidence {
				continue
			}
			weight += a.weight
			squared += a.weight * a.weight
			if a.isRight {
				right += a.weight
			}
		}
		if slowWilsonLow(right/weight, weight*weight/squared) >= target && !(t.confidence >= float64(r.Threshold)) {
			r.Threshold, r.Above = Figure(t.confidence), Figure(weight/all)
		}
	}
	return r
}

// slowWilsonLow finds the lower end of Wilson's interval as it is defined: the least share from
// which the one that was seen is 1.96 standard errors away, by bisection.
func slowWilsonLow(share, rows float64) float64 {
	low, high := 0.0, share
	for range 200 {
		middle := (low + high) / 2
		if share-middle > 1.959963984540054*math.Sqrt(middle*(1-middle)/rows) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

func TestReliabilityEqualsItsDefinitions(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 1))
	for draw := range 300 {
		var rows []judged
		steps := []int{1_000_000, 1000, 10, 3}[draw%4] // the fewer, the more ties
		for range 1 + rng.IntN(80) {
			r := judged{confidence: float64(rng.IntN(steps+1)) / float64(steps), weight: 1}
			r.isRight = rng.Float64() < r.confidence
			if draw%3 == 0 {
				r.weight = []float64{1, 2.5, 17}[rng.IntN(3)]
			}
			rows = append(rows, r)
		}
		target := 0.05 + 0.9*rng.Float64()
		checkReliability(t, fmt.Sprintf("draw %d", draw), reliabilityOf(rows, target), slowReliability(rows, target))
	}
}

// Rows that are counted by their confidence have the levels of rows that are sorted.
func TestCountedLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 3))
	for _, steps := range []int{1, 7, 100, millionths} {
		var rows []judgedRow
		var confidences []float64
		for range 2000 {
			confidence := parseConfidence([]byte(strconv.FormatFloat(float64(rng.IntN(steps+1))/float64(steps), 'f', 6, 64)))
			rows = append(rows, judgedRow{confidence: confidence, isRight: rng.IntN(3) > 0})
			confidences = append(confidences, confidence)
		}
		if !areMillionths(append(confidences, noConfidence)) || areMillionths(append(confidences, 1.0/3)) {
			t.Errorf("steps of 1/%d: not told from other confidences", steps)
		}
		counted := slices.Collect(countLevels(slices.Values(rows)))
		if sorted := slices.Collect(sortLevels(rows, []float64{1})); !slices.Equal(counted, sorted) {
			t.Errorf("steps of 1/%d: counted %d levels, sorted %d", steps, len(counted), len(sorted))
		}
	}
}

// The order of the rows does not matter, and a row of weight 3 counts as much as three rows.
func TestReliabilityOfRepeatedRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 2))
	var weighted, repeated []judged
	for range 150 {
		r := judged{float64(rng.IntN(101)) / 100, rng.IntN(3) > 0, float64(1 + rng.IntN(4))}
		weighted = append(weighted, r)
		for range int(r.weight) {
			repeated = append(repeated, judged{r.confidence, r.isRight, 1})
		}
	}
	rng.Shuffle(len(repeated), func(i, k int) { repeated[i], repeated[k] = repeated[k], repeated[i] })
	got, want := reliabilityOf(weighted, 0), reliabilityOf(repeated, 0)
	for i := range want.Bins {
		want.Bins[i].Rows = got.Bins[i].Rows // which count rows
	}
	checkReliability(t, "weights and repeated rows", got, want)
}

func TestReliabilityBins(t *testing.T) {
	for _, c := range []struct {
		confidence float64
		want       int
	}{
		{0, 0}, {0.1, 1}, {0.2, 2}, {0.3, 3}, {0.4, 4}, {0.5, 5}, {0.6, 6}, {0.7, 7}, {0.8, 8}, {0.9, 9}, {1, 9},
		{math.Nextafter(0.3, 0), 2}, {math.Nextafter(0.7, 0), 6}, {math.Nextafter(1, 0), 9}, {0.299999, 2}, {0.999999, 9}, {5e-324, 0},
	} {
		if got := reliabilityBinOf(c.confidence); got != c.want {
			t.Errorf("bin of %v: got %d, want %d", c.confidence, got, c.want)
		}
	}
}

// A threshold that is found on one half of the rows keeps its promise on the other, whether the
// model knows how sure it is, is too sure of itself, or mostly says the same.
func TestThresholdHoldsOnOtherRows(t *testing.T) {
	for _, c := range []struct {
		name     string
		accuracy func(confidence float64) float64
	}{
		{"calibrated", func(c float64) float64 { return c }},
		{"too sure", func(c float64) float64 { return 0.4 + 0.58*math.Pow(c, 6) }},
		{"in steps", func(c float64) float64 { return []float64{0.6, 0.85, 0.98}[int(c*2.999)] }},
	} {
		found := 0
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 17))
			var halves [2][]judged
			for i := range 3000 {
				confidence := math.Round(1e6*(1-math.Pow(rng.Float64(), 2))) / 1e6
				halves[i%2] = append(halves[i%2], judged{confidence, rng.Float64() < c.accuracy(confidence), 1})
			}
			for _, target := range []float64{0.8, 0.9, 0.95} {
				r := reliabilityOf(halves[0], target)
				if !r.Threshold.IsDefined() {
					continue
				}
				found++
				right, all := 0, 0
				for _, row := range halves[1] {
					if row.confidence < float64(r.Threshold) {
						continue
					}
					all++
					if row.isRight {
						right++
					}
				}
				if accuracy := float64(right) / float64(all); accuracy < target-0.02 {
					t.Errorf("%s, seed %d: %d of %d rows are right on the other half, %.3f instead of %v", c.name, seed, right, all, accuracy, target)
				}
			}
		}
		if found < 20 {
			t.Errorf("%s: %d thresholds found", c.name, found)
		}
	}
}

// Confidences are read from every form of a table, and belong to the column of the results that
// is compared.
func TestConfidencesOfResults(t *testing.T) {
	gold := ratedText("gold.csv", "RowID,Topic,Sentiment,Areas,Severity,Refund,Topic_Confidence\n"+
		"1,billing,Positive,App|Web,3,true,0\n2,Product,Positive,Web,4,false,0\n3,Billing,Negative,[],5.0,TRUE,0\n4,,Negative,App,1,false,0\n9,Product,Negative,App,1,false,0\n")
	head := "Topic_Confidence,RowID,Topic,Sentiment,Validated_Sentiment,Validated_Sentiment_Confidence,Sentiment_Confidence,Areas,Areas_Confidence,Severity,Severity_Confidence,Refund,Refund_Confidence\n"
	one := head + "0.25,3,Product,*,Negative,1,x,,0.5,5,0.75,true,\n,7,Product,*,Negative,1,x,,0.5,5,0.75,true,\n"
	two := `{"RowID":2,"Topic":"Product","Sentiment":"*","Validated_Sentiment":"Positive","Validated_Sentiment_Confidence":null,"Areas":["Web"],"Areas_Confidence":5e-1,"Severity":3,"Refund":false}` + "\n" +
		`{"RowID":1,"Topic":"Billing","Validated_Sentiment":"Negative","Validated_Sentiment_Confidence":"0.125","Areas":["Web","App"],"Severity":3,"Refund":null}` + "\n"
	jsonl := ratedText("2.jsonl", two)
	jsonl.Options.Format = table.JSONL
	three := ratedText("3.csv", "RowID,Topic,Validated_Sentiment,Areas,Severity,Refund\n4,Product,Negative,App,1,false\n")
	g := readRatings(t, gold, RatingOptions{}, ratedText("1.csv", one), jsonl, three).Gold()
	type bin struct {
		from       float64
		rows       int64
		confidence float64
		accuracy   float64
	}
	for _, c := range []struct {
		column, output string
		want           []bin
	}{
		{"Topic", "Topic", []bin{{0.2, 1, 0.25, 0}}},
		{"Sentiment", "Validated_Sentiment", []bin{{0.1, 1, 0.125, 0}, {0.9, 1, 1, 1}}},
		{"Areas", "Areas", []bin{{0.5, 2, 0.5, 1}}},
		{"Severity", "Severity", []bin{{0.7, 1, 0.75, 1}}},
		{"Refund", "Refund", nil},
	} {
		i := slices.IndexFunc(g.Columns, func(g GoldColumn) bool { return g.Column == c.column })
		if i < 0 || g.Columns[i].Output != c.output || g.Columns[i].Reliability == nil {
			t.Errorf("%s: got %+v", c.column, g.Columns)
			continue
		}
		var got []bin
		for _, b := range g.Columns[i].Reliability.Bins {
			if b.Rows > 0 {
				got = append(got, bin{float64(b.From), b.Rows, float64(b.Confidence), float64(b.Accuracy)})
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.column, got, c.want)
		}
	}
	if len(g.Columns) != 5 {
		t.Errorf("%d columns are compared", len(g.Columns))
	}
	plain := readRatings(t, gold, RatingOptions{}, three).Gold()
	if r := plain.Columns[0].Reliability; r != nil {
		t.Errorf("reliability without confidences: %+v", r)
	}
}

// A column with too many different values to be told apart has figures too, and rows of gold
// weigh as many as they stand for.
func TestReliabilityOfManyValues(t *testing.T) {
	var gold, result strings.Builder
	gold.WriteString("RowID,Code,Inclusion_Probability\n")
	result.WriteString("RowID,Code,Code_Confidence\n")
	var want []judged
	for i := range 2 * maxDistinct {
		r := judged{float64(i*7919%1001) / 1000, i%5 > 0, float64(1 + i%2)}
		code := i
		if !r.isRight {
			code = -i - 1
		}
		fmt.Fprintf(&gold, "%d,code %d,%v\n", i, i, 1/r.weight)
		fmt.Fprintf(&result, "%d,code %d,%v\n", i, code, r.confidence)
		want = append(want, r)
	}
	g := readRatings(t, ratedText("gold.csv", gold.String()), RatingOptions{Target: 0.75}, ratedText("r.csv", result.String())).Gold()
	checkReliability(t, "codes", g.Columns[0].Reliability, reliabilityOf(want, 0.75))
}

// So many rows that they are counted by confidence; half of them in a part without confidences.
func TestReliabilityOfManyRows(t *testing.T) {
	var gold, part, other strings.Builder
	gold.WriteString("RowID,Refund\n")
	part.WriteString("RowID,Refund,Refund_Confidence\n")
	other.WriteString("RowID,Refund\n")
	var want []judged
	for i := range 2 * manyRows {
		fmt.Fprintf(&gold, "%d,true\n", i)
		if i%2 > 0 {
			fmt.Fprintf(&other, "%d,true\n", i)
			continue
		}
		r := judged{float64(i*7919%1_000_003%1_000_001) / 1e6, i%7 > i*31%13, 1}
		fmt.Fprintf(&part, "%d,%v,%.6f\n", i, r.isRight, r.confidence)
		want = append(want, r)
	}
	g := readRatings(t, ratedText("gold.csv", gold.String()), RatingOptions{Target: 0.2}, ratedText("1.csv", part.String()), ratedText("2.csv", other.String())).Gold()
	checkReliability(t, "refunds", g.Columns[0].Reliability, reliabilityOf(want, 0.2))
}

func TestInvalidConfidences(t *testing.T) {
	gold := ratedText("gold.csv", "RowID,Topic\n1,a\n")
	for _, cell := range []string{"1.01", "-0.1", "high", "NaN", "Inf", "0x1p-2", "0_1", "0,5", "95%", "-"} {
		result := ratedText("r.csv", "RowID,Message,Topic,Topic_Confidence\n1,\"two\nlines\",a,0.5\n2,,a,\""+cell+"\"\n")
		_, err := ReadRatings(context.Background(), gold, []*RatedFile{result}, RatingOptions{})
		var bad *table.Error
		if want := fmt.Sprintf("r.csv:4: Topic_Confidence %q: want a number from 0 to 1", cell); !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("%q: got %v, want %s", cell, err, want)
		}
	}
}

func FuzzParseConfidence(f *testing.F) {
	for _, s := range []string{"0", "1", "0.123456", " 0.5 ", "", "1e-3", "-0", "+.5", "1.0000001", "nan", "0.123456789012345", "0.1234567890123456", "0.", "0.x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := parseConfidence(text)
		v, ok := parseNumber(string(text))
		switch {
		case strings.TrimSpace(string(text)) == "":
			if !math.IsNaN(got) {
				t.Errorf("%q: got %v of nothing", text, got)
			}
		case !ok || v < 0 || v > 1:
			if got != invalidConfidence {
				t.Errorf("%q: got %v, want an invalid one", text, got)
			}
		case got != v || math.Signbit(got):
			t.Errorf("%q: got %v, want %v", text, got, v)
		}
	})
}
