package selection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/table"
)

// newTable is a file with this name and text.
func newTable(t *testing.T, name, text string) *Table {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	o, err := table.NewOptions(name, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return &Table{f, o}
}

func parseSchema(t *testing.T, text string) *prompt.Schema {
	t.Helper()
	s, err := prompt.Parse([]byte(text), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const codebook = `{"system_prompt": "p", "columns_to_code": ["Topic", "Sentiment", "Note"],
"columns": {"Topic": {"labels": ["A", "B"]}, "Sentiment": {"labels": ["Good", "Bad"]}, "Note": {}}}`

func write(t *testing.T, in *Table, o Options) (string, Summary) {
	t.Helper()
	var b bytes.Buffer
	s, err := Write(t.Context(), *in, o, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), s
}

// Rows keep their bytes, whatever says which ones are taken.
func TestWriteKeepsBytes(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		with, without    string
		want             string
	}{
		{"all", "in.csv", "RowID,Message\n1,x\n2,y", "", "", "RowID,Message\n1,x\n2,y\n"},
		{"with", "in.csv", "RowID,Message\n1,\"a, \"\"b\"\"\nc\"\n2,x\n007,5\" y\n", "RowID\n7\n1\n9\n", "", "RowID,Message\n1,\"a, \"\"b\"\"\nc\"\n007,5\" y\n"},
		{"without", "in.csv", "\xEF\xBB\xBFRowID;Message\r\n1;a\r\n2.0;b\r\n3;c", "", "RowID;X\n2;x\n", "\xEF\xBB\xBFRowID;Message\r\n1;a\r\n3;c\r\n"},
		{"both", "in.tsv", "Message\tRowID\na\t1\nb\t2\nc\t3\n", "RowID\n1\n2\n", "RowID\n2\n", "Message\tRowID\na\t1\n"},
		{"jsonl", "in.jsonl", `{"RowID": 1, "M": [1, 2]}` + "\n\n" + `{"RowID":2}`, "RowID\n2\n1\n", "", `{"RowID": 1, "M": [1, 2]}` + "\n" + `{"RowID":2}` + "\n"},
		{"jsonl without objects", "in.jsonl", "", "RowID\n2\n", "", ""},
		{"no rows", "in.csv", "RowID,Message", "RowID\n2\n", "", "RowID,Message\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o Options
			if tt.with != "" {
				o.With = newTable(t, "with.csv", tt.with)
			}
			if tt.without != "" {
				o.Without = newTable(t, "without.csv", tt.without)
			}
			if got, _ := write(t, newTable(t, tt.file, tt.text), o); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The columns that a model fills, and what comes with them, are left out.
func TestWriteBlind(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{"gold", "in.csv", "RowID,Message,Topic,Sentiment,Note\n1,\"a\nb\",A,Good,x\n", "RowID,Message\n1,\"a\nb\"\n"},
		{"the input has a Sentiment too", "in.csv", "RowID;Sentiment;Message;Topic;Validated_Sentiment;Stratum;Inclusion_Probability\r\n1;Bad;\"x;y\";A;Good;;0.1\r\n",
			"RowID;Sentiment;Message\r\n1;Bad;\"x;y\"\r\n"},
		{"a result", "in.csv", "RowID,Message,Topic,Topic_Confidence,Sentiment,Model_Name,Batch_Size,Run_ID,Reviewed\n1,x,A,0.9,Good,m,10,r,Topic\n", "RowID,Message\n1,x\n"},
		{"nothing to leave out", "in.csv", "RowID,Message,Other\n1,x,\"y\"\n", "RowID,Message,Other\n1,x,\"y\"\n"},
		{"jsonl", "in.jsonl", `{"RowID":1,"Topic":"A","Message":"x"}` + "\n", `{"RowID":1,"Message":"x"}` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := write(t, newTable(t, tt.file, tt.text), Options{Blind: parseSchema(t, codebook)}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// numbered is a table of n rows.
func numbered(n int) string {
	var b strings.Builder
	b.WriteString("RowID,Message\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,\"message\n%d\"\n", i+1, i+1)
	}
	return b.String()
}

// idsOf are the RowIDs of such a table.
func idsOf(t *testing.T, text string) (ids []int) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if id, _, ok := strings.Cut(line, ",\"message"); ok {
			n, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, n)
		}
	}
	return ids
}

func TestDraw(t *testing.T) {
	in := newTable(t, "in.csv", numbered(241))
	seen := map[string]bool{}
	for _, tt := range []struct {
		draw string
		want int64
	}{{"1", 1}, {"120", 120}, {"50%", 120}, {"100%", 241}, {"0.1%", 0}, {"241", 241}, {"999", 241}} {
		d, err := ParseDraw(tt.draw)
		if err != nil {
			t.Fatal(err)
		}
		text, s := write(t, in, Options{Draw: d, Seed: 3})
		ids := idsOf(t, text)
		if s != (Summary{241, tt.want}) || int64(len(ids)) != tt.want || !slices.IsSorted(ids) || len(slices.Compact(ids)) != len(ids) {
			t.Errorf("%s: got %+v, %d", tt.draw, s, ids)
		}
		again, _ := write(t, in, Options{Draw: d, Seed: 3})
		if again != text {
			t.Errorf("%s: another draw with the same seed", tt.draw)
		}
	}
	for seed := range uint64(20) {
		text, _ := write(t, in, Options{Draw: Draw{Rows: 2}, Seed: seed})
		seen[text] = true
	}
	if len(seen) < 18 {
		t.Errorf("20 seeds drew %d different samples", len(seen))
	}
}

// Each row is drawn about equally often.
func TestDrawIsEven(t *testing.T) {
	in := newTable(t, "in.csv", numbered(10))
	counts := make([]int, 11)
	const draws = 2000
	for seed := range uint64(draws) {
		text, _ := write(t, in, Options{Draw: Draw{Rows: 3}, Seed: seed})
		for _, id := range idsOf(t, text) {
			counts[id]++
		}
	}
	for id, n := range counts[1:] {
		if n < 520 || n > 680 { // 600, and four standard deviations
			t.Errorf("row %d was drawn %d times of %d", id+1, n, draws)
		}
	}
}

func TestShuffle(t *testing.T) {
	in := newTable(t, "in.csv", numbered(100))
	text, _ := write(t, in, Options{Shuffle: true, Seed: 1})
	ids := idsOf(t, text)
	if slices.IsSorted(ids) {
		t.Error("the rows are in the order of the table")
	}
	if again, _ := write(t, in, Options{Shuffle: true, Seed: 1}); again != text {
		t.Error("another order with the same seed")
	}
	if other, _ := write(t, in, Options{Shuffle: true, Seed: 2}); other == text {
		t.Error("the same order with another seed")
	}
	slices.Sort(ids)
	for i, id := range ids {
		if id != i+1 {
			t.Fatalf("row %d is missing", i+1)
		}
	}
	some, _ := write(t, in, Options{Shuffle: true, Draw: Draw{Rows: 5}, Seed: 1, With: newTable(t, "with.csv", numbered(50))})
	if ids := idsOf(t, some); len(ids) != 5 || slices.Max(ids) > 50 {
		t.Errorf("got %d", ids)
	}
}

func TestUnsure(t *testing.T) {
	const input = "RowID,Message\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n8,h\n"
	const result = "RowID,Message,Topic,Sentiment,Note,Topic_Confidence,Sentiment_Confidence,Batch_Size\n" +
		"1,a,A,Good,n,0.9,0.8,10\n" + // both reach their thresholds
		"2,b,A,Good,n,0.899999,0.99,10\n" + // one does not
		"3,c,NOT_APPLICABLE,-,-,0.95,,10\n" + // the gate is sure, and nothing else has a value
		"4,d,NOT_APPLICABLE,-,-,0.5,,10\n" +
		"5,e,B,Bad,n,,,10\n" + // the server did not tell
		"6,f,NOT_APPLICABLE,-,-,,,0\n" + // blank: no model says more
		"8,h,B,Bad,n,1,1,10\n" // 7 failed
	topic, sentiment := Threshold{"Topic", 0.9}, Threshold{"Sentiment", 0.8}
	for _, tt := range []struct {
		name       string
		thresholds []Threshold
		want       []int
	}{
		{"both", []Threshold{topic, sentiment}, []int{2, 4, 5, 7}},
		{"the gate alone", []Threshold{topic}, []int{2, 4, 5, 7}},
		{"not the gate", []Threshold{sentiment}, []int{3, 4, 5, 7}},
		{"any confidence", []Threshold{{"Topic", 0}}, []int{5, 7}},
		{"the surest alone", []Threshold{{"Topic", 1}}, []int{1, 2, 3, 4, 5, 7}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := &Unsure{Result: *newTable(t, "r.csv", result), Schema: parseSchema(t, codebook), Thresholds: tt.thresholds}
			text, _ := write(t, newTable(t, "in.csv", input), Options{Unsure: u})
			var ids []int
			for line := range strings.Lines(text) {
				if id, err := strconv.Atoi(line[:strings.IndexByte(line, ',')]); err == nil {
					ids = append(ids, id)
				}
			}
			if !slices.Equal(ids, tt.want) {
				t.Errorf("got %d, want %d", ids, tt.want)
			}
		})
	}
}

// The codebook's name of a column means the model's where the input has one too.
func TestUnsureOfValidatedColumn(t *testing.T) {
	const result = "RowID,Sentiment,Topic,Validated_Sentiment,Topic_Confidence,Validated_Sentiment_Confidence\n1,x,A,Good,1,0.5\n2,x,A,Good,1,0.7\n"
	for _, name := range []string{"Sentiment", "Validated_Sentiment"} {
		u := &Unsure{Result: *newTable(t, "r.csv", result), Schema: parseSchema(t, codebook), Thresholds: []Threshold{{name, 0.6}}}
		if text, _ := write(t, newTable(t, "in.csv", "RowID\n1\n2\n"), Options{Unsure: u}); text != "RowID\n1\n" {
			t.Errorf("%s: got %q", name, text)
		}
	}
}

func TestErrors(t *testing.T) {
	result := "RowID,Topic,Topic_Confidence\n1,A,0.5\n"
	unsure := func(text string, thresholds ...Threshold) Options {
		return Options{Unsure: &Unsure{Result: *newTable(t, "r.csv", text), Schema: parseSchema(t, codebook), Thresholds: thresholds}}
	}
	for _, tt := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"twice", "RowID\n1\n1\n", Options{}, "in.csv:3: duplicate RowID 1 (first on line 2)"},
		{"no RowID", "ID\n1\n", Options{}, "in.csv:1: missing column RowID"},
		{"with has none", "RowID\n1\n", Options{With: newTable(t, "w.csv", "ID\n1\n")}, "w.csv:1: missing column RowID"},
		{"without has a text", "RowID\n1\n", Options{Without: newTable(t, "w.csv", "RowID\nx\n")}, `w.csv:2: invalid RowID "x"`},
		{"result without RowID", "RowID\n1\n", unsure("ID,Topic\n1,A\n", Threshold{"Topic", 0.5}), "r.csv:1: missing column RowID"},
		{"no confidences", "RowID\n1\n", unsure(result, Threshold{"Sentiment", 0.5}), "r.csv:1: missing column Sentiment_Confidence"},
		{"unknown column", "RowID\n1\n", unsure(result, Threshold{"Mood", 0.5}), "r.csv:1: the threshold of Mood: unknown column"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			_, err := Write(t.Context(), *newTable(t, "in.csv", tt.text), tt.o, &b)
			var bad *table.Error
			if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), tt.want) || b.Len() > 0 {
				t.Errorf("got %v and %q, want %s", err, &b, tt.want)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err := Write(ctx, *newTable(t, "in.csv", numbered(5)), Options{}, &bytes.Buffer{})
	if !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"", "0", "-1", "x", "0%", "101%", "%", "NaN%", "1.5"} {
		if d, err := ParseDraw(bad); err == nil {
			t.Errorf("ParseDraw(%q) = %v", bad, d)
		}
	}
	if got, err := ParseThreshold("a=b,c=0.5"); err != nil || got != (Threshold{"a=b,c", 0.5}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "Topic", "=0.5", "Topic=", "Topic=1.1", "Topic=-0.1", "Topic=NaN", "Topic=x"} {
		if v, err := ParseThreshold(bad); err == nil {
			t.Errorf("ParseThreshold(%q) = %v", bad, v)
		}
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"Topic=0.5", "a=b=1", "=", "x=1e-300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseThreshold(s)
		if err == nil && (v.Column == "" || !(v.Least >= 0 && v.Least <= 1) || !strings.HasPrefix(s, v.Column+"=")) {
			t.Errorf("ParseThreshold(%q) = %v", s, v)
		}
	})
}
