package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/job"
)

// TestOutputsAreKnown: a later process knows what earlier ones wrote, and what one was about to
// write when it was killed.
func TestOutputsAreKnown(t *testing.T) {
	dir := t.TempDir()
	first, second := Output{Sum: "a", Rows: 3, Size: 30, InputSum: "in"}, Output{Sum: "b", Rows: 4}
	for _, step := range []struct {
		name   string
		record func(*Store) error
		want   []Output
	}{
		{"nothing yet", func(*Store) error { return nil }, nil},
		{"killed while it writes the first", func(s *Store) error { return s.RecordPending(first) }, []Output{first}},
		{"written", func(s *Store) error { return s.RecordOutput(first) }, []Output{first}},
		{"killed while it writes the second", func(s *Store) error { return s.RecordPending(second) }, []Output{first, second}},
		{"written in the place of the first", func(s *Store) error { return s.RecordOutput(second) }, []Output{second}},
	} {
		s := mustOpen(t, dir)
		if err := step.record(s); err != nil {
			t.Fatal(err)
		}
		s = reopen(t, s)
		got, err := s.Outputs()
		if err != nil || !slices.Equal(got, step.want) {
			t.Errorf("%s: got %+v, %v, want %+v", step.name, got, err, step.want)
		}
		mustClose(t, s)
	}
	s := mustOpen(t, "")
	defer mustClose(t, s)
	if err := s.RecordOutput(first); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Outputs(); err != nil || got != nil {
		t.Errorf("without a folder: got %+v, %v", got, err)
	}
}

// planOf is a run of one unit in a folder, whose output has a text.
func planOf(t *testing.T, output string) (*job.Manifest, job.UnitPlan) {
	t.Helper()
	dir := t.TempDir()
	m := &job.Manifest{RunID: "run", Base: dir, Config: &job.Config{}, Paths: job.Paths{OutputDir: "out", CheckpointDir: "cp", LogsDir: "logs"}, Files: []job.File{{Label: "a", InputFile: "a.csv"}}}
	u := job.UnitPlan{Unit: job.Unit{Unit: 1, Label: "a", InputSum: "in"}, OutputName: "run_a_w1.csv"}
	putFile(t, m.UnitOutput(u), output)
	return m, u
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// record keeps o as the output of the unit; nil: its checkpoint knows of none.
func record(t *testing.T, m *job.Manifest, o *Output) {
	t.Helper()
	s := mustOpen(t, m.Path(m.Paths.CheckpointDir))
	if o != nil {
		if err := s.RecordOutput(*o); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
}

func TestIsCurrentOutput(t *testing.T) {
	for _, c := range []struct {
		name      string
		output    *Output // that the checkpoint knows
		student   string  // what prism-cascade noted; empty: the job has no student
		replanned bool
		want      bool
	}{
		{"nothing is known", nil, "", false, true},
		{"nothing is known of rows that were planned again", nil, "", true, false},
		{"the rows of now", &Output{InputSum: "in"}, "", true, true},
		{"other rows", &Output{InputSum: "before"}, "", false, false},
		{"a student and the rows of now", nil, "in 100\n", true, true},
		{"a student and other rows", &Output{InputSum: "in"}, "before 100\n", false, false},
		{"a student that was not done", &Output{InputSum: "in"}, "in", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, u := planOf(t, "x")
			u.Replanned = c.replanned
			record(t, m, c.output)
			if c.student != "" {
				m.Config.Model.Student = 100
				putFile(t, m.CascadeDonePath("a"), c.student)
			}
			if got := IsCurrentOutput(m, u); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestHasWholeOutput(t *testing.T) {
	const three = "RowID,Topic\n1,a\n2,\"b\nc\"\n3,d\n"
	for _, c := range []struct {
		name, text string
		output     *Output
		student    string
		want       bool
	}{
		{"as large as it was written", three, &Output{Rows: 3, Size: int64(len(three))}, "", true},
		{"smaller, with as many rows", three, &Output{Rows: 3, Size: 1000}, "", true},
		{"smaller, with fewer rows", three, &Output{Rows: 4, Size: 1000}, "", false},
		{"torn within a row", strings.TrimSuffix(three, "c\"\n3,d\n"), &Output{Rows: 1, Size: 1000}, "", false},
		{"nothing is known", three, nil, "", true},
		{"empty, and nothing is known", "", nil, "", false},
		{"a student, all bytes", three, nil, "in 28", true},
		{"a student, too few bytes", three, nil, "in 29", false},
		{"a student, empty", "", nil, "in 0", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, u := planOf(t, c.text)
			record(t, m, c.output)
			if c.student != "" {
				m.Config.Model.Student = 100
				putFile(t, m.CascadeDonePath("a"), c.student)
			}
			if got := HasWholeOutput(m, u); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	m, u := planOf(t, three)
	if err := os.Remove(m.UnitOutput(u)); err != nil {
		t.Fatal(err)
	}
	if !HasWholeOutput(m, u) {
		t.Error("an output that is not there is told to lack rows")
	}
}
