package merge

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/extsort"
	"prism/internal/job"
	"prism/internal/table"
)

// splitText cuts a table into n parts with headers, as prism-split --write does.
func splitText(t *testing.T, text string, format table.Format, n int, noIDs bool) []string {
	t.Helper()
	f := strings.NewReader(text)
	o := table.Options{Name: "in", Format: format}
	sum, err := table.Check(context.Background(), f, f.Size(), table.CheckOptions{Options: o, NoIDs: noIDs})
	if err != nil {
		t.Fatalf("%v in %.200q", err, text)
	}
	units, err := job.Cut(context.Background(), f, sum, o, "in", job.Cutting{Workers: n}, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, u := range units {
		parts = append(parts, text[:sum.Header.Size]+text[u.ByteStart:u.ByteEnd])
	}
	return parts
}

func inputs(t *testing.T, format table.Format, texts ...string) []Input {
	t.Helper()
	dir := t.TempDir()
	var in []Input
	for i, text := range texts {
		name := filepath.Join(dir, fmt.Sprintf("part%d.%s", i+1, format))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := table.Open(context.Background(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		in = append(in, Input{File: f, Options: table.Options{Name: name, Format: format}})
	}
	return in
}

// joined is what Write writes, to a stream and to an output that can be written again.
func joined(t *testing.T, in []Input, o Options) (string, Result) {
	t.Helper()
	var stream, again bytes.Buffer
	r, err := Write(context.Background(), in, o, Output{Writer: &stream})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Write(context.Background(), in, o, Output{Writer: &again, Rewind: func() error { again.Reset(); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if stream.String() != again.String() {
		t.Errorf("a stream gets %d bytes, a file %d", stream.Len(), again.Len())
	}
	return stream.String(), r
}

func TestSplitAndMergeGiveTheInputBack(t *testing.T) {
	long := strings.Repeat("a long field, \"\"quoted\"\"\r\nwith lines\n", 12_000)
	tests := map[string]struct {
		text   string
		format table.Format
	}{
		"lf":           {"RowID,x,y\n1,a,b\n2,c,d\n3,e,f\n", table.CSV},
		"crlf":         {"RowID,x,y\r\n1,a,b\r\n2,c,d\r\n3,e,f\r\n", table.CSV},
		"mixed ends":   {"RowID,x,y\r\n1,a,b\n2,c,d\r\n3,e,f\n", table.CSV},
		"bom":          {"\xEF\xBB\xBFRowID,x\n1,a\n2,b\n", table.CSV},
		"newlines":     {"RowID,x,y\n1,\"a\nb\",c\n2,\"a\r\nb\",\"\n\"\n3,\"\r\n\",\n", table.CSV},
		"bare quotes":  {"RowID,x,y\n1,5\" screen,b\n2,a\"b\"c,\"\"\n3,\"\"\"q\"\"\",x\"\n", table.CSV},
		"unicode":      {"RowID,x\n1,naïve 東京 😀\n2,\"Ü, \u2028\"\n3,e\u0301\n", table.CSV},
		"blank fields": {"RowID,x,y\n1,,\n2,\"\",\n3,, \n", table.CSV},
		"400 kB field": {"RowID,x\n1,a\n2,\"" + long + "\"\n3,b\n4," + strings.Repeat("z", 400_000) + "\n", table.CSV},
		"negative ids": {"x,RowID\na,-9223372036854775808\nb,-1\nc,0\nd,9223372036854775807\n", table.CSV},
		"tsv":          {"RowID\tx\n1\ta,b\n2\t\"c\td\"\n", table.TSV},
		"semicolons":   {"\xEF\xBB\xBFRowID;x\r\n1;a,b\r\n2;\"c;d\"\r\n3;5\" screen\r\n", table.AnyCSV},
		"pipes":        {"RowID|x\n1|a;b\n2|\"c|d\"\n", table.AnyCSV},
		"tabs":         {"RowID\tx\n1\ta;b\n2\t\"c\td\"\n", table.AnyCSV},
		"whole floats": {"RowID,x\n-1.0,\n007,a\n8.00,b\n\"17.0\",c\n", table.CSV},
		"jsonl":        {"{\"RowID\":1,\"x\":\"\\u0041\"}\n{ \"x\" : null, \"RowID\":\"2\" }\n{\"RowID\":3}\n", table.JSONL},
	}
	for name, tt := range tests {
		for _, n := range []int{1, 2, 3, 16} {
			t.Run(fmt.Sprintf("%s in %d parts", name, n), func(t *testing.T) {
				in := inputs(t, tt.format, splitText(t, tt.text, tt.format, n, false)...)
				for _, o := range []Options{{Concat: true}, {Memory: 1 << 20}} {
					got, r := joined(t, in, o)
					if got != tt.text {
						t.Errorf("in turn %v: got %.300q\nwant %.300q", o.Concat, got, tt.text)
					}
					if r.Dropped != 0 || r.Parts != len(in) {
						t.Errorf("in turn %v: %+v", o.Concat, r)
					}
				}
			})
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("RowID,x\n1,a\n2,\"b\n\"\n", 2, false)
	f.Add("x\n\n\"\"\na\"\n", 3, false)
	f.Add("a,b\r\n\r\n1,2\r\n\n", 2, false)
	f.Add("a\tb\n\"x\n\"\t\"\"\n", 2, true)
	f.Fuzz(func(t *testing.T, text string, n int, tab bool) {
		format := table.CSV
		if tab {
			format = table.TSV
		}
		src := strings.NewReader(text)
		o := table.CheckOptions{Options: table.Options{Format: format}, NoIDs: true}
		if sum, err := table.Check(context.Background(), src, src.Size(), o); err != nil || sum.Header.Index(table.RowID) >= 0 {
			return
		}
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		src = strings.NewReader(text)
		if _, err := table.Check(context.Background(), src, src.Size(), o); err != nil {
			return
		}
		parts := splitText(t, text, format, n%20, true)
		for _, part := range parts {
			if kind, _ := table.DetectKind([]byte(part)); kind != table.PlainText {
				return // so few bytes, and so many zeros among them, that it looks like UTF-16
			}
		}
		got, _ := joined(t, inputs(t, format, parts...), Options{Concat: true})
		if got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	})
}

// tableOf makes n rows with their IDs in the order given, of uneven sizes.
func tableOf(ids []int) string {
	var b strings.Builder
	b.WriteString("Topic,RowID,Text\n")
	for _, id := range ids {
		r := rand.New(rand.NewPCG(uint64(id), 9))
		fmt.Fprintf(&b, "%s,%d,\"%s\n%d\"\n", []string{"Billing", "Support", "12", "3.5", ""}[r.IntN(5)], id, strings.Repeat("text ", r.IntN(80)), r.IntN(10))
	}
	return b.String()
}

// sortedTable sorts records of tableOf by a key of their ID, keeping their order else.
func sortedTable(ids []int, key func(a, b int) int) string {
	ids = slices.Clone(ids)
	slices.SortStableFunc(ids, key)
	return tableOf(ids)
}

func byID(a, b int) int { return a - b }

func byTopic(a, b int) int {
	rank := []int{3, 4, 1, 0, 2} // of the topics in tableOf
	topic := func(id int) int { return rand.New(rand.NewPCG(uint64(id), 9)).IntN(5) }
	return rank[topic(a)] - rank[topic(b)]
}

func TestSortOfLargeParts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := rand.New(rand.NewPCG(5, 6))
	const n = 40_000
	shuffled := r.Perm(n)
	spread := make([][]int, 3) // each ascending, interleaved
	for id := range n {
		p := r.IntN(3)
		spread[p] = append(spread[p], id)
	}
	almost := slices.Clone(spread[0]) // unsorted at its very end
	almost = append(almost[1:], almost[0])
	tests := map[string][][]int{
		"shuffled":                  {shuffled[:n/4], shuffled[n/4 : n/2], shuffled[n/2:]},
		"sorted":                    spread,
		"one sorted between others": {shuffled[:n/2], spread[0], shuffled[n/2:]},
		"less sorted than it looks": {almost, spread[1]},
	}
	for name, lists := range tests {
		t.Run(name, func(t *testing.T) {
			var texts []string
			for _, ids := range lists {
				texts = append(texts, tableOf(ids))
			}
			all := slices.Concat(lists...)
			in := inputs(t, table.CSV, texts...)
			for _, memory := range []int64{1, 64 << 20} {
				o := Options{Memory: memory, OnDuplicate: extsort.KeepLast}
				want := sortedTable(all, byID)
				if name == "one sorted between others" {
					unique := slices.Clone(all)
					slices.Sort(unique)
					want = tableOf(slices.Compact(unique))
				}
				if got, _ := joined(t, in, o); got != want {
					t.Errorf("by RowID in %d bytes: %d bytes, want %d", memory, len(got), len(want))
				}
				if name == "one sorted between others" {
					continue
				}
				o.SortBy = "Topic"
				if got, _ := joined(t, in, o); got != sortedTable(all, byTopic) {
					t.Errorf("by Topic in %d bytes: other bytes than wanted", memory)
				}
			}
		})
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("temporary files left: %v", left)
	}
}

// A few bytes of CSV can make a long JSON object.
func TestSortOfRecordsThatBecomeLonger(t *testing.T) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("%s %d", strings.Repeat("a long name of a column", 3), i))
	}
	var in, want strings.Builder
	in.WriteString(strings.Join(names, ",") + ",RowID\n")
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&in, "%s%d\n", strings.Repeat(",", 30), n-i)
		want.WriteByte('{')
		for _, name := range names {
			fmt.Fprintf(&want, "%q:\"\",", name)
		}
		fmt.Fprintf(&want, "\"RowID\":%d}\n", i+1)
	}
	got, _ := joined(t, inputs(t, table.CSV, in.String()), Options{Memory: 64 << 20, Format: table.JSONL})
	if got != want.String() {
		t.Errorf("got %d bytes, want %d", len(got), want.Len())
	}
}

func TestKeysAreOrdered(t *testing.T) {
	want := []string{
		"-1e300", "-9223372036854775808", "-2", "-1.5", "-0", "0.5", "1", "1.0", "7", "10", "9007199254740992", "9007199254740993",
		"9223372036854775807", "1e30", "", "+", ".", "0x10", "1_000", "A", "a", "ab", "abcdefgh", "abcdefghi", "inf", "nan", "é",
	}
	for i := range want {
		for j := range want {
			a, b := appendKey(nil, []byte(want[i])), appendKey(nil, []byte(want[j]))
			got := bytes.Compare(a, b)
			if want[i] == "1" && want[j] == "1.0" || want[i] == "1.0" && want[j] == "1" {
				if got != 0 {
					t.Errorf("1 and 1.0 are not equal")
				}
				continue
			}
			if (i < j) != (got < 0) || (i == j) != (got == 0) {
				t.Errorf("%q and %q compare as %d", want[i], want[j], got)
			}
		}
	}
}
