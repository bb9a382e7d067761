package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prism/internal/testutil/ollamatest"
)

var testColumns = []ollamatest.Column{{Name: "Topic", Labels: []string{"Billing", "Other"}}, {Name: "Key_Point"}}

func makeTable(n int) []ollamatest.Row {
	table := make([]ollamatest.Row, n)
	for i := range table {
		table[i] = ollamatest.MakeRow(i + 1)
	}
	return table
}

// labelsOf is a row of a result, with the labels that the fake server gives from.
func labelsOf(id int64, from ollamatest.Row) labelled {
	r := labelled{id: id}
	for _, c := range testColumns {
		r.labels = append(r.labels, ollamatest.Cell(c, from))
	}
	return r
}

func TestJudge(t *testing.T) {
	table := makeTable(3)
	a, b, c := labelsOf(1001, table[0]), labelsOf(1002, table[1]), labelsOf(1003, table[2])
	cut := table[1]
	cut.Message = cut.Message[10:]
	for _, tt := range []struct {
		name   string
		result []labelled
		failed map[int64]bool
		want   verdict
	}{
		{"all is well, in any order", []labelled{c, a, b}, nil, verdict{}},
		{"nothing came", nil, nil, verdict{lost: 3}},
		{"a row is missing", []labelled{a, c}, nil, verdict{lost: 1}},
		{"a row is missing and named", []labelled{a, c}, map[int64]bool{1002: true}, verdict{failed: 1}},
		{"a row was named and came later", []labelled{a, b, c}, map[int64]bool{1002: true}, verdict{}},
		{"two rows have each other's labels", []labelled{a, labelsOf(1002, table[2]), labelsOf(1003, table[1])}, nil, verdict{otherRow: 2}},
		{"labels of a text that was cut", []labelled{a, labelsOf(1002, cut), c}, nil, verdict{otherText: 1}},
		{"a label is missing", []labelled{a, {1002, []string{b.labels[0], ""}}, c}, nil, verdict{otherText: 1}},
		{"a label of each of two rows", []labelled{a, {1002, []string{b.labels[0], c.labels[1]}}, c}, nil, verdict{otherText: 1}},
		{"a row comes twice", []labelled{a, b, b, c}, nil, verdict{tooMany: 1}},
		{"a row comes twice, once with another's labels", []labelled{a, b, labelsOf(1002, table[0]), c}, nil, verdict{tooMany: 1, otherRow: 1}},
		{"a row that the table does not have", []labelled{a, b, c, labelsOf(9, table[0])}, nil, verdict{tooMany: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(table, testColumns, tt.result, tt.failed); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A table that was edited is judged by the version that the result fits.
func TestJudgeVersions(t *testing.T) {
	all := makeTable(4)
	before, after := all[:3], all[1:]
	resultOf := func(rows ...ollamatest.Row) (result []labelled) {
		for _, r := range rows {
			result = append(result, labelsOf(r.ID, r))
		}
		return result
	}
	for _, tt := range []struct {
		name   string
		result []labelled
		want   verdict
	}{
		{"of the first version", resultOf(before...), verdict{}},
		{"of the second version", resultOf(after...), verdict{}},
		{"of neither", resultOf(all[0], all[2], all[3]), verdict{lost: 1, tooMany: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := judgeVersions([][]ollamatest.Row{before, after}, testColumns, tt.result, nil); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestReadResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	if got, err := readResult(path, testColumns); got != nil || err != nil {
		t.Errorf("no file: got %v, %v", got, err)
	}
	text := `{"RowID":1001,"Message":"m","Topic":"Billing","Key_Point":"k"}
{"RowID":1002,"Topic":null}
{"RowID":null,"Topic":"Billing"}
{"RowID":1003,"Topic":"Bil{"RowID":1004,"Topic":"Other","Key_Point":"k"}
{"RowID":10`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := readResult(path, testColumns)
	want := []labelled{{1001, []string{"Billing", "k"}}, {1002, []string{"", ""}}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(labelled{})); err != nil || d != "" {
		t.Errorf("%v, want and got differ:\n%s", err, d)
	}
}

func TestReadFailed(t *testing.T) {
	dir := t.TempDir()
	list, ranges := filepath.Join(dir, "failed.txt"), filepath.Join(dir, "failed.json")
	for _, read := range []func(string) (map[int64]bool, error){readFailedList, readFailedRanges} {
		if got, err := read(filepath.Join(dir, "none")); len(got) != 0 || err != nil {
			t.Errorf("no file: got %v, %v", got, err)
		}
	}
	if err := os.WriteFile(list, []byte("1001\n\nnull\n1002\n1001"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ranges, []byte(`{"run_id":"r","rows":[{"position":1,"row_id":1001},{"position":2,"row_id":1002}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	want := map[int64]bool{1001: true, 1002: true}
	if got, err := readFailedList(list); err != nil || !cmp.Equal(got, want) {
		t.Errorf("list: got %v, %v", got, err)
	}
	if got, err := readFailedRanges(ranges); err != nil || !cmp.Equal(got, want) {
		t.Errorf("ranges: got %v, %v", got, err)
	}
	if got, err := readFailedRanges(list); err == nil {
		t.Errorf("a list that is no JSON: got %v", got)
	}
}

func TestSaidSo(t *testing.T) {
	for _, tt := range []struct {
		name  string
		codes []int
		want  bool
	}{
		{"nothing", []int{0}, false},
		{"failed rows", []int{3, 3}, true},
		{"only at first", []int{1, 0}, true},
		{"killed", []int{137, 0}, false},
		{"killed, then an error", []int{137, 1}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := saidSo(tt.codes); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTableRow(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    outcome
		want string
	}{
		{"all is well", outcome{codes: []int{0}, repeated: 3}, "| f | t | 0 | 0 | 0 | 0 | 0 | 0 | 3 |  |"},
		{"failed rows", outcome{verdict: verdict{failed: 1}, codes: []int{3, 3}}, "| f | t | 3, 3 | 0 | 1 | 0 | 0 | 0 | 0 | yes |"},
		{"silently", outcome{verdict: verdict{lost: 1, otherRow: 2, otherText: 3, tooMany: 4}, codes: []int{0}}, "| f | t | 0 | 1 | 0 | 2 | 3 | 4 | 0 | no |"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.o.tableRow("f", "t")
			if got != tt.want || strings.Count(got, "|") != strings.Count(strings.Split(tableHeader, "\n")[0], "|") {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
