package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/fsutil"
)

var columns = []string{"RowID", "Message", "Topic"}

func sidecar() Sidecar {
	return NewSidecar("run_w1", columns, map[string]string{"prompt": "p1", "model digest": "d1"})
}

func open(t *testing.T, dir string, change func(*Options, *Sidecar)) (*Store, error) {
	t.Helper()
	o, want := Options{Dir: dir, Interval: 3}, sidecar()
	if change != nil {
		change(&o, &want)
	}
	return Open(o, want)
}

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := open(t, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rowOf has what CSV can hold: quotes, line ends, bare quotes.
func rowOf(pos int64) Row {
	message := []string{"plain", `"quoted, ""twice"""`, "\"two\nlines\"", `a 5" screen`, "\"cr\r\nlf\"", ""}[pos%6]
	return Row{Pos: pos, Record: fmt.Appendf(nil, "%d,%s,Topic %d", 100+pos, message, pos)}
}

func add(t *testing.T, s *Store, positions ...int64) {
	t.Helper()
	var rows []Row
	for _, p := range positions {
		rows = append(rows, rowOf(p))
	}
	if err := s.Append(rows); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// readAll reads positions 1 to last in order, of a job that was opened anew; "-"
// stands for a failed one.
func readAll(t *testing.T, s *Store, last int64) string {
	t.Helper()
	var out bytes.Buffer
	for pos := int64(1); pos <= last; {
		if s.State(pos) == Failed {
			out.WriteString("-\n")
			pos++
			continue
		}
		end := min(s.LastResumed(pos), last)
		records, err := s.ReadResumed(pos, end)
		if err != nil {
			t.Fatalf("ReadResumed(%d, %d): %v", pos, end, err)
		}
		for _, r := range records {
			out.Write(r)
		}
		pos = end + 1
	}
	return out.String()
}

// reopen ends the job and starts it again.
func reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	mustClose(t, s)
	return mustOpen(t, s.dir)
}

func wantAll(last int64, failed ...int64) string {
	var out strings.Builder
	for pos := int64(1); pos <= last; pos++ {
		line := string(rowOf(pos).Record)
		for _, f := range failed {
			if f == pos {
				line = "-"
			}
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

func TestRowsComeBackInOrder(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	add(t, s, 4, 5, 6)
	add(t, s, 2, 8)
	add(t, s, 9, 1)
	add(t, s, 7)
	if err := s.Fail(Failure{Position: 3, RowID: 103, Reason: "no"}); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, s)
	defer mustClose(t, s)
	if got, want := readAll(t, s, 9), wantAll(9, 3); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWithoutFolder: rows leave nothing on disk, failures are listed all the same.
func TestWithoutFolder(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	s := mustOpen(t, "")
	add(t, s, 4, 5, 6)
	add(t, s, 2, 8)
	if s.failures != nil || s.FailedRows() != 0 || len(failures(t, s)) != 0 {
		t.Errorf("a file of failed rows before one failed")
	}
	if names, all := s.PartNames(3); len(names) != 0 || all != 0 {
		t.Errorf("parts %q, %d", names, all)
	}
	for _, f := range []Failure{{Position: 3, Reason: "a"}, {Position: 1, Reason: "b"}} {
		if err := s.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	if s.State(3) != Failed || s.FailedRows() != 2 {
		t.Errorf("state %d, %d failed rows", s.State(3), s.FailedRows())
	}
	if list := failures(t, s); len(list) != 2 || list[0].Reason != "b" || list[1].Reason != "a" {
		t.Errorf("got %v", list)
	}
	mustClose(t, s)
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 4, 5, 6)
	add(t, s, 1, 2)
	if err := s.Fail(Failure{Position: 3, RowID: 103, Reason: "no"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	s = mustOpen(t, dir)
	if s.finished.Len() != 5 || s.FailedRows() != 1 {
		t.Errorf("%d rows, %d failed", s.finished.Len(), s.FailedRows())
	}
	for pos, want := range map[int64]State{3: Failed, 4: Finished, 7: Unfinished} {
		if got := s.State(pos); got != want {
			t.Errorf("row %d: state %d, want %d", pos, got, want)
		}
	}
	add(t, s, 7)
	s = reopen(t, s)
	if got, want := readAll(t, s, 7), wantAll(7, 3); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	s.ResetFailures()
	add(t, s, 3)
	mustClose(t, s)

	s = mustOpen(t, dir)
	defer mustClose(t, s)
	if s.FailedRows() != 0 {
		t.Errorf("a row that was finished later is still failed")
	}
	if got, want := readAll(t, s, 7), wantAll(7); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFailuresKeepTheLast(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	defer mustClose(t, s)
	for _, f := range []Failure{{Position: 9, Reason: "a"}, {Position: 2, Reason: "b"}, {Position: 9, Reason: "c"}, {Position: 5, Reason: "d"}} {
		if err := s.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, 5)
	list := failures(t, s)
	if len(list) != 2 || list[0].Reason != "b" || list[1].Reason != "c" {
		t.Errorf("got %v", list)
	}
}

func failures(t *testing.T, s *Store) []Failure {
	t.Helper()
	var list []Failure
	if err := s.EachFailure(func(f Failure) error { list = append(list, f); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// killedRun writes two parts and returns the folder as a killed process leaves
// it: the last part unsealed.
func killedRun(t *testing.T, dir string) string {
	t.Helper()
	s := mustOpen(t, dir)
	add(t, s, 1, 2, 3)
	add(t, s, 4, 5)
	mustClose(t, s)
	sums := filepath.Join(dir, "checkpoint_run_w1.sums")
	data, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if err := os.WriteFile(sums, append(first, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "checkpoint_run_w1_part0002.csv")
}

func TestTornTailIsDroppedAtAnyByte(t *testing.T) {
	whole := func() []byte {
		data, err := os.ReadFile(killedRun(t, t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}()
	step := 3
	if os.Getenv("PRISM_TEST_LONG") != "" {
		step = 1
	}
	for cut := 0; cut <= len(whole); cut += step {
		dir := t.TempDir()
		part := killedRun(t, dir)
		tail := whole[:cut:cut]
		if cut%2 == 1 {
			tail = append(tail, 0, 0, 0) // as file systems leave after a power cut
		}
		if err := os.WriteFile(part, tail, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := open(t, dir, nil)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		for pos := int64(4); pos <= 6; pos++ {
			if s.State(pos) == Unfinished {
				add(t, s, pos)
			}
		}
		s = reopen(t, s)
		if got, want := readAll(t, s, 6), wantAll(6); got != want {
			t.Errorf("cut at %d: got\n%s\nwant\n%s", cut, got, want)
		}
		mustClose(t, s)
		mustClose(t, mustOpen(t, dir))
	}
}

func TestDamageIsNamed(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"flipped byte in a sealed part", func(t *testing.T, dir string) {
			edit(t, dir, "_part0001.csv", func(b []byte) []byte { b[len(b)-3] ^= 1; return b })
		}, "part0001.csv: damaged: it has"},
		{"sealed part cut", func(t *testing.T, dir string) {
			edit(t, dir, "_part0001.csv", func(b []byte) []byte { return b[:len(b)-4] })
		}, "part0001.csv: damaged: it has"},
		{"sealed part gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1_part0001.csv")); err != nil {
				t.Fatal(err)
			}
		}, "part0001.csv: damaged: the part is missing"},
		{"ragged record before the last", func(t *testing.T, dir string) {
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("4,104,"), []byte("4,1,04,"), 1) })
		}, "part0002.csv:2: damaged"},
		{"position twice", func(t *testing.T, dir string) {
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("\n4,104"), []byte("\n1,104"), 1) })
		}, "part0002.csv:2: damaged: duplicate position 1"},
		{"other header", func(t *testing.T, dir string) {
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("Topic"), []byte("Topik"), 1) })
		}, "part0002.csv:1: damaged: the header"},
		{"sidecar gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1.json")); err != nil {
				t.Fatal(err)
			}
		}, "run_w1.json: damaged: it is missing"},
		{"sidecar torn", func(t *testing.T, dir string) {
			edit(t, dir, ".json", func(b []byte) []byte { return b[:len(b)/2] })
		}, "run_w1.json: damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			killedRun(t, dir)
			tt.damage(t, dir)
			_, err := open(t, dir, nil)
			var damage *DamageError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func edit(t *testing.T, dir, suffix string, f func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, "checkpoint_run_w1"+suffix)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestOtherConditionsAreRefused(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 1, 2, 3)
	add(t, s, 4)
	mustClose(t, s)
	_, err := open(t, dir, func(_ *Options, c *Sidecar) { c.DependsOn["prompt"] = "p2" })
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "prompt was p1, is p2") {
		t.Errorf("got %v", err)
	}
	s, err = open(t, dir, func(o *Options, c *Sidecar) { c.DependsOn["prompt"] = "p2"; o.Restart = true })
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	if s.finished.Len() != 0 {
		t.Errorf("%d rows after a restart", s.finished.Len())
	}
	aside, err := filepath.Glob(filepath.Join(dir, "checkpoint_run_w1.aside1", "*"))
	if err != nil || len(aside) != 7 { // sidecar, sums, checksums of rows, failures, fingerprints, two parts
		t.Errorf("set aside: %v, %v", aside, err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := open(t, dir, nil); !errors.Is(err, fsutil.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, dir))
}
