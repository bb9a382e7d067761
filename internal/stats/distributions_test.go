package stats

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"prism/internal/prompt"
	"prism/internal/table"
)

func countText(t *testing.T, counted *Distributions, form table.Format, text string) {
	t.Helper()
	r, err := table.NewReader(strings.NewReader(text), table.Options{Name: "f", Format: form})
	if err == nil {
		err = counted.CountRecords(r, "f")
	}
	if err != nil {
		t.Fatal(err)
	}
}

const schemaFile = `{
  "system_prompt": "Label it.",
  "columns_to_code": ["Topic", "Sentiment", "Key_Point"],
  "validation_rules": {"valid_topic": ["Product", "Support", "Other"], "valid_sentiment": ["Good", "Bad"]},
  "not_applicable_defaults": {"Sentiment": "-", "Key_Point": "-"}
}`

func parseSchema(t *testing.T) *prompt.Schema {
	t.Helper()
	s, err := prompt.Parse([]byte(schemaFile), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const results = `RowID,Sentiment,Topic,Validated_Sentiment,Key_Point,Model_Name,Batch_Size,Run_ID
1,,Product,Good,It is good,m,10,r
2,Bad,"Product",Bad,"It, is",m,10,r
3,Bad,Support,Bad,"A ""quoted""
line",m,10,r
4,Bad,NOT_APPLICABLE,-,-,m,10,r
5,Bad,Refund,Good,Grün,m,10,r
6,Bad,Refund,Awful,,m,10,r
`

func TestDistributionsWithSchema(t *testing.T) {
	counted := NewDistributions(Options{Schema: parseSchema(t)})
	countText(t, counted, table.CSV, results)
	want := &Result{
		Schema: schemaVersion, PromptHash: parseSchema(t).Hash(), Files: []File{{"f", 6}}, Rows: 6,
		RunColumns: []RunColumn{
			{"Model_Name", []ValueCount{{"m", 6, 1, ""}}}, {"Batch_Size", []ValueCount{{"10", 6, 1, ""}}}, {"Run_ID", []ValueCount{{"r", 6, 1, ""}}},
		},
		Gate: &Gate{"Topic", 1, 1.0 / 6},
		Columns: []Column{
			{Name: "Topic", Kind: Label, Rows: 6, Distinct: 4, OrganicRows: 2, Values: []ValueCount{
				{"Product", 2, 2.0 / 6, Listed}, {"Support", 1, 1.0 / 6, Listed}, {"Other", 0, 0, Listed},
				{"NOT_APPLICABLE", 1, 1.0 / 6, NotApplicable}, {"Refund", 2, 2.0 / 6, Organic}}},
			{Name: "Validated_Sentiment", Kind: Label, Rows: 6, Distinct: 4, OrganicRows: 1, Values: []ValueCount{
				{"Bad", 2, 2.0 / 6, Listed}, {"Good", 2, 2.0 / 6, Listed}, {"-", 1, 1.0 / 6, Default}, {"Awful", 1, 1.0 / 6, Organic}}},
			{Name: "Key_Point", Kind: Text, Rows: 6, MissingRows: 1, Distinct: 5, Values: []ValueCount{}, Length: &Length{1, (10 + 6 + 15 + 1 + 4) / 5.0, 15}},
		},
		CrossTables: []CrossTable{},
	}
	if d := cmp.Diff(counted.Result(), want, cmpopts.IgnoreFields(Column{}, "Schema")); d != "" {
		t.Errorf("(-got +want):\n%s", d)
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name    string
		columns []string
		schema  bool
		want    []string
	}{
		{"all that were said of rows", nil, false, []string{"Sentiment", "Topic", "Validated_Sentiment", "Key_Point"}},
		{"the columns to code", nil, true, []string{"Topic", "Validated_Sentiment", "Key_Point"}},
		{"named", []string{"Topic", "RowID", "Topic"}, false, []string{"Topic", "RowID"}},
		{"named as the file has it", []string{"Sentiment"}, true, []string{"Sentiment"}},
		{"named as the schema has it", []string{"Validated_Sentiment", "Topic"}, true, []string{"Validated_Sentiment", "Topic"}},
	} {
		o := Options{Columns: c.columns}
		if c.schema {
			o.Schema = parseSchema(t)
		}
		counted := NewDistributions(o)
		countText(t, counted, table.CSV, results)
		var got []string
		for _, col := range counted.Result().Columns {
			got = append(got, col.Name)
		}
		if d := cmp.Diff(got, c.want); d != "" {
			t.Errorf("%s (-got +want):\n%s", c.name, d)
		}
	}
}

func TestMissingColumn(t *testing.T) {
	for _, o := range []Options{{Columns: []string{"Urgency"}}, {Schema: parseSchema(t)}} {
		r, err := table.NewReader(strings.NewReader("RowID,Message\n1,x\n"), table.Options{Name: "in.csv"})
		if err != nil {
			t.Fatal(err)
		}
		err = NewDistributions(o).CountRecords(r, "in.csv")
		var missing *MissingColumnError
		if !errors.As(err, &missing) || !strings.HasPrefix(err.Error(), "in.csv:1: missing column ") || len(missing.Columns) == 0 {
			t.Errorf("got %v, want a MissingColumnError of in.csv", err)
		}
	}
}

func TestReaderErrorsAreReturned(t *testing.T) {
	r, err := table.NewReader(strings.NewReader("RowID,T\n1,x\n2\n"), table.Options{Name: "in.csv"})
	if err != nil {
		t.Fatal(err)
	}
	var bad *table.Error
	if err := NewDistributions(Options{}).CountRecords(r, "in.csv"); !errors.As(err, &bad) || bad.Line != 3 {
		t.Errorf("got %v, want an error of line 3", err)
	}
}

// Values are the same in every format and spelling.
func TestSameValuesInAllFormats(t *testing.T) {
	counted := NewDistributions(Options{})
	countText(t, counted, table.CSV, "Topic\nA b\n\"A b\"\n")
	countText(t, counted, table.TSV, "Topic\tTitle\n\"A b\"\t1\n")
	countText(t, counted, table.JSONL, `{"Topic":"A b"}`+"\n"+`{"Topic":"A\u0020b"}`+"\n"+`{"Topic":null}`+"\n"+`{}`+"\n")
	countText(t, counted, table.JSONL, "")
	r := counted.Result()
	want := Column{Name: "Topic", Kind: Label, Rows: 7, MissingRows: 2, Distinct: 1, Values: []ValueCount{{"A b", 5, 5.0 / 7, ""}}}
	if d := cmp.Diff(r.Columns[0], want); d != "" {
		t.Errorf("(-got +want):\n%s", d)
	}
	if r.Rows != 7 || len(r.Files) != 4 {
		t.Errorf("got %d rows in %d files", r.Rows, len(r.Files))
	}
}

func TestFreeTextIsDetected(t *testing.T) {
	long := strings.Repeat("words ", 8)
	for _, c := range []struct {
		name string
		rows int
		cell func(i int) string
		want Kind
	}{
		{"a few labels", 100, func(i int) string { return fmt.Sprint(i % 3) }, Integer},
		{"every row its own", 100, func(i int) string { return fmt.Sprint(i) }, Text},
		{"few rows, short", 4, func(i int) string { return fmt.Sprint(i) }, Integer},
		{"few rows, long", 4, func(i int) string { return fmt.Sprint(i, long) }, Text},
		{"many labels", 30_000, func(i int) string { return fmt.Sprint(i % 9000) }, Integer},
		{"too many to keep", 30_000, func(i int) string { return fmt.Sprint(i % 12_000) }, Text},
		{"too long to keep", 2000, func(i int) string { return fmt.Sprint(i%500, strings.Repeat("x", 10_000)) }, Text},
		{"empty", 10, func(int) string { return "" }, Label},
	} {
		var b strings.Builder
		b.WriteString("Topic,X\n")
		for i := range c.rows {
			b.WriteString(c.cell(i) + ",\n")
		}
		counted := NewDistributions(Options{Columns: []string{"Topic"}})
		countText(t, counted, table.CSV, b.String())
		got := counted.Result().Columns[0]
		if got.Kind != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got.Kind, c.want)
		}
		if got.Kind == Text && (got.Length == nil || len(got.Values) > 0) {
			t.Errorf("%s: text with length %v and values %v", c.name, got.Length, got.Values)
		}
	}
}

// A flood of organic labels neither costs memory nor hides the listed ones.
func TestOverflowOfListedLabels(t *testing.T) {
	var b strings.Builder
	b.WriteString("Topic,X\n")
	for i := range maxDistinct + 500 {
		fmt.Fprintf(&b, "organic %d,\n", i)
	}
	b.WriteString("Support,\nSupport,\n,\n")
	counted := NewDistributions(Options{Columns: []string{"Topic"}, Schema: parseSchema(t)})
	countText(t, counted, table.CSV, b.String())
	c := counted.Result().Columns[0]
	if c.Kind != Label || !c.Overflow || c.OrganicRows != maxDistinct+500 || c.MissingRows != 1 {
		t.Errorf("got %s, overflow %v, %d organic, %d missing", c.Kind, c.Overflow, c.OrganicRows, c.MissingRows)
	}
	if v := c.Values[0]; v.Value != "Support" || v.Count != 2 || v.Class != Listed {
		t.Errorf("first value is %+v", v)
	}
	var sum int64
	for _, v := range c.Values {
		sum += v.Count
	}
	if sum+c.OtherRows+c.MissingRows != c.Rows {
		t.Errorf("%d + %d + %d rows of %d", sum, c.OtherRows, c.MissingRows, c.Rows)
	}
}

// Counts equal those of a plain map over random tables with every kind of quoting.
func TestCountsEqualAPlainCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cells := []string{"a", "b", "a,b", "say \"a\"", "two\nlines", "", " a", "ä", "\"", "\r\n"}
	for round := range 50 {
		form := []table.Format{table.CSV, table.TSV, table.JSONL, table.Format(';'), table.Format('|')}[round%5]
		e := table.NewEncoder(form, []string{"A", "B"})
		text := e.Header(nil)
		want := [2]map[string]int64{{}, {}}
		for range rng.IntN(400) + 1 {
			row := [2]string{cells[rng.IntN(len(cells))], cells[rng.IntN(3)]}
			text = e.Record(text, []table.Cell{{Bytes: []byte(row[0])}, {Bytes: []byte(row[1])}})
			for i := range row {
				want[i][row[i]]++
			}
		}
		counted := NewDistributions(Options{})
		countText(t, counted, form, string(text))
		for i, c := range counted.Result().Columns {
			got := map[string]int64{}
			for _, v := range c.Values {
				got[v.Value] = v.Count
			}
			if c.MissingRows > 0 {
				got[""] = c.MissingRows
			}
			if d := cmp.Diff(got, want[i]); d != "" {
				t.Fatalf("round %d, %s (-got +want):\n%s", round, form, d)
			}
		}
	}
}

func BenchmarkDistributions(b *testing.B) {
	var text strings.Builder
	text.WriteString("RowID,Topic,Sentiment,Urgency,Key_Point,Model_Name\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "%d,Topic %d,Sentiment %d,Urgency %d,\"The customer, number %d, waits\",llama3.2\n", i, i%7, i*i%5, i%3, i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := table.NewReader(strings.NewReader(text.String()), table.Options{})
		if err == nil {
			err = NewDistributions(Options{Columns: []string{"Topic", "Sentiment", "Urgency", "Model_Name"}}).CountRecords(r, "f")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
