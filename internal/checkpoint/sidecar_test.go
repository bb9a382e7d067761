package checkpoint

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestChangedConditions: rows that were made under other conditions are refused by what changed,
// unless that may change.
func TestChangedConditions(t *testing.T) {
	hash := func(c string) string { return strings.Repeat(c, 64) }
	for _, c := range []struct {
		name   string
		change func(*Sidecar)
		want   string // of the message; empty: the rows are taken
		what   string // may change
	}{
		{"nothing", func(*Sidecar) {}, "", ""},
		{"a hash", func(s *Sidecar) { s.DependsOn["schema"] = hash("b") }, "schema was aaaaaaaaaaaa…, is bbbbbbbbbbbb…", ""},
		{"a condition that there was not", func(s *Sidecar) { s.DependsOn["seed"] = "7" }, "seed was not set, is 7", ""},
		{"one that may change", func(s *Sidecar) { s.DependsOn["prompt"] = "p2" }, "", "prompt"},
		{"one that may, one that may not", func(s *Sidecar) { s.DependsOn["prompt"], s.DependsOn["model digest"] = "p2", "d2" }, "model digest was d1, is d2; prompt was p1, is p2", "prompt"},
		{"a column of the output", func(s *Sidecar) { s.Columns = append(s.Columns, "Areas") }, "the columns were Position,RowID,Message,Topic, are Position,RowID,Message,Topic,Areas", ""},
		{"the name of a column of the input", func(s *Sidecar) { s.InputColumns = []string{"RowID", "Comment"} }, "column 2 of the input was Message, is Comment", ""},
		{"a new column of the input", func(s *Sidecar) { s.InputColumns = []string{"RowID", "Message", "Title"} }, "column 3 of the input was not set, is Title", ""},
		{"a column of the input that is gone", func(s *Sidecar) { s.InputColumns = []string{"RowID"} }, "column 2 of the input was Message, is not set", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			conditions := func(s *Sidecar) { s.DependsOn["schema"], s.InputColumns = hash("a"), []string{"RowID", "Message"} }
			s, err := open(t, dir, func(_ *Options, side *Sidecar) { conditions(side) })
			if err != nil {
				t.Fatal(err)
			}
			add(t, s, 1, 2)
			mustClose(t, s)
			s, err = open(t, dir, func(o *Options, side *Sidecar) {
				conditions(side)
				c.change(side)
				if c.what != "" {
					o.MayChange = func(d Difference) bool { return d.What == c.what }
				}
			})
			if err == nil {
				defer mustClose(t, s)
				if n := s.FinishedRows(); c.want != "" || n != 2 {
					t.Errorf("got %d rows, want error %q", n, c.want)
				}
				return
			}
			var mismatch *MismatchError
			if !errors.As(err, &mismatch) || c.want == "" || !strings.HasSuffix(err.Error(), ": "+c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestRecordsOfTheSidecar: what was noted beside the conditions outlives a change of these.
func TestRecordsOfTheSidecar(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if err := errors.Join(s.RecordContract([]string{"http://a"}), s.RecordOutput(Output{Sum: "a"})); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s, err := open(t, dir, func(o *Options, side *Sidecar) {
		side.DependsOn["prompt"] = "p2"
		o.MayChange = func(Difference) bool { return true }
	})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	side, err := ReadSidecar(dir, s.job)
	if err != nil || side.DependsOn["prompt"] != "p2" || side.Output == nil || side.Output.Sum != "a" || len(side.Contract) != 1 {
		t.Errorf("got %+v, %v", side, err)
	}
}

// TestCheckpointOfAnotherJob: a checkpoint that was renamed is refused, with what to do.
func TestCheckpointOfAnotherJob(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 1)
	mustClose(t, s)
	other := NewSidecar("RUN_w1", columns, nil)
	if err := os.Rename(s.path(".json"), newStore(Options{Dir: dir}, other).path(".json")); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Options{Dir: dir}, other)
	var mistaken *OtherJobError
	if !errors.As(err, &mistaken) || mistaken.JobID != "run_w1" || !strings.Contains(err.Error(), `"run_w1"`) || !strings.Contains(mistaken.Hint(), "--run-id") {
		t.Errorf("got %v, want that it is of job run_w1", err)
	}
}

func TestReadDamagedSidecar(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"cut", `{"job_id": "run_w1", "columns": ["Posi`}, {"empty", ""}, {"no columns", `{"job_id": "run_w1"}`}, {"no position", `{"columns": ["RowID"]}`},
	} {
		dir := t.TempDir()
		putFile(t, (&Store{dir: dir, job: "run_w1"}).path(".json"), c.text)
		var damage *DamageError
		if _, err := ReadSidecar(dir, "run_w1"); !errors.As(err, &damage) {
			t.Errorf("%s: got %v, want damage", c.name, err)
		}
	}
}
