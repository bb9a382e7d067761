package stats

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// population is rows with a label and a score as they are, and as a model has them: it
// says Billing ten points too often, and scores too high.
type population struct {
	truth, labelled []string
	score, scored   []int
}

func newPopulation(rows int) population {
	rng := rand.New(rand.NewPCG(5, 6))
	var p population
	for range rows {
		truth := []string{"Billing", "Product", "Shipping", "Other"}[min(3, rng.IntN(100)/28)]
		labelled := truth
		switch u := rng.Float64(); {
		case truth == "Product" && u < 0.36:
			labelled = "Billing"
		case truth == "Other" && u < 0.3, u < 0.05:
			labelled = "Shipping"
		}
		score := 1 + rng.IntN(5)
		p.truth, p.labelled = append(p.truth, truth), append(p.labelled, labelled)
		p.score, p.scored = append(p.score, score), append(p.scored, min(5, score+rng.IntN(2)))
	}
	return p
}

func (p *population) share(labels []string, label string) float64 {
	n := 0
	for _, l := range labels {
		if l == label {
			n++
		}
	}
	return float64(n) / float64(len(labels))
}

func (p *population) result() string {
	var b strings.Builder
	b.WriteString("RowID,Message,Topic,Score,Model_Name\n")
	for i, l := range p.labelled {
		fmt.Fprintf(&b, "%d,message %d,%s,%d,m\n", i+1, i+1, l, p.scored[i])
	}
	return b.String()
}

// fill draws a sample and labels it as people would.
func (p *population) fill(t *testing.T, result string, o SampleOptions) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := WriteSample(context.Background(), []*RatedFile{ratedText("r.csv", result)}, o, &out); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	topic, score := slices.Index(records[0], "Topic"), slices.Index(records[0], "Score")
	for _, r := range records[1:] {
		id, err := strconv.Atoi(r[0])
		if err != nil || r[topic] != "" || r[score] != "" {
			t.Fatalf("a row of the sample is %q", r)
		}
		r[topic], r[score] = p.truth[id-1], strconv.Itoa(p.score[id-1])
	}
	var filled bytes.Buffer
	if err := csv.NewWriter(&filled).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return filled.String()
}

// 95% intervals of corrected shares and means cover the truth in about 95 of 100 samples,
// where the shares of the model are off by ten points.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const draws = 200
	p := newPopulation(4000)
	result := p.result()
	if off := p.share(p.labelled, "Billing") - p.share(p.truth, "Billing"); math.Abs(off-0.1) > 0.015 {
		t.Fatalf("the share of the model is off by %.3f", off)
	}
	meanScore := 0.0
	for _, s := range p.score {
		meanScore += float64(s) / float64(len(p.score))
	}
	for _, by := range []string{"", "Topic"} {
		covered, cells, all := map[string]int{}, map[string]float64{}, 0.0
		for seed := range uint64(draws) {
			gold := p.fill(t, result, SampleOptions{Rows: 250, By: by, Seed: seed})
			r := readRatings(t, ratedText("gold.csv", gold), RatingOptions{AllRows: true}, ratedText("r.csv", result))
			e := r.Estimate([][2]string{{"Topic", "Topic"}})
			if e.Rows != 4000 || e.Sampled != 250 {
				t.Fatalf("%d rows, %d sampled", e.Rows, e.Sampled)
			}
			for _, l := range e.Columns[0].Labels {
				truth := p.share(p.truth, l.Label)
				if l.Labelled != Figure(p.share(p.labelled, l.Label)) {
					t.Fatalf("%s: labelled %v", l.Label, l.Labelled)
				}
				if float64(l.Low) <= truth && truth <= float64(l.High) {
					covered[l.Label]++
				}
				cells[l.Label] += float64(l.Corrected) / draws
			}
			for _, c := range e.Cross[0].Cells {
				if c.Row != c.Column && c.Corrected != 0 {
					t.Fatalf("%s and %s at once: %v", c.Row, c.Column, c.Corrected)
				}
			}
			if m := e.Columns[1].Mean; float64(m.Low) <= meanScore && meanScore <= float64(m.High) {
				covered["mean"]++
			}
			all += float64(e.Columns[1].Mean.Corrected) / draws
		}
		for name, n := range covered {
			if share := float64(n) / draws; share < 0.92 || share > 0.98 {
				t.Errorf("by %q: the interval of %s covers the truth in %.1f of 100", by, name, 100*share)
			}
		}
		if got, want := cells["Billing"], p.share(p.truth, "Billing"); math.Abs(got-want) > 0.006 || math.Abs(all-meanScore) > 0.02 {
			t.Errorf("by %q: on average Billing is %.4f, truly %.4f; the mean %.4f, truly %.4f", by, got, want, all, meanScore)
		}
	}
}

func TestSampleIsExact(t *testing.T) {
	p := newPopulation(3000)
	result := p.result()
	for _, c := range []struct {
		rows int64
		by   string
		want int
	}{{100, "", 100}, {4, "Topic", 4}, {97, "Topic", 97}, {2999, "Topic", 2999}, {3000, "", 3000}, {5000, "Topic", 3000}, {1, "", 1}} {
		var out bytes.Buffer
		sample, err := WriteSample(context.Background(), []*RatedFile{ratedText("r.csv", result)}, SampleOptions{Rows: c.rows, By: c.by, Seed: 3}, &out)
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		stands, labels := 0.0, map[string]bool{}
		for _, r := range records[1:] {
			probability, err := strconv.ParseFloat(r[len(r)-1], 64)
			if err != nil {
				t.Fatal(err)
			}
			stands += 1 / probability
			labels[r[len(r)-2]] = true
		}
		if len(records)-1 != c.want || sample.Rows != int64(c.want) || math.Abs(stands-3000) > 1e-6 || c.by != "" && len(labels) != 4 {
			t.Errorf("%d by %q: %d rows that stand for %.3f, %d strata", c.rows, c.by, len(records)-1, stands, len(labels))
		}
	}
	_, err := WriteSample(context.Background(), []*RatedFile{ratedText("r.csv", result)}, SampleOptions{Rows: 3, By: "Topic"}, new(bytes.Buffer))
	if err == nil || err.Error() != "3 rows cannot represent 4 different values" {
		t.Errorf("3 rows of 4 strata: %v", err)
	}
}

func TestAllocateSample(t *testing.T) {
	for _, c := range []struct {
		sizes []int64
		n     int64
		want  []int64
	}{
		{[]int64{100}, 10, []int64{10}},
		{[]int64{100, 1}, 10, []int64{9, 1}},
		{[]int64{900, 100}, 42, []int64{31, 11}},
		{[]int64{5, 5}, 20, []int64{5, 5}},
		{[]int64{1000, 2, 2}, 500, []int64{496, 2, 2}},
	} {
		if got := allocateSample(c.sizes, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%d of %v: got %v, want %v", c.n, c.sizes, got, c.want)
		}
	}
}

func TestRowsNeeded(t *testing.T) {
	for _, c := range []struct {
		half float64
		all  int64
		want int64
	}{{0.03, 0, 1068}, {0.05, 0, 385}, {0.03, 100_000, 1056}, {0.05, 100, 80}, {0.5, 0, 4}} {
		if got := RowsNeeded(c.half, c.all); got != c.want {
			t.Errorf("%v of %d rows: got %d, want %d", c.half, c.all, got, c.want)
		}
	}
}
