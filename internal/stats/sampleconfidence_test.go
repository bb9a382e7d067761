package stats

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestAllocateByNeed(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int64
		needs []float64
		n     int64
		want  []int64
	}{
		{"one stratum", []int64{100}, []float64{7}, 10, []int64{10}},
		{"in proportion", []int64{100, 100}, []float64{30, 10}, 40, []int64{30, 10}},
		{"two of each", []int64{100, 100}, []float64{1000, 1}, 40, []int64{38, 2}},
		{"one where there is one", []int64{100, 1}, []float64{1000, 1}, 40, []int64{39, 1}},
		{"none above its rows", []int64{10, 100, 100}, []float64{90, 5, 5}, 50, []int64{10, 20, 20}},
		{"the largest remainder", []int64{100, 100, 100}, []float64{1, 1, 1}, 10, []int64{4, 3, 3}},
		{"just the least", []int64{50, 50, 50}, []float64{9, 1, 1}, 6, []int64{2, 2, 2}},
		{"all", []int64{5, 6}, []float64{1, 9}, 11, []int64{5, 6}},
		{"more than all", []int64{5, 6}, []float64{1, 9}, 99, []int64{5, 6}},
		{"no rows", []int64{0}, []float64{1}, 3, []int64{0}},
	} {
		if got := allocateByNeed(c.sizes, c.needs, c.n, 2); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// Whatever the sizes and the needs, exactly n rows are drawn, two of each stratum at least.
func TestAllocateByNeedIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		strata := 1 + rng.IntN(6)
		sizes, needs := make([]int64, strata), make([]float64, strata)
		var all int64
		for i := range sizes {
			sizes[i] = 1 + int64(math.Pow(10, 6*rng.Float64()))
			needs[i] = float64(sizes[i]) * (0.2 + 0.3*rng.Float64())
			all += sizes[i]
		}
		n := 2*int64(strata) + rng.Int64N(all)
		var sum int64
		drawn := allocateByNeed(sizes, needs, n, 2)
		for i, rows := range drawn {
			sum += rows
			if rows < min(2, sizes[i]) || rows > sizes[i] {
				t.Fatalf("%d of %v: %v", n, sizes, drawn)
			}
		}
		if sum != min(n, all) {
			t.Fatalf("%d of %v: %v are %d", n, sizes, drawn, sum)
		}
	}
}

func TestConfidenceStrata(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []float64 // -1: none
		draw int64
		want string // names with their rows
		each string // stratum of each row
	}{
		{"each", []float64{0.2, 0.5, 0.69, 0.7, 0.95, 0.99, 1, -1}, 100,
			"confidence 0 to 0.5: 1, confidence 0.5 to 0.7: 2, confidence 0.7 to 0.9: 1, confidence 0.9 to 0.99: 1, confidence 0.99 to 1: 2, no confidence: 1", "01123445"},
		{"all equal", []float64{0.9, 0.9, 0.9}, 100, "confidence 0.9 to 0.99: 3", "000"},
		{"one row", []float64{1}, 1, "confidence 0.99 to 1: 1", "0"},
		{"none known", []float64{-1, -1}, 100, "no confidence: 2", "00"},
		{"no rows", nil, 100, "", ""},
		{"too few to draw for three", []float64{0.2, 0.2, 0.2, 0.6, 0.8, 0.8}, 4, "confidence 0 to 0.5: 3, confidence 0.5 to 0.9: 3", "000111"},
		{"one of each is all", []float64{0.2, 1, -1}, 3, "confidence 0 to 0.5: 1, confidence 0.99 to 1: 1, no confidence: 1", "012"},
		{"too few to draw for two", []float64{0.2, 1, -1}, 2, "confidence 0 to 1 or none: 3", "000"},
		{"one to draw", []float64{0.2, 0.2, -1, -1, -1}, 1, "confidence 0 to 1 or none: 5", "00000"},
	} {
		var rows []certainty
		for _, v := range c.rows {
			rows = append(rows, certainty(max(-1, math.Round(v*float64(certain)))))
		}
		strata, ofRow := newConfidenceStrata(rows, c.draw)
		var got []string
		for _, s := range strata {
			got = append(got, fmt.Sprintf("%s: %d", &s, s.all))
		}
		each := ""
		for _, stratum := range ofRow {
			each += strconv.Itoa(int(stratum))
		}
		if strings.Join(got, ", ") != c.want || each != c.each {
			t.Errorf("%s: got %q %s, want %q %s", c.name, got, each, c.want, c.each)
		}
	}
}

// surePopulation is rows of which a model knows how sure it is: where it says p it is right in
// p of the rows. It takes Product for Billing more often than the other way round.
func surePopulation(rows int) (p population, confidences []float64) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range rows {
		confidence := 0.99 + 0.01*rng.Float64()
		if rng.IntN(10) < 3 {
			confidence = 0.4 + 0.6*rng.Float64()
		}
		truth := []string{"Billing", "Product"}[rng.IntN(2)]
		labelled := truth
		if rng.Float64() > confidence {
			labelled = []string{"Billing", "Billing", "Billing", "Product", "Other"}[rng.IntN(5)]
		}
		p.truth, p.labelled = append(p.truth, truth), append(p.labelled, labelled)
		p.score, p.scored = append(p.score, 1), append(p.scored, 1)
		confidences = append(confidences, math.Round(confidence*1e6)/1e6)
	}
	return p, confidences
}

// withConfidences adds a column of confidences to a result; -1 is an empty cell.
func withConfidences(result string, confidences []float64) string {
	lines := strings.Split(strings.TrimSuffix(result, "\n"), "\n")
	lines[0] += ",Topic_Confidence"
	for i, v := range confidences {
		cell := ""
		if v >= 0 {
			cell = strconv.FormatFloat(v, 'f', -1, 64)
		}
		lines[i+1] += "," + cell
	}
	return strings.Join(lines, "\n") + "\n"
}

// drawings is what many samples tell of the share of Billing and of the accuracy.
type drawings struct {
	corrected, accuracy []float64
	covered             int
	width               float64 // mean, of the interval of the share
}

// drawOften draws and fills samples with seeds from 0 on.
func (p *population) drawOften(t *testing.T, result string, o SampleOptions, draws int) (d drawings) {
	t.Helper()
	truth := p.share(p.truth, "Billing")
	for seed := range draws {
		o.Seed = uint64(seed)
		gold := p.fill(t, result, o)
		r := readRatings(t, ratedText("gold.csv", gold), RatingOptions{AllRows: true}, ratedText("r.csv", result))
		e := r.Estimate(nil)
		if e.Sampled != o.Rows || math.Abs(e.StandsFor-float64(e.Rows)) > 1e-6 {
			t.Fatalf("%d rows are sampled that stand for %v", e.Sampled, e.StandsFor)
		}
		l := e.Columns[0].Labels[0]
		if l.Label != "Billing" {
			t.Fatalf("the first label is %s", l.Label)
		}
		if float64(l.Low) <= truth && truth <= float64(l.High) {
			d.covered++
		}
		d.width += float64(l.High-l.Low) / float64(draws)
		d.corrected = append(d.corrected, float64(l.Corrected))
		cells := countWeighedCells(r.columns[0].codes[goldRater], r.columns[0].codes[resultRater], r.drawn)
		cells = slices.DeleteFunc(cells, func(cell weighedCell) bool { return cell.gold == emptyCode })
		d.accuracy = append(d.accuracy, accuracyOf(joinWeighedCells(cells)))
	}
	return d
}

// isUnbiased reports whether the mean of estimates is within three standard errors of the truth.
func isUnbiased(estimates []float64, truth float64) bool {
	mean, variance := meanVariance(estimates)
	return math.Abs(mean-truth) < 3*math.Sqrt(variance/float64(len(estimates)))
}

// A sample by confidence tells the truth on average, and more exactly than one of rows drawn
// alike. Its intervals hold the truth in 95 of 100, also where the model knows nothing of its mistakes:
// where every row is as sure, and where the sure rows are wrong as often as the others.
func TestSampleByConfidence(t *testing.T) {
	const draws, rows = 400, 250
	p, honest := surePopulation(2000)
	shuffled := slices.Clone(honest)
	rng := rand.New(rand.NewPCG(3, 4))
	rng.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
	partly := slices.Clone(honest)
	for i := range partly {
		if i%7 == 0 {
			partly[i] = -1
		}
	}
	truth, accuracy := p.share(p.truth, "Billing"), 0.0
	for i := range p.truth {
		if p.truth[i] == p.labelled[i] {
			accuracy += 1 / float64(len(p.truth))
		}
	}
	alike := p.drawOften(t, p.result(), SampleOptions{Rows: rows}, draws)
	for _, c := range []struct {
		name        string
		confidences []float64
		narrower    float64 // the interval than that of rows drawn alike, at least
	}{
		{"honest", honest, 0.85}, {"some without", partly, 0.95}, {"all equal", slices.Repeat([]float64{0.9}, len(honest)), 1.05}, {"of no use", shuffled, 1.15},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := p.drawOften(t, withConfidences(p.result(), c.confidences), SampleOptions{Rows: rows, By: byConfidence}, draws)
			if !isUnbiased(d.corrected, truth) || !isUnbiased(d.accuracy, accuracy) {
				share, _ := meanVariance(d.corrected)
				right, _ := meanVariance(d.accuracy)
				t.Errorf("on average a share of %.4f, truly %.4f, and an accuracy of %.4f, truly %.4f", share, truth, right, accuracy)
			}
			if covered := float64(d.covered) / draws; covered < 0.92 || covered > 0.98 {
				t.Errorf("the interval covers the truth in %.1f of 100", 100*covered)
			}
			if d.width > c.narrower*alike.width {
				t.Errorf("the interval is %.4f wide, of rows drawn alike %.4f", d.width, alike.width)
			}
			t.Logf("covered %d of %d, width %.4f, of rows drawn alike %.4f", d.covered, draws, d.width, alike.width)
		})
	}
}

// drawnRows draws a sample, and returns its records with the header, and what else is told.
func drawnRows(t *testing.T, o SampleOptions, results ...string) ([][]string, Sample) {
	t.Helper()
	var files []*RatedFile
	for i, text := range results {
		files = append(files, ratedText(fmt.Sprintf("%c.csv", 'a'+i), text))
	}
	var out bytes.Buffer
	s, err := WriteSample(context.Background(), files, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records, s
}

func TestSampleByConfidenceIsExact(t *testing.T) {
	p, confidences := surePopulation(1000)
	result := withConfidences(p.result(), confidences)
	for _, n := range []int64{1, 2, 3, 4, 5, 9, 10, 11, 97, 999, 1000, 5000} {
		records, s := drawnRows(t, SampleOptions{Rows: n, By: byConfidence, Seed: 3}, result)
		stands, strata := 0.0, map[string]int{}
		for _, r := range records[1:] {
			probability, err := strconv.ParseFloat(r[len(r)-1], 64)
			if err != nil {
				t.Fatal(err)
			}
			stands += 1 / probability
			strata[r[len(r)-2]]++
		}
		if got := int64(len(records) - 1); got != min(n, 1000) || s.Rows != got || math.Abs(stands-1000) > 1e-6 || !s.ByConfidence {
			t.Errorf("%d: %d rows that stand for %.3f", n, len(records)-1, stands)
		}
		if want := min(5, max(1, int(n/2))); len(strata) != want || len(s.Strata) != want {
			t.Errorf("%d: %d strata, want %d: %v", n, len(strata), want, strata)
		}
		for name, rows := range strata {
			if n > 1 && rows < 2 {
				t.Errorf("%d: %d rows of %s", n, rows, name)
			}
		}
		again, _ := drawnRows(t, SampleOptions{Rows: n, By: byConfidence, Seed: 3}, result)
		if fmt.Sprint(again) != fmt.Sprint(records) {
			t.Errorf("%d: another sample of the same seed", n)
		}
	}
}

// More rows are drawn where the model is unsure, and a row is as sure as its least sure value.
func TestSampleByConfidenceFavoursDoubt(t *testing.T) {
	var b strings.Builder
	b.WriteString("RowID,Message,Topic,Mood,Topic_Confidence,Mood_Confidence,Other_Confidence\n")
	for i := range 1000 {
		cells := []string{"0.999,0.999", "0.999,0.999", "0.999,0.4", "0.6,0.999", ","}[i%5]
		fmt.Fprintf(&b, "%d,m,x,y,%s,0.1\n", i, cells)
	}
	for _, c := range []struct{ by, want string }{
		{byConfidence, "confidence 0 to 0.5 56 of 200, confidence 0.5 to 0.7 55 of 200, confidence 0.99 to 1 49 of 400, no confidence 40 of 200"},
		{"Topic_Confidence", "confidence 0.5 to 0.7 69 of 200, confidence 0.99 to 1 91 of 600, no confidence 40 of 200"},
		{"Mood_Confidence", "confidence 0 to 0.5 69 of 200, confidence 0.99 to 1 91 of 600, no confidence 40 of 200"},
	} {
		_, s := drawnRows(t, SampleOptions{Rows: 200, By: c.by}, b.String())
		var got []string
		for _, stratum := range s.Strata {
			got = append(got, fmt.Sprintf("%s %d of %d", stratum.Name, stratum.Drawn, stratum.Rows))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: got %s", c.by, strings.Join(got, ", "))
		}
	}
}

func TestSampleByConfidenceColumns(t *testing.T) {
	const plain, sure = "RowID,Message,Topic\n1,m,x\n2,m,y\n", "RowID,Message,Topic,Topic_Confidence\n1,m,x,0.5\n2,m,y,0.999\n3,m,y,\n"
	for _, c := range []struct {
		name, by string
		columns  []string
		results  []string
		strata   string
		err      string
		notes    string
	}{
		{name: "none", by: byConfidence, results: []string{plain}, err: "a.csv has no column Topic_Confidence"},
		{name: "none of several", by: byConfidence, results: []string{"RowID,Message,Topic,Mood\n1,m,x,y\n"}, err: "a.csv has no column with a confidence, such as Topic_Confidence"},
		{name: "none of those to label", by: byConfidence, columns: []string{"Message"}, results: []string{sure}, err: "a.csv has no column Message_Confidence"},
		{name: "nothing to label", by: byConfidence, results: []string{"RowID,Message\n1,m\n"}, err: "a.csv has no column with a confidence"},
		{name: "none of the named one", by: "Topic_Confidence", results: []string{plain}, err: "a.csv has no column Topic_Confidence"},
		{name: "of no column", by: "Mood_Confidence", results: []string{sure}, err: "a.csv:1: missing column Mood_Confidence"},
		{name: "a part without", by: byConfidence, results: []string{sure, strings.NewReplacer("\n1", "\n11", "\n2", "\n12").Replace(plain)}, err: "b.csv:1: missing column Topic_Confidence, which the first file has"},
		{name: "two parts", by: byConfidence, results: []string{sure, strings.NewReplacer("\n1", "\n11", "\n2", "\n12", "\n3", "\n13").Replace(sure)},
			strata: "confidence 0.5 to 0.7 2, confidence 0.99 to 1 2, no confidence 2"},
		{name: "a column of that name", by: byConfidence, results: []string{"RowID,Message,Topic,confidence,Topic_Confidence\n1,m,x,low,0.5\n2,m,x,high,0.9\n"},
			strata: "low 1, high 1", notes: "--by confidence: the strata are the values of the column confidence; --by COLUMN_Confidence is for how sure the model was"},
		{name: "a column of the input of that name", by: byConfidence, columns: []string{"Topic"}, results: []string{"RowID,Message,confidence,Topic,Topic_Confidence\n1,m,low,x,0.5\n2,m,high,x,0.95\n"},
			strata: "confidence 0.5 to 0.7 1, confidence 0.9 to 0.99 1"},
		{name: "of a column that the input has too", by: "Mood_Confidence", results: []string{"RowID,Message,Mood,Validated_Mood,Validated_Mood_Confidence\n1,m,4,x,0.5\n2,m,5,y,0.95\n"},
			strata: "confidence 0.5 to 0.7 1, confidence 0.9 to 0.99 1"},
		{name: "its whole name", by: "Validated_Mood_Confidence", results: []string{"RowID,Message,Mood,Validated_Mood,Validated_Mood_Confidence\n1,m,4,x,0.5\n2,m,5,y,0.95\n"},
			strata: "confidence 0.5 to 0.7 1, confidence 0.9 to 0.99 1"},
		{name: "all empty", by: byConfidence, results: []string{"RowID,Message,Topic,Topic_Confidence\n1,m,x,\n2,m,y,\n"},
			strata: "no confidence 2", notes: "no row has a confidence: the rows are a simple random sample"},
		{name: "percent", by: byConfidence, results: []string{"RowID,Message,Topic,Topic_Confidence\n1,m,x,50\n2,m,y,0.5\n"},
			strata: "confidence 0.5 to 0.7 1, no confidence 1", notes: "Topic_Confidence: not a number from 0 to 1 in 1 row, which count as rows without one"},
		{name: "no rows", by: byConfidence, results: []string{"RowID,Message,Topic,Topic_Confidence\n"}, strata: " 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var files []*RatedFile
			for i, text := range c.results {
				files = append(files, ratedText(fmt.Sprintf("%c.csv", 'a'+i), text))
			}
			s, err := WriteSample(context.Background(), files, SampleOptions{Rows: 100, By: c.by, Columns: c.columns}, new(bytes.Buffer))
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) {
					t.Fatalf("got %v, want %s", err, c.err)
				}
				if unsaid := new(NoConfidenceError); errors.As(err, &unsaid) == strings.Contains(c.err, ":1:") {
					t.Errorf("the error is a %T", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, stratum := range s.Strata {
				got = append(got, fmt.Sprintf("%s %d", stratum.Name, stratum.Rows))
			}
			if strings.Join(got, ", ") != c.strata || strings.Join(s.Notes, "\n") != c.notes {
				t.Errorf("got %q, noted %q", got, s.Notes)
			}
		})
	}
}
