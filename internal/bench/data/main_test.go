package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readRows returns the records of a table without its header, which must be want.
func readRows(t *testing.T, path, want string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if got := strings.Join(records[0], ",") + "\n"; got != want {
		t.Fatalf("%s: header %q, want %q", path, got, want)
	}
	return records[1:]
}

func compareIDs(a, b []string) int {
	x, _ := strconv.Atoi(a[0])
	y, _ := strconv.Atoi(b[0])
	return x - y
}

func TestTables(t *testing.T) {
	const rows, parts = 300, 4
	dir := t.TempDir()
	if code := run([]string{"-rows", strconv.Itoa(rows), "-parts", strconv.Itoa(parts), "-dir", dir}, t.Output()); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	feedback := readRows(t, filepath.Join(dir, "feedback.csv"), feedbackHeader)
	results := readRows(t, filepath.Join(dir, "results.csv"), resultHeader)
	for name, table := range map[string][][]string{"feedback": feedback, "results": results} {
		if len(table) != rows {
			t.Errorf("%s: %d rows, want %d", name, len(table), rows)
		}
		for i, r := range table {
			if r[0] != strconv.Itoa(i+1) {
				t.Fatalf("%s: row %d has RowID %s", name, i+1, r[0])
			}
		}
	}
	if !slices.ContainsFunc(feedback, func(r []string) bool { return strings.Contains(r[2], "\n") }) {
		t.Error("no message has a newline")
	}
	for kind, sorted := range map[string]bool{"shuffled": false, "sorted": true, "ranges": true} {
		var all [][]string
		for p := range parts {
			part := readRows(t, filepath.Join(dir, kind+"_part000"+strconv.Itoa(p+1)+".csv"), resultHeader)
			if got := slices.IsSortedFunc(part, compareIDs); got != sorted {
				t.Errorf("%s part %d: sorted %v, want %v", kind, p+1, got, sorted)
			}
			all = append(all, part...)
		}
		if got := slices.IsSortedFunc(all, compareIDs); got != (kind == "ranges") {
			t.Errorf("%s: all parts in order: %v", kind, got)
		}
		slices.SortFunc(all, compareIDs)
		if !slices.EqualFunc(all, results, slices.Equal[[]string]) {
			t.Errorf("%s: the parts do not have the rows of results.csv", kind)
		}
	}
}

// Models are right in most rows, and in other rows than each other.
func TestRatings(t *testing.T) {
	const rows = 300
	dir := t.TempDir()
	if err := writeRatings(dir, rows); err != nil {
		t.Fatal(err)
	}
	gold := readRows(t, filepath.Join(dir, "gold.csv"), goldHeader)
	var wrong [4][]int
	for model := 1; model <= 3; model++ {
		for i, r := range readRows(t, filepath.Join(dir, "model"+strconv.Itoa(model)+".csv"), resultHeader) {
			if r[0] != gold[i][0] {
				t.Fatalf("row %d of model %d has RowID %s", i+1, model, r[0])
			}
			if r[2] != gold[i][1] {
				wrong[model] = append(wrong[model], i)
			}
		}
		if n := len(wrong[model]); n < rows/30 || n > rows/5 {
			t.Errorf("model %d is wrong in %d rows", model, n)
		}
	}
	if slices.Equal(wrong[1], wrong[2]) {
		t.Error("two models are wrong in the same rows")
	}
}

func TestSameBytes(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if err := writeTables(dir, 50, 2); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"feedback.csv", "results.csv", "shuffled_part0002.csv"} {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs (%v, %v)", name, errX, errY)
		}
	}
}

func TestErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"no folder", nil, 2},
		{"unknown flag", []string{"-x"}, 2},
		{"not a folder", []string{"-dir", file}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(c.args, io.Discard); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}
