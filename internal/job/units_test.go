package job

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/fsutil"
	"prism/internal/table"
)

func TestParseRanges(t *testing.T) {
	for text, want := range map[string][]Range{
		"1-100,101-300": {{1, 100}, {101, 300}}, "7": {{7, 7}}, "5-": {{5, 0}}, " 2-3 , 1-1": {{2, 3}, {1, 1}},
	} {
		got, err := ParseRanges(text)
		if diff := cmp.Diff(got, want); diff != "" || err != nil {
			t.Errorf("%q: %v (-got +want):\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"":         `invalid range "" (want 1-100, or 101- for the rest)`,
		"0-5":      `invalid range "0-5" (want 1-100, or 101- for the rest)`,
		"5-4":      `invalid range "5-4" (want 1-100, or 101- for the rest)`,
		"1-5-7":    `invalid range "1-5-7" (want 1-100, or 101- for the rest)`,
		"1-5,5-9":  "ranges 1-5 and 5-9 overlap",
		"3-,1-3":   "ranges 3- and 1-3 overlap",
		"1-2,x-10": `invalid range "x-10" (want 1-100, or 101- for the rest)`,
	} {
		if got, err := ParseRanges(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestCut(t *testing.T) {
	in := "RowID,x\n1,a\n2,\"b\nb\"\n3,c\n4,d\n5,e\n"
	tests := []struct {
		name string
		c    Cutting
		want []Unit
	}{
		{"shares", Cutting{Workers: 2}, []Unit{
			{Unit: 7, RowStart: 1, RowEnd: 3, Rows: 3, ByteStart: 8, ByteEnd: 24},
			{Unit: 8, RowStart: 4, RowEnd: 5, Rows: 2, ByteStart: 24, ByteEnd: 32},
		}},
		{"more workers than rows", Cutting{Workers: 99}, []Unit{
			{Unit: 7, RowStart: 1, RowEnd: 1, Rows: 1, ByteStart: 8, ByteEnd: 12},
			{Unit: 8, RowStart: 2, RowEnd: 2, Rows: 1, ByteStart: 12, ByteEnd: 20},
			{Unit: 9, RowStart: 3, RowEnd: 3, Rows: 1, ByteStart: 20, ByteEnd: 24},
			{Unit: 10, RowStart: 4, RowEnd: 4, Rows: 1, ByteStart: 24, ByteEnd: 28},
			{Unit: 11, RowStart: 5, RowEnd: 5, Rows: 1, ByteStart: 28, ByteEnd: 32},
		}},
		{"rows", Cutting{Rows: 4}, []Unit{
			{Unit: 7, RowStart: 1, RowEnd: 4, Rows: 4, ByteStart: 8, ByteEnd: 28},
			{Unit: 8, RowStart: 5, RowEnd: 5, Rows: 1, ByteStart: 28, ByteEnd: 32},
		}},
		{"ranges", Cutting{Ranges: []Range{{4, 0}, {2, 2}, {6, 9}}}, []Unit{
			{Unit: 7, RowStart: 4, RowEnd: 5, Rows: 2, ByteStart: 24, ByteEnd: 32},
			{Unit: 8, RowStart: 2, RowEnd: 2, Rows: 1, ByteStart: 12, ByteEnd: 20},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cut(t, in, tt.c)
			for i := range tt.want {
				u := &tt.want[i]
				u.Label, u.Input, u.InputSize = "l", "f.csv", 32
				u.InputSum, u.FileSum = sumOf(in[:8]+in[u.ByteStart:u.ByteEnd]), sumOf(in)
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
		})
	}
	want := []Unit{{Unit: 7, Label: "l", Input: "f.csv", RowStart: 1, ByteStart: 8, ByteEnd: 8, InputSize: 8}}
	got := cut(t, "RowID,x\n", Cutting{Workers: 4})
	want[0].InputSum, want[0].FileSum = sumOf("RowID,x\n"), sumOf("RowID,x\n")
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("no rows (-got +want):\n%s", diff)
	}
}

func sumOf(text string) string {
	var sum fsutil.Checksum
	sum.Update([]byte(text))
	return sum.String()
}

func cut(t *testing.T, in string, c Cutting) []Unit {
	t.Helper()
	f := strings.NewReader(in)
	o := table.Options{Name: "f.csv"}
	sum, err := table.Check(context.Background(), f, f.Size(), table.CheckOptions{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	units, err := Cut(context.Background(), f, sum, o, "l", c, 7, true)
	if err != nil {
		t.Fatal(err)
	}
	return units
}

func TestSharesDifferByOneAtMost(t *testing.T) {
	for rows := int64(1); rows < 60; rows++ {
		for workers := 1; workers < 20; workers++ {
			next, least, most := int64(1), rows, int64(0)
			for _, r := range (Cutting{Workers: workers}).ranges(rows) {
				if r.Start != next {
					t.Fatalf("%d rows, %d workers: range from %d, want %d", rows, workers, r.Start, next)
				}
				n := r.End - r.Start + 1
				next, least, most = r.End+1, min(least, n), max(most, n)
			}
			if next != rows+1 || most-least > 1 {
				t.Errorf("%d rows, %d workers: up to %d, shares of %d to %d", rows, workers, next-1, least, most)
			}
		}
	}
}

func TestLabels(t *testing.T) {
	got := Labels([]string{"data/q 1.csv", "b/Q 1.tsv", "-", "-x.jsonl", ".hidden.csv", "a.b.csv", "naïve 東京.csv", "'; rm -rf $HOME.csv", "notes.txt", "c.csv.gz", "c.xlsx", "c.JSON", ".gz", "d.zst", strings.Repeat("é", 300)})
	want := []string{"q_1", "Q_1_2", "stdin", "_x", "_hidden", "a.b", "naïve_東京", "___rm_-rf__HOME", "notes.txt", "c", "c_2", "c_3", "_gz", "d", strings.Repeat("é", 90)}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}
