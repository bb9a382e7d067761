package classify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/reply"
)

func TestMajorityOf(t *testing.T) {
	s, err := prompt.Parse([]byte(`{"system_prompt": "s", "columns_to_code": ["Topic", "Areas", "Severity", "Wish"],
		"columns": {"Topic": {"labels": ["Price", "Staff", "App"]}, "Areas": {"type": "labels", "labels": ["a", "b"]}, "Severity": {"type": "integer"}, "Wish": {}},
		"not_applicable_defaults": {"Severity": 0}}`), "codebook")
	if err != nil {
		t.Fatal(err)
	}
	const gated = "NOT_APPLICABLE, , 0, -"
	for _, c := range []struct {
		name  string
		votes []string // the values of each
		want  string
		share string // agreement; - for none
	}{
		{"all agree", []string{"App, a, 1, x", "App, a, 1, x", "App, a, 1, x"}, "App, a, 1, x", "1, 1, 1, 1"},
		{"two of three, column by column", []string{"App, a, 1, x", "Price, a|b, 1, y", "App, a|b, 2, y"}, "App, a|b, 1, y", "0.67, 0.67, 0.67, 0.67"},
		{"the label first listed wins a tie", []string{"App, a, 2, x", "Staff, b, 1, y"}, "Staff, a, 2, x", "0.5, 0.5, 0.5, 0.5"},
		{"a listed label before another", []string{"Pets, a, 1, x", "App, a, 1, x"}, "App, a, 1, x", "0.5, 1, 1, 1"},
		{"of labels that are not listed the first", []string{"Pets, a, 1, x", "Cars, a, 1, x"}, "Pets, a, 1, x", "0.5, 1, 1, 1"},
		{"three ways, the first listed", []string{"App, a, 3, x", "Staff, a, 2, y", "Price, a, 1, z"}, "Price, a, 3, x", "0.33, 1, 0.33, 0.33"},
		{"the text of a vote that won", []string{"Staff, a, 1, x", "App, b, 1, y", "App, b, 1, z"}, "App, b, 1, y", "0.67, 0.67, 1, 0.33"},
		{"of these the text that most have", []string{"App, b, 1, y", "App, b, 1, z", "Staff, a, 1, z"}, "App, b, 1, z", "0.67, 0.67, 1, 0.67"},
		{"not the text that most have, where they lost", []string{"Staff, a, 1, x", "Price, b, 1, x", "App, b, 1, y", "App, b, 1, z"}, "App, b, 1, y", "0.5, 0.75, 1, 0.25"},
		{"the text of a vote that applies", []string{gated, "App, a, 1, -", "Staff, a, 1, x", "Staff, b, 2, y"}, "Staff, a, 1, x", "0.5, 0.5, 0.5, 0.25"},
		{"most say that it is not applicable", []string{gated, "App, a, 1, x", gated}, gated, "0.67, -, -, -"},
		{"some say that it is not applicable", []string{gated, "App, a, 1, x", "App, b, 1, y"}, "App, a, 1, x", "0.67, 0.33, 0.67, 0.33"},
		{"half say that it is not applicable", []string{gated, "App, a, 1, x"}, "App, a, 1, x", "0.5, 0.5, 0.5, 0.5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var votes []reply.Row
			for i, text := range c.votes {
				v := reply.Row{RowID: 7, Values: strings.Split(text, ", "), Confidence: []float64{float64(i+1) / 10, math.NaN(), 0.5, math.NaN()}}
				v.Gate = v.Values[0] == prompt.NotApplicable
				if l := v.Values[0]; l == "Pets" || l == "Cars" {
					v.Organic = []reply.Label{{Column: "Topic", Label: l}}
				}
				votes = append(votes, v)
			}
			got := majorityOf(s, votes)
			if text := strings.Join(got.Values, ", "); text != c.want || got.RowID != 7 || got.Gate != (c.want == gated) {
				t.Errorf("got %q, want %q", text, c.want)
			}
			if share := sharesText(got.Agreement); share != c.share {
				t.Errorf("agreement: got %s, want %s", share, c.share)
			}
			if organic := len(got.Organic) > 0; organic != (got.Values[0] == "Pets") {
				t.Errorf("organic labels: %v", got.Organic)
			}
			sum, n := 0.0, 0.0
			for i := range votes {
				if votes[i].Values[0] == got.Values[0] {
					sum, n = sum+votes[i].Confidence[0], n+1
				}
			}
			if got.Confidence[0] != sum/n || !math.IsNaN(got.Confidence[1]) {
				t.Errorf("confidence %v, want the mean %v of the votes for the label", got.Confidence, sum/n)
			}
		})
	}
}

// A server may leave out of any reply how sure the model was.
func TestMajorityWithoutSomeConfidences(t *testing.T) {
	s, err := prompt.Parse([]byte(`{"system_prompt": "s", "columns_to_code": ["Topic"], "columns": {"Topic": {"labels": ["Price", "Staff"]}}}`), "codebook")
	if err != nil {
		t.Fatal(err)
	}
	vote := func(label string, confidence ...float64) reply.Row {
		return reply.Row{Values: []string{label}, Confidence: confidence}
	}
	for _, c := range []struct {
		name  string
		votes []reply.Row
		want  string
	}{
		{"none in the first", []reply.Row{vote("Price"), vote("Price", 0.5), vote("Staff", 0.75)}, "0.5"},
		{"none in the last", []reply.Row{vote("Price", 0.25), vote("Price", 0.75), vote("Price")}, "0.5"},
		{"NaN in one", []reply.Row{vote("Price", math.NaN()), vote("Price", 0.5)}, "0.5"},
		{"none for the label", []reply.Row{vote("Price"), vote("Price"), vote("Staff", 0.75)}, "-"},
	} {
		if got := sharesText(majorityOf(s, c.votes).Confidence); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if got := majorityOf(s, []reply.Row{vote("Price"), vote("Price")}); got.Confidence != nil {
		t.Errorf("nobody asked: got %v", got.Confidence)
	}
}

// Of two rows there is one other order, which random numbers alone would miss every second time.
func TestInOtherOrder(t *testing.T) {
	for n := 1; n < 6; n++ {
		rows := make([]*row, n)
		for i := range rows {
			rows[i] = new(row)
		}
		for seed := range uint64(50) {
			got := inOtherOrder(rows, rand.New(rand.NewPCG(seed, 0)))
			if slices.Equal(got, rows) != (n == 1) {
				t.Errorf("%d rows, seed %d: the order is the same", n, seed)
			}
			for _, r := range rows {
				if !slices.Contains(got, r) || len(got) != n {
					t.Fatalf("%d rows, seed %d: a row is lost", n, seed)
				}
			}
		}
	}
}

func sharesText(shares []float64) string {
	columns := make([]int, len(shares))
	rounded := make([]float64, len(shares))
	for i := range shares {
		columns[i], rounded[i] = i, math.Round(shares[i]*100)/100
	}
	cells := strings.Split(string(appendShares(nil, columns, rounded)), ",")[1:]
	for i := range cells {
		if cells[i] == "" {
			cells[i] = "-"
		}
	}
	return strings.Join(cells, ", ")
}

func TestAppendShares(t *testing.T) {
	got := string(appendShares(nil, []int{0, 1, 2, 3, 4, 5}, []float64{0, 1, 2. / 3, 0.5, math.NaN(), 1e-9}))
	if want := ",0,1,0.666667,0.5,,0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(appendShares(nil, []int{0, 1}, nil)); got != ",," {
		t.Errorf("without shares: got %q", got)
	}
	if !reflect.DeepEqual(appendShares(nil, nil, []float64{1}), []byte(nil)) {
		t.Error("a share without a column")
	}
}

// TestVotesOfARun: each row is asked for as often as there are votes, in other batches, and has the
// share of those that agree beside its labels. All votes agree here, as the server's labels depend on
// the row alone.
func TestVotesOfARun(t *testing.T) {
	s := serve(t)
	b := newBench(t, 25, s)
	b.s.Model.Votes = 3
	b.mustRun()
	b.check()
	for _, record := range b.records() {
		if got := record[7:9]; got[0] != "1" || got[1] != "1" && got[1] != "" {
			t.Fatalf("got agreements %q, want 1 of the topic, and 1 or none of the tone in %q", got, record)
		}
	}
	for id, times := range s.Sent() {
		if times != 3 {
			t.Errorf("row %d was asked for %d times, want 3", id, times)
		}
	}
	asked := map[string]bool{}
	for _, c := range s.Calls() {
		order := fmt.Sprint(c.RowIDs)
		if asked[order] && len(c.RowIDs) > 0 {
			t.Errorf("two calls asked for the rows %s in this order", order)
		}
		asked[order] = true
	}
}
