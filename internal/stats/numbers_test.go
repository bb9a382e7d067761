package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/prompt"
	"prism/internal/table"
)

func TestBinNumbers(t *testing.T) {
	for _, c := range []struct {
		name    string
		numbers []float64
		want    string // the first bin, the last and their number
	}{
		{"a scale", []float64{1, 2, 2, 5}, "[1,2)=1 [5,6)=1 of 5"},
		{"one value", []float64{7, 7}, "[7,8)=2 [7,8)=2 of 1"},
		{"tenths", []float64{0, 0.3, 0.95}, "[0,0.05)=1 [0.95,1)=1 of 20"},
		{"hundreds, with negative ones", []float64{-3, 0, 100}, "[-10,0)=1 [100,110)=1 of 12"},
		{"a few big ones", []float64{1, 1e6}, "[0,100000)=1 [1e+06,1.1e+06)=1 of 11"},
		{"whole ones near each other", []float64{1000000, 1000001}, "[1e+06,1.000001e+06)=1 [1.000001e+06,1.000002e+06)=1 of 2"},
		{"without decimals that are only rounding", []float64{0.1, 0.2, 0.3}, "[0.1,0.12)=1 [0.3,0.32)=1 of 11"},
		{"too far apart", []float64{-1.7e308, 1.7e308}, "none"},
		{"as small as numbers can be", []float64{0, 5e-324}, "[0,1e-323)=2 [0,1e-323)=2 of 1"},
		{"too near for their size", []float64{1e300, math.Nextafter(1e300, 2e300)}, "none"},
	} {
		var all []numberRows
		for _, v := range c.numbers {
			all = append(all, numberRows{v, 1})
		}
		bins := binNumbers(all, all[0].value, all[len(all)-1].value)
		got := "none"
		if len(bins) > 0 {
			first, last := bins[0], bins[len(bins)-1]
			got = fmt.Sprintf("[%v,%v)=%d [%v,%v)=%d of %d", first.From, first.To, first.Rows, last.From, last.To, last.Rows, len(bins))
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Whatever the numbers are, each is in the bin that it belongs to.
func TestBinsHoldTheirNumbers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var all []numberRows
		scale := math.Pow(10, float64(rnd.IntN(30)-15))
		for range 1 + rnd.IntN(50) {
			v := (rnd.Float64() - 0.3) * scale
			if rnd.IntN(2) == 0 {
				v = math.Round(v)
			}
			if rnd.IntN(4) == 0 {
				v = multipleOf(decimal(1, rnd.IntN(12)-6), math.Round(v)) // the edge of a bin
			}
			all = append(all, numberRows{v, int64(1 + rnd.IntN(3))})
		}
		sortNumbers(all)
		bins := binNumbers(all, all[0].value, all[len(all)-1].value)
		if len(bins) == 0 || len(bins) > maxNumberBins {
			t.Fatalf("%d bins of %v", len(bins), all)
		}
		var rows, binned int64
		for _, n := range all {
			rows += n.rows
		}
		for i, b := range bins {
			binned += b.Rows
			if i > 0 && b.From != bins[i-1].To || b.From >= b.To {
				t.Fatalf("bins %v and %v", bins[i-1], b)
			}
			var want int64
			for _, n := range all {
				if n.value >= b.From && n.value < b.To {
					want += n.rows
				}
			}
			if want != b.Rows {
				t.Fatalf("bin %v has %d rows, want %d: %v", b, b.Rows, want, all)
			}
		}
		if rows != binned {
			t.Fatalf("bins have %d rows of %d", binned, rows)
		}
	}
}

// More different numbers than are counted separately keep their mean, and their quantiles
// within an error; so in blocks and in records.
func TestManyNumbers(t *testing.T) {
	s, err := prompt.Parse([]byte(`{"system_prompt": "p", "columns_to_code": ["Topic", "Sum"],
		"columns": {"Topic": {"labels": ["A"]}, "Sum": {"type": "number", "minimum": -5000}}, "not_applicable_defaults": {"Sum": -9999}}`), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("RowID,Topic,Sum\n")
	const n = 40_001
	for i := range n {
		fmt.Fprintf(&text, "%d,A,%.2f\n", i, float64(i*7919%n)/10-1000) // -1000 to 3000
	}
	text.WriteString("50000,A,\n50001,A,many\n50002,A,-9999\n")
	records := NewDistributions(Options{Schema: s, Cross: [][]string{{"Topic", "Sum"}}})
	countText(t, records, table.CSV, text.String())
	blocks := NewDistributions(Options{Schema: s, Cross: [][]string{{"Topic", "Sum"}}})
	if err := blocks.CountFile(t.Context(), strings.NewReader(text.String()), int64(text.Len()), table.Options{Name: "f", Format: table.CSV}); err != nil {
		t.Fatal(err)
	}
	for name, counted := range map[string]*Distributions{"records": records, "blocks": blocks} {
		r := counted.Result()
		c := r.Columns[1]
		if c.Kind != Number || c.Rows != n+3 || c.MissingRows != 1 || c.OtherRows != n+2 || !c.Overflow || len(c.Values) != 0 || c.Numbers == nil {
			t.Fatalf("%s: got %+v", name, c)
		}
		m := c.Numbers
		if m.Count != n || m.Min != -1000 || m.Max != 3000 || math.Abs(m.Mean-1000) > 1e-6 {
			t.Errorf("%s: got %+v", name, m)
		}
		for _, q := range [][2]float64{{m.P25, 0}, {m.Median, 1000}, {m.P75, 2000}} {
			if math.Abs(q[0]-q[1]) > max(QuantileError*math.Abs(q[1]), 0.2) {
				t.Errorf("%s: quantile %v, want %v", name, q[0], q[1])
			}
		}
		var rows int64
		for _, b := range m.Histogram {
			rows += b.Rows
		}
		if rows != n {
			t.Errorf("%s: bins have %d rows", name, rows)
		}
		if x := r.CrossTables[0]; len(x.Counts) != 0 || x.OtherRows != n+3 {
			t.Errorf("%s: cross table %+v", name, x)
		}
	}
}

const scaleSchema = `{"system_prompt": "p", "columns_to_code": ["Areas", "Mood", "Severity", "Refund"],
  "columns": {"Areas": {"type": "labels", "labels": ["App", "Web", "Store"]}, "Mood": {"labels": ["1: bad", "2: fair", "3: good"]},
    "Severity": {"type": "integer", "minimum": 1, "maximum": 3}, "Refund": {"type": "boolean"}}}`

// Scales are in their order, several labels count one by one, and shares are of rows.
func TestTypedCrosses(t *testing.T) {
	s, err := prompt.Parse([]byte(scaleSchema), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	const text = "RowID,Areas,Mood,Severity,Refund\n1,App|Web,3: good,3,false\n2,App,3: good,3,false\n3,App|Web|Store,1: bad,1,true\n4,,2: fair,2,true\n5,[],3: good,1,false\n6,Other,Odd,3,\n"
	cross := func(a, b string) CrossTable {
		counted := NewDistributions(Options{Schema: s, Cross: [][]string{{a, b}}})
		if err := counted.CountFile(t.Context(), strings.NewReader(text), int64(len(text)), table.Options{Name: "f", Format: table.CSV}); err != nil {
			t.Fatal(err)
		}
		return counted.Result().CrossTables[0]
	}
	got := []CrossTable{cross("Areas", "Severity"), cross("Areas", "Areas"), cross("Mood", "Refund")}
	want := []CrossTable{
		{Rows: "Areas", Columns: "Severity", RowAxis: []string{"App", "Web", "Store", "Other"}, ColAxis: []string{"1", "2", "3"},
			Counts: [][]int64{{1, 0, 2}, {1, 0, 1}, {1, 0, 0}, {0, 0, 1}}, RowTotals: []int64{3, 2, 1, 1},
			RowShares: [][]float64{{1. / 3, 0, 2. / 3}, {0.5, 0, 0.5}, {1, 0, 0}, {0, 0, 1}}, PairedRows: 4, MissingRows: 2},
		{Rows: "Areas", Columns: "Areas", RowAxis: []string{"App", "Web", "Store", "Other"}, ColAxis: []string{"App", "Web", "Store", "Other"},
			Counts: [][]int64{{3, 2, 1, 0}, {2, 2, 1, 0}, {1, 1, 1, 0}, {0, 0, 0, 1}}, RowTotals: []int64{3, 2, 1, 1},
			RowShares: [][]float64{{1, 2. / 3, 1. / 3, 0}, {1, 1, 0.5, 0}, {1, 1, 1, 0}, {0, 0, 0, 1}}, PairedRows: 4, MissingRows: 2},
		{Rows: "Mood", Columns: "Refund", RowAxis: []string{"1: bad", "2: fair", "3: good", "Odd"}, ColAxis: []string{"true", "false"},
			Counts: [][]int64{{1, 0}, {1, 0}, {0, 3}, {0, 0}}, RowTotals: []int64{1, 1, 3, 0},
			RowShares: [][]float64{{1, 0}, {1, 0}, {0, 1}, {0, 0}}, PairedRows: 5, MissingRows: 1},
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Errorf("(-got +want):\n%s", d)
	}
}

func TestLeadingNumber(t *testing.T) {
	for _, c := range []struct {
		label string
		want  float64
		ok    bool
	}{{"2: bad", 2, true}, {"3", 3, true}, {"10 - best", 10, true}, {"1. poor", 1, true}, {"1.5 GB", 0, false}, {"bad", 0, false}, {"", 0, false}, {"-1", 0, false}} {
		if got, ok := leadingNumber(c.label); got != c.want || ok != c.ok {
			t.Errorf("%q: got %v, %v, want %v, %v", c.label, got, ok, c.want, c.ok)
		}
	}
}
