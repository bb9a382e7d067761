package stats

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/table"
)

// A file counted by blocks gives what it gives record by record, whatever its
// quoting, and whether its facts stand last or not.
func TestBlocksCountLikeRecords(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	texts := []string{"a", "bc", "def,", "say \"a\"", "two\nlines", "", "exactly8", "nine byte", "sixteen bytes ok", "seventeen bytes o", "ä€", "\"", "\r\n",
		strings.Repeat("a longer text, ", 9)}
	for _, form := range []table.Format{table.CSV, table.TSV, table.JSONL, table.Format(';')} {
		for _, names := range [][]string{
			{"RowID", "Topic", "Free", "Mood", "Model_Name", "Batch_Size", "Run_ID"},
			{"RowID", "Model_Name", "Topic", "Free", "Mood", "Run_ID", "Batch_Size"},
			{"Topic", "Mood", "Free"},
		} {
			e := table.NewEncoder(form, names)
			text := e.Header(nil)
			for i := range 30_000 {
				cells := make([]table.Cell, len(names))
				for k, n := range names {
					cells[k].Bytes = []byte(texts[rng.IntN(len(texts))])
					switch n {
					case "RowID":
						cells[k].Bytes = fmt.Append(nil, i)
					case "Free":
						cells[k].Bytes = fmt.Appendf(nil, "%d ä \"%s\"", rng.IntN(20_000), cells[k].Bytes)
					}
				}
				text = e.Record(text, cells)
			}
			o := Options{Cross: [][]string{{"Mood", "Topic"}, {"Topic", "Free"}}}
			slow, quick := NewDistributions(o), NewDistributions(o)
			countText(t, slow, form, string(text))
			err := quick.CountFile(context.Background(), bytes.NewReader(text), int64(len(text)), table.Options{Name: "f", Format: form})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(quick.Result(), slow.Result()); d != "" {
				t.Errorf("%s, %v (-blocks +records):\n%s", form, names, d)
			}
		}
	}
}

func TestCrossOfManyValues(t *testing.T) {
	var b strings.Builder
	b.WriteString("A,B\n")
	for i := range 50_000 {
		fmt.Fprintf(&b, "a%d,b%d\n", i%400, i%300)
	}
	b.WriteString(",b1\n")
	counted := NewDistributions(Options{Cross: [][]string{{"A", "B"}}})
	countText(t, counted, table.CSV, b.String())
	c := counted.Result().CrossTables[0]
	var sum int64
	for _, row := range c.Counts {
		for _, n := range row {
			sum += n
		}
	}
	if len(c.RowAxis) != maxAxisValues || len(c.ColAxis) != maxAxisValues || c.RowAxis[maxAxisValues-1] != "" || sum+c.OtherRows+c.MissingRows != 50_001 || c.MissingRows != 1 {
		t.Errorf("got %d × %d values, %d + %d + %d rows", len(c.RowAxis), len(c.ColAxis), sum, c.OtherRows, c.MissingRows)
	}
}
