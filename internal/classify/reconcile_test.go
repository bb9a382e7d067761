package classify

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/checkpoint"
	"prism/internal/testutil/ollamatest"
)

// TestEditedInput: rows that changed are asked again, and no others.
func TestEditedInput(t *testing.T) {
	tests := []struct {
		name  string
		edit  func(rows []ollamatest.Row) []ollamatest.Row
		asked int64
		said  string
	}{
		{"a row changed", func(r []ollamatest.Row) []ollamatest.Row { r[3].Message += "!"; return r }, 1, "in.csv: 1 row changed since it was labelled: labelling it again"},
		{"rows changed", func(r []ollamatest.Row) []ollamatest.Row { r[3].Title += "!"; r[30].Sentiment += "!"; return r }, 2, "in.csv: 2 rows changed since they were labelled: labelling them again"},
		{"rows put first", func(r []ollamatest.Row) []ollamatest.Row {
			return slices.Concat([]ollamatest.Row{ollamatest.MakeRow(90), ollamatest.MakeRow(91)}, r)
		}, 2, ""},
		{"rows removed", func(r []ollamatest.Row) []ollamatest.Row { return slices.Delete(r, 0, 3) }, 0, "in.csv: 3 finished rows are gone from the input"},
		{"sorted", func(r []ollamatest.Row) []ollamatest.Row { slices.Reverse(r); return r }, 0, ""},
	}
	for _, tt := range tests {
		for _, drop := range []string{"", "Message"} {
			t.Run(tt.name+", drop "+drop, func(t *testing.T) {
				t.Parallel()
				srv := serve(t)
				b := newBench(t, 50, srv)
				if drop != "" {
					b.s.Output.Drop = []string{drop}
				}
				b.mustRun()
				b.rows = tt.edit(b.rows)
				b.writeRows()
				b.mustRun()
				if drop == "" {
					b.check()
				} else if got := len(b.records()); got != len(b.rows) {
					t.Errorf("%d rows, want %d", got, len(b.rows))
				}
				if got := int64(srv.Totals().Rows) - 50; got != tt.asked {
					t.Errorf("%d rows were asked again, want %d", got, tt.asked)
				}
				if said := b.said.text(); !strings.Contains(said, tt.said) || tt.said == "" && strings.Contains(said, "warning") {
					t.Errorf("said %q", said)
				}
			})
		}
	}
}

// TestEditedUnit: the rows of a unit that shifted are found again.
func TestEditedUnit(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 60, srv)
	b.s.RowStart, b.s.RowEnd = 21, 40
	b.mustRun()
	b.rows = slices.Delete(b.rows, 2, 4) // rows 41 and 42 shift into the unit, 21 and 22 out of it
	b.writeRows()
	b.mustRun()
	b.checkRows(b.rows[20:40])
	if got := srv.Totals().Rows; got != 22 {
		t.Errorf("%d rows were asked for, want 22", got)
	}
}

// TestNamesOfAnyBytes: names of files need not be UTF-8.
func TestNamesOfAnyBytes(t *testing.T) {
	srv := serve(t)
	b := newBench(t, 30, srv)
	text, err := os.ReadFile(b.s.Input)
	if err != nil {
		t.Fatal(err)
	}
	b.s.Input = filepath.Join(b.dir, "in\xff\xfe.csv")
	if err := os.WriteFile(b.s.Input, text, 0o666); err != nil {
		t.Skip(err) // a file system of UTF-8 names
	}
	b.s.OutputPath = filepath.Join(b.dir, "out\xfd.csv")
	b.s.Output.Checkpoints.Directory = filepath.Join(b.dir, "cp\xfc")
	for range 2 {
		b.mustRun()
		out, err := os.ReadFile(b.s.OutputPath)
		if err != nil {
			t.Fatal(err)
		}
		b.out = bytes.NewBuffer(out)
		b.check()
	}
	if got := srv.Totals().Rows; got != 30 {
		t.Errorf("%d rows were asked for, want 30", got)
	}
	if _, err := checkpoint.ReadSidecar(b.s.Output.Checkpoints.Directory, "r_w1"); err != nil {
		t.Errorf("the checkpoint: %v", err)
	}
}
