package stats

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prism/internal/table"
)

// ratedText is a file of this content.
func ratedText(name, text string) *RatedFile {
	return &RatedFile{Content: strings.NewReader(text), Size: int64(len(text)), Options: table.Options{Name: name}}
}

func readRatings(t *testing.T, gold *RatedFile, o RatingOptions, results ...*RatedFile) *Ratings {
	t.Helper()
	r, err := ReadRatings(context.Background(), gold, results, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func FuzzRowIndex(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 2, 1})
	f.Fuzz(func(t *testing.T, ids []byte) {
		var x rowIndex
		known := map[int64]int{}
		for i, id := range ids {
			id := int64(id) - 100
			want, isKnown := known[id]
			if !isKnown {
				want = -1
			}
			if got := x.find(id); got != want {
				t.Fatalf("find %d after %v: got %d, want %d", id, ids[:i], got, want)
			}
			if !isKnown {
				want = len(known)
				known[id] = want
			}
			if got := x.findOrAdd(id); got != want {
				t.Fatalf("add %d after %v: got %d, want %d", id, ids[:i], got, want)
			}
		}
	})
}

// The kinds of columns, and what counts as the same value in each.
func TestKindsOfRatedColumns(t *testing.T) {
	long := strings.Repeat("a long text ", 4)
	for _, c := range []struct {
		name         string
		gold, result []string
		kind         Kind
		accuracy     float64
	}{
		{"labels in another case and composition", []string{"Größe", "b", "C "}, []string{"gr\u00f6sse", "B", "c"}, Label, 2.0 / 3},
		{"decomposed", []string{"Gro\u0308ße", "b"}, []string{"Größe", "x"}, Label, 0.5},
		{"integers", []string{"3", "4", "-"}, []string{"3.0", "5", "-"}, Integer, 2.0 / 3},
		{"numbers", []string{"3.5", "1e2"}, []string{"3.50", "100"}, Number, 1},
		{"booleans", []string{"TRUE", "false"}, []string{"true", "true"}, Boolean, 0.5},
		{"several labels", []string{"a|b", "[]", "c"}, []string{"b|a", "", "c|a"}, Labels, 2.0 / 3},
		{"arrays", []string{`"[""a"",""b""]"`, "[]"}, []string{"b|a", "[]"}, Labels, 1},
		{"free text", []string{long + "1", long + "2"}, []string{long + "1", long + "3"}, Text, 0.5},
		{"an empty result", []string{"a", "b"}, []string{"a", ""}, Label, 0.5},
		{"an empty cell of gold", []string{"a", "", "b"}, []string{"a", "b", "b"}, Label, 1},
	} {
		var gold, result strings.Builder
		gold.WriteString("RowID,X\n")
		result.WriteString("RowID,X\n")
		for i := range c.gold {
			fmt.Fprintf(&gold, "%d,%s\n", i, c.gold[i])
			fmt.Fprintf(&result, "%d,%s\n", i, c.result[i])
		}
		g := readRatings(t, ratedText("gold.csv", gold.String()), RatingOptions{}, ratedText("r.csv", result.String())).Gold().Columns[0]
		// 3 and 3.0 are integers only if nobody writes 3.0
		if kind := c.kind; g.Kind != kind && !(kind == Integer && g.Kind == Number) || math.Abs(float64(g.Accuracy)-c.accuracy) > 1e-12 {
			t.Errorf("%s: got %s with accuracy %v, want %s with %v", c.name, g.Kind, g.Accuracy, c.kind, c.accuracy)
		}
	}
}

// writeRated writes rows with a label, a text and a number, in an order.
func writeRated(rows []int, label func(row int) string, text func(row int) string, number func(row int) float64) string {
	var b bytes.Buffer
	b.WriteString("Text,RowID,Topic,Score\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "\"%s\",%d,%s,%v\n", text(row), row, label(row), number(row))
	}
	return b.String()
}

// Columns with more values than are told apart are compared all the same, whatever the
// order of the rows.
func TestManyDifferentValues(t *testing.T) {
	const rows = 3 * maxDistinct
	order := make([]int, rows)
	for i := range order {
		order[i] = i
	}
	topic := func(row int) string { return []string{"a", "b", "c"}[row%3] }
	text := func(row int) string { return fmt.Sprintf("Text of row %d", row) }
	number := func(row int) float64 { return float64(row) / 4 }
	gold := writeRated(order, topic, text, number)
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(rows, func(i, k int) { order[i], order[k] = order[k], order[i] })
	wrong := func(row int) bool { return row%10 == 0 }
	result := writeRated(order, func(row int) string {
		if wrong(row) {
			return "d"
		}
		return strings.ToUpper(topic(row))
	}, func(row int) string {
		if wrong(row) {
			return "another"
		}
		return strings.ToUpper(text(row))
	}, func(row int) float64 {
		if wrong(row) {
			return number(row) + 10
		}
		return number(row)
	})
	r := readRatings(t, ratedText("gold.csv", gold), RatingOptions{}, ratedText("r.csv", result))
	for _, c := range r.Gold().Columns {
		if math.Abs(float64(c.Accuracy)-0.9) > 1e-9 || c.Rows != rows {
			t.Errorf("%s: accuracy %v of %d rows", c.Column, c.Accuracy, c.Rows)
		}
		switch c.Column {
		case "Score":
			if c.Kind != Number || math.Abs(float64(c.MAE)-1) > 1e-9 || float64(c.Spearman) < 0.999 {
				t.Errorf("Score: %s, mae %v, Spearman %v", c.Kind, c.MAE, c.Spearman)
			}
		case "Text":
			if c.Kind != Text || c.Kappa.IsDefined() {
				t.Errorf("Text: %s, kappa %v", c.Kind, c.Kappa)
			}
		}
	}
	both := readRatings(t, nil, RatingOptions{Separate: true}, ratedText("a.csv", gold), ratedText("b.csv", result)).Compare()
	for _, c := range both.Columns {
		if p := c.Pairs[0]; math.Abs(float64(p.Agreement)-0.9) > 1e-9 || p.Rows != rows {
			t.Errorf("%s: %v of %d rows agree", c.Column, p.Agreement, p.Rows)
		}
	}
	var misses bytes.Buffer
	if err := r.WriteMisses(context.Background(), table.CSV, &misses); err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(misses.String(), "\n")
	if want := 1 + 2*rows/10; lines != want || strings.Contains(misses.String(), ",Text,") {
		t.Errorf("%d lines of misses, want %d", lines, want)
	}
}

// The figures do not depend on the order of the rows, nor on how results are cut into files.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	order := rand.New(rand.NewPCG(2, 2)).Perm(500)
	text := func(row int) string { return "x" }
	number := func(row int) float64 { return float64(row % 5) }
	topic := func(row int) string { return []string{"a", "b", "c"}[row*row%7%3] }
	wrong := func(row int) string { return []string{"a", "b", "c"}[row*row%5%3] }
	sorted := slices.Sorted(slices.Values(order))
	gold := ratedText("gold.csv", writeRated(sorted, topic, text, number))
	want := readRatings(t, gold, RatingOptions{Seed: 1}, ratedText("r.csv", writeRated(sorted, wrong, text, number))).Gold()
	got := readRatings(t, gold, RatingOptions{Seed: 1}, ratedText("1.csv", writeRated(order[:200], wrong, text, number)),
		ratedText("2.csv", writeRated(order[200:], wrong, text, number))).Gold()
	a, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("got %s\nwant %s", b, a)
	}
}

func TestDuplicatesOfRatedFiles(t *testing.T) {
	one, two := "RowID,X\n1,a\n2,b\n", "RowID,X\n5,a\n2,b\n"
	_, err := ReadRatings(context.Background(), ratedText("gold.csv", one), []*RatedFile{ratedText("1.csv", one), ratedText("2.csv", two)}, RatingOptions{})
	var bad *table.Error
	if !errors.As(err, &bad) || err.Error() != "2.csv:3: duplicate RowID 2 (first in another file)" {
		t.Errorf("got %v", err)
	}
}
