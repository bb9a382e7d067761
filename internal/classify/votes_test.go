package classify

import (
	"math"
	"reflect"
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
				t.Errorf("unlisted labels: %v", got.Organic)
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
