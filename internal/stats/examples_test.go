package stats

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prism/internal/table"
)

// exampleFile is a file of rows whose texts say which they are.
func exampleFile(text string) ExampleFile {
	return ExampleFile{&RatedFile{Content: strings.NewReader(text), Size: int64(len(text)), Options: table.Options{Name: "f", Format: table.CSV}}, "Message"}
}

// Examples have their value, are different rows, and are the same however the rows are cut
// into files.
func TestReadExamples(t *testing.T) {
	const head = "RowID,Message,Topic\n"
	labels := []string{"A", "B", "C"}
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("%d,\"text %d of %s\",%s\n", i, i, labels[i*i%3], labels[i*i%3]))
	}
	o := ExampleOptions{Columns: []Column{{Name: "Topic", Kind: Label, Values: []ValueCount{{Value: "A"}, {Value: "B"}, {Value: "C"}}}}, Values: 3, Rows: []int64{17, 9999}, Seed: 1}
	read := func(seed uint64, files ...ExampleFile) *Examples {
		o := o
		o.Seed = seed
		e, err := ReadExamples(t.Context(), files, o)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	whole := read(1, exampleFile(head+strings.Join(rows, "")))
	cut := read(1, exampleFile(head+strings.Join(rows[:1234], "")), exampleFile(head+strings.Join(rows[1234:], "")))
	other := read(2, exampleFile(head+strings.Join(rows, "")))
	for _, label := range []string{"A", "B"} {
		got := whole.Of("Topic", label)
		if len(got) != examplesOfValue || !slices.Equal(got, cut.Of("Topic", label)) || slices.Equal(got, other.Of("Topic", label)) {
			t.Errorf("%s: got %v, in parts %v, with another seed %v", label, got, cut.Of("Topic", label), other.Of("Topic", label))
		}
		for i, e := range got {
			if want := fmt.Sprintf("text %d of %s", e.RowID, label); e.Text != want || slices.Contains(got[:i], e) {
				t.Errorf("%s: got %q, want %q", label, e.Text, want)
			}
		}
	}
	if got := whole.Of("Topic", "C"); len(got) != 0 {
		t.Errorf("a value without rows has %v", got)
	}
	if got := whole.Texts; got[17] != "text 17 of B" || got[9999] != "" || len(got) != 2 {
		t.Errorf("got texts %v", got)
	}
	if e := read(1, exampleFile("RowID,Topic\n1,A\n")); e != nil || e.Of("Topic", "A") != nil {
		t.Errorf("a file without texts has %v", e)
	}
}

func TestExampleTextsAreShort(t *testing.T) {
	for _, c := range []struct{ name, cell, want string }{
		{"lines", "\"a\n b\tc\"", "a b c"},
		{"long", strings.Repeat("é", 1000), strings.Repeat("é", maxExampleText-1) + "…"},
		{"long and quoted", `"` + strings.Repeat(`""x, `, 5000) + `"`, ""},
	} {
		o := ExampleOptions{Columns: []Column{{Name: "Topic", Kind: Label, Values: []ValueCount{{Value: "A"}}}}, Values: 1}
		e, err := ReadExamples(t.Context(), []ExampleFile{exampleFile("RowID,Message,Topic\n1," + c.cell + ",A\n")}, o)
		if err != nil {
			t.Fatal(err)
		}
		got := e.Of("Topic", "A")[0].Text
		if c.want != "" && got != c.want || len([]rune(got)) > maxExampleText {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}
