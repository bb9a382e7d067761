package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prism/internal/table"
)

// inputOf makes the rows of an input from texts "ID,message".
func inputOf(rows []string) InputRows { return inputPart(rows, 1, len(rows), true) }

// inputPart has positions first to last of an input.
func inputPart(rows []string, first, last int, toEnd bool) InputRows {
	return func(each func(InputRow) error) (bool, error) {
		for i := first - 1; i < min(last, len(rows)); i++ {
			var id int64
			if _, err := fmt.Sscanf(rows[i], "%d,", &id); err != nil {
				return false, err
			}
			row := InputRow{Pos: int64(i + 1), Line: int64(i + 2), RowID: id, Record: []byte(rows[i])}
			if err := each(row); err != nil {
				return false, err
			}
		}
		return toEnd, nil
	}
}

// labelled is the record that a part has of a row.
func labelled(row string) string {
	id, message, _ := strings.Cut(row, ",")
	return fmt.Sprintf("%s,%s,label of %s", id, message, message)
}

// finish makes a checkpoint in which the rows are read, and some finished or failed.
func finish(t *testing.T, dir string, rows []string, state func(i int) State) {
	t.Helper()
	s := mustOpen(t, dir)
	defer mustClose(t, s)
	for i, row := range rows {
		pos := int64(i + 1)
		if same, err := s.MatchOrRecord(pos, []byte(row)); err != nil || !same {
			t.Fatalf("row %d: %v, %v", pos, same, err)
		}
		var err error
		switch state(i) {
		case Finished:
			err = s.Append([]Row{{pos, []byte(labelled(row))}})
		case Failed:
			err = s.Fail(Failure{Position: pos, RowID: int64(i), Reason: row})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// statesOf describes the rows of an input as the checkpoint has them.
func statesOf(t *testing.T, s *Store, rows []string) []string {
	t.Helper()
	var got []string
	failed := map[int64]string{}
	if err := s.EachFailure(func(f Failure) error { failed[f.Position] = f.Reason; return nil }); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		pos := int64(i + 1)
		switch s.State(pos) {
		case Finished:
			records, err := s.ReadResumed(pos, pos)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.TrimSpace(string(records[0])))
		case Failed:
			got = append(got, "failed "+failed[pos])
		default:
			got = append(got, "unfinished "+row)
		}
	}
	return got
}

func numbered(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("%d,message %d", 100+i, i)
	}
	return rows
}

// TestReconcile: what the input still has keeps its labels, at its new place.
func TestReconcile(t *testing.T) {
	tests := []struct {
		name string
		edit func(rows []string) []string
		want Changes
	}{
		{"nothing", func(r []string) []string { return r }, Changes{}},
		{"one row changed", func(r []string) []string { r[4] += "!"; return r }, Changes{Changed: 1}},
		{"three changed", func(r []string) []string { r[0] += "!"; r[8] += "!"; r[9] += "!"; return r }, Changes{Changed: 3}},
		{"a row inserted first", func(r []string) []string { return slices.Insert(r, 0, "1,new") }, Changes{}},
		{"rows removed", func(r []string) []string { return slices.Delete(r, 5, 7) }, Changes{Gone: 2}},
		{"the end removed", func(r []string) []string { return r[:12] }, Changes{Gone: 4}},
		{"rows appended", func(r []string) []string { return append(r, "1,new", "2,newer") }, Changes{}},
		{"reversed", func(r []string) []string { slices.Reverse(r); return r }, Changes{}},
		{"all changed", func(r []string) []string {
			for i := range r {
				r[i] += "!"
			}
			return r
		}, Changes{Changed: 15}},
		{"RowIDs swapped", func(r []string) []string { r[1], r[2] = "101,message 2", "102,message 1"; return r }, Changes{Changed: 2}},
		{"no rows left", func([]string) []string { return nil }, Changes{Gone: 15}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			rows := numbered(20)
			state := func(i int) State { // 15 of the first 18 finished, 2 failed
				switch {
				case i == 3 || i == 13:
					return Failed
				case i >= 17:
					return Unfinished
				}
				return Finished
			}
			finish(t, dir, rows, state)
			var want []string
			edited := tt.edit(slices.Clone(rows))
			for _, row := range edited {
				switch i := slices.Index(rows, row); {
				case i < 0 || state(i) == Unfinished:
					want = append(want, "unfinished "+row)
				case state(i) == Failed:
					want = append(want, "failed "+row)
				default:
					want = append(want, labelled(row))
				}
			}
			for again := range 2 {
				s := mustOpen(t, dir)
				got, err := s.Reconcile(1, inputOf(edited))
				if err != nil {
					t.Fatal(err)
				}
				if again == 0 && got != tt.want || again > 0 && got != (Changes{}) {
					t.Errorf("time %d: got %+v, want %+v", again, got, tt.want)
				}
				if got := statesOf(t, s, edited); !slices.Equal(got, want) {
					t.Errorf("time %d:\n got %q\nwant %q", again, got, want)
				}
				for pos, row := range edited {
					if same, err := s.MatchOrRecord(int64(pos+1), []byte(row)); err != nil || !same {
						t.Fatalf("row %d of the edited input: %v, %v", pos+1, same, err)
					}
				}
				mustClose(t, s)
			}
		})
	}
}

// TestReconcileKeepsWhatIsNotRead: rows outside of what this process reads stay.
func TestReconcileKeepsWhatIsNotRead(t *testing.T) {
	dir := t.TempDir()
	rows := numbered(20)
	finish(t, dir, rows, func(int) State { return Finished })
	rows[9] += "!"
	s := mustOpen(t, dir)
	defer mustClose(t, s)
	if got, err := s.Reconcile(8, inputPart(rows, 8, 12, false)); err != nil || got != (Changes{Changed: 1}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for pos := int64(1); pos <= 20; pos++ {
		if got, want := s.State(pos) == Finished, pos != 10; got != want {
			t.Errorf("row %d is finished: %v, want %v", pos, got, want)
		}
	}
}

// TestReconcileOldCheckpoint: one without fingerprints goes on if the checksum of its
// input is the same, and is refused otherwise.
func TestReconcileOldCheckpoint(t *testing.T) {
	make := func(t *testing.T) string {
		dir := t.TempDir()
		finish(t, dir, numbered(10), func(i int) State { return Finished })
		if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1.stream")); err != nil {
			t.Fatal(err)
		}
		old := sidecar()
		old.DependsOn["input"] = "0123"
		if err := old.save(filepath.Join(dir, "checkpoint_run_w1.json")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	withSum := func(sum string) func(*Options, *Sidecar) {
		return func(o *Options, _ *Sidecar) { o.OldInputSum = func() (string, error) { return sum, nil } }
	}
	stream := func(o *Options, _ *Sidecar) { o.Stream = true }
	for _, change := range []func(*Options, *Sidecar){withSum("4567"), stream} {
		var mismatch *MismatchError
		if _, err := open(t, make(t), change); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "input was 0123, is ") {
			t.Errorf("another input: got %v", err)
		}
	}
	dir := make(t)
	rows := numbered(10)
	for _, last := range []int{5, 10} { // the checksum is needed until all rows have fingerprints
		s, err := open(t, dir, withSum("0123"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Reconcile(1, inputPart(rows, 1, last, last == 10)); err != nil || got != (Changes{}) {
			t.Fatalf("got %+v, %v", got, err)
		}
		mustClose(t, s)
	}
	rows[2] += "!"
	s, err := open(t, dir, withSum("4567"))
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	if got, err := s.Reconcile(1, inputOf(rows)); err != nil || got != (Changes{Changed: 1}) {
		t.Errorf("after all: got %+v, %v", got, err)
	}
}

// TestKilledWhileRowsMove: whenever it is killed, the next process has all rows.
func TestKilledWhileRowsMove(t *testing.T) {
	rows := numbered(20)
	edits := map[string][]string{
		"more parts before": slices.Concat([]string{"1,new"}, rows[:4]),
		"as many parts":     slices.Concat([]string{"1,new"}, rows),
		"no part after":     {"1,new"},
	}
	for name, edited := range edits {
		t.Run(name, func(t *testing.T) {
			start := t.TempDir()
			finish(t, start, rows, func(i int) State {
				if i == 2 {
					return Failed
				}
				return Finished
			})
			for killedAt := -2; ; killedAt++ {
				dir := filepath.Join(t.TempDir(), "cp")
				if err := os.CopyFS(dir, os.DirFS(start)); err != nil {
					t.Fatal(err)
				}
				s := mustOpen(t, dir)
				ended := moveUntil(t, s, edited, killedAt)
				mustClose(t, s)

				s = mustOpen(t, dir)
				if _, err := s.Reconcile(1, inputOf(edited)); err != nil {
					t.Fatalf("killed at step %d: %v", killedAt, err)
				}
				for i, got := range statesOf(t, s, edited) {
					want := labelled(edited[i])
					switch slices.Index(rows, edited[i]) {
					case -1:
						want = "unfinished " + edited[i]
					case 2:
						want = "failed " + edited[i]
					}
					if got != want {
						t.Errorf("killed at step %d, row %d: got %q, want %q", killedAt, i+1, got, want)
					}
				}
				mustClose(t, s)
				left, err := filepath.Glob(filepath.Join(dir, "*.mov*"))
				if err != nil || len(left) > 0 {
					t.Errorf("killed at step %d: left %v, %v", killedAt, left, err)
				}
				old, err := filepath.Glob(filepath.Join(dir, "*.aside1", "*_part*"))
				if lost := len(edited) < len(rows); err != nil || lost != (len(old) == 7) {
					t.Errorf("killed at step %d: set aside %v, %v", killedAt, old, err)
				}
				if ended {
					break
				}
			}
		})
	}
}

// moveUntil moves rows as Reconcile does, and ends as a kill would: at -2 before the new
// checkpoint counts, at -1 when it does, then after so many steps. It tells
// whether it did all.
func moveUntil(t *testing.T, s *Store, edited []string, steps int) bool {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := &reconciliation{s: s, rows: inputOf(edited), first: 1, moved: map[int64]InputRow{}}
	same, err := r.compareInPlace()
	must(err)
	if same {
		t.Fatal("nothing is to be moved")
	}
	must(r.collectKnown())
	must(r.writeMoved())
	changes, err := r.countLost()
	must(err)
	must(s.keepOld(changes))
	if steps == -2 {
		return false
	}
	must(os.Rename(s.path(movingSuffix), s.path(movedSuffix)))
	if _, err := EachRow(s.dir, s.job, nil, func(int64, []byte) error { return nil }); err == nil {
		t.Error("rows of half a swap were read")
	}
	all, err := s.swapSteps()
	must(err)
	for i, step := range all {
		if i > steps {
			return false
		}
		if err := step(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return true
}

// TestReconcileRandomEdits compares many edits of edits with a model.
func TestReconcileRandomEdits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		dir := t.TempDir()
		rows := numbered(60)
		done := map[string]bool{}
		finish(t, dir, rows, func(i int) State {
			if rng.IntN(3) == 0 {
				return Unfinished
			}
			done[rows[i]] = true
			return Finished
		})
		for next := 1000; next < 1005; next++ {
			for range rng.IntN(4) {
				i := rng.IntN(len(rows))
				switch rng.IntN(4) {
				case 0:
					rows = slices.Delete(rows, i, i+1)
				case 1:
					rows = slices.Insert(rows, i, fmt.Sprintf("%d,inserted", next*100+rng.IntN(100)))
				case 2:
					rows[i] += "!"
				case 3:
					j := rng.IntN(len(rows))
					rows[i], rows[j] = rows[j], rows[i]
				}
			}
			s := mustOpen(t, dir)
			if _, err := s.Reconcile(1, inputOf(rows)); err != nil {
				t.Fatal(err)
			}
			for i, got := range statesOf(t, s, rows) {
				want := "unfinished " + rows[i]
				if done[rows[i]] {
					want = labelled(rows[i])
				}
				if got != want {
					t.Fatalf("row %d: got %q, want %q", i+1, got, want)
				}
			}
			for known := range done {
				if !slices.Contains(rows, known) {
					delete(done, known) // its labels are gone with it
				}
			}
			mustClose(t, s)
		}
	}
}

// TestLostRowsAreKnownByTheirIDs: whatever the ID column is called and however the input
// writes an ID, a row whose text changed is not taken for one that is gone.
func TestLostRowsAreKnownByTheirIDs(t *testing.T) {
	for _, tt := range []struct {
		name, column, kept string
		form               table.Format
	}{
		{"csv", "RowID", "17", table.CSV},
		{"quoted csv", "Nr", `"17"`, table.CSV},
		{"a whole float", "Nr", "17.0", table.CSV},
		{"semicolons", "Nr", `"""17"""`, table.Format(';')},
		{"jsonl", "RowID", `"""17"""`, table.JSONL},
		{"numbers of jsonl", "Nr", "17.0", table.JSONL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			side := NewSidecar("r_w1", []string{tt.column, "Topic"}, map[string]string{FormatCondition: tt.form.Describe()})
			o := Options{Dir: t.TempDir(), Interval: 3, IDColumn: tt.column}
			s, err := Open(o, side)
			if err != nil {
				t.Fatal(err)
			}
			if same, err := s.MatchOrRecord(1, []byte("17,old")); err != nil || !same {
				t.Fatal(same, err)
			}
			if err := s.Append([]Row{{1, []byte(tt.kept + ",a")}}); err != nil {
				t.Fatal(err)
			}
			mustClose(t, s)
			if s, err = Open(o, side); err != nil {
				t.Fatal(err)
			}
			defer mustClose(t, s)
			got, err := s.Reconcile(1, inputOf([]string{"17,new"}))
			if err != nil || got != (Changes{Changed: 1}) {
				t.Errorf("got %+v, %v, want one changed", got, err)
			}
		})
	}
}
