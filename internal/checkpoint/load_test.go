package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRangeOfResumedRows: a range may begin and end within rows that lie together.
func TestRangeOfResumedRows(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	s = reopen(t, s)
	defer mustClose(t, s)
	for first := int64(1); first <= 9; first++ {
		for last := first; last <= 9; last++ {
			var got []string
			for pos := first; pos <= last; {
				end := min(s.LastResumed(pos), pos+1, last)
				rows, err := s.ReadResumed(pos, end)
				if err != nil || int64(len(rows)) != end-pos+1 || end < pos {
					t.Fatalf("ReadResumed(%d, %d): %d rows, %v", pos, end, len(rows), err)
				}
				for _, r := range rows {
					got = append(got, string(r))
				}
				pos += int64(len(rows))
			}
			for i, r := range got {
				if want := string(rowOf(first+int64(i)).Record) + "\n"; r != want {
					t.Errorf("%d to %d: row %d is %q, want %q", first, last, i, r, want)
				}
			}
			if len(got) != int(last-first+1) {
				t.Errorf("%d to %d: %d rows", first, last, len(got))
			}
		}
	}
	if last := s.LastResumed(10); last != 0 {
		t.Errorf("row 10 is not there, but one to %d", last)
	}
	if _, err := s.ReadResumed(9, 10); err == nil {
		t.Error("a row was read that is not there")
	}
}

// TestSeveralUnsealedParts: a power cut can take the sums of parts that were
// sealed a moment before.
func TestSeveralUnsealedParts(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	add(t, s, 1, 2, 3)
	add(t, s, 4, 5, 6)
	add(t, s, 7, 8, 9)
	add(t, s, 10)
	mustClose(t, s)
	edit(t, dir, ".sums", func(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] })
	edit(t, dir, "_part0002.csv", func(b []byte) []byte { return b[:len(b)-5] })
	edit(t, dir, "_part0003.csv", func(b []byte) []byte { return nil })
	s = mustOpen(t, dir)
	for pos, want := range map[int64]State{1: Finished, 5: Finished, 6: Unfinished, 7: Unfinished, 9: Unfinished, 10: Finished} {
		if got := s.State(pos); got != want {
			t.Errorf("row %d: state %d, want %d", pos, got, want)
		}
	}
	add(t, s, 6, 7, 8, 9)
	s = reopen(t, s)
	if got, want := readAll(t, s, 10), wantAll(10); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	mustClose(t, s)
	mustClose(t, mustOpen(t, dir))
}

// TestZeroRuns: bytes that a power cut left unwritten end what is believed, also
// where rows seem to follow or the zeros lie in quotes.
func TestZeroRuns(t *testing.T) {
	zeros := make([]byte, 4096)
	tests := []struct {
		name string
		bad  func(part []byte) []byte
		keep int64 // rows of the part that stay
	}{
		{"at the end", func(b []byte) []byte { return append(b, zeros...) }, 3},
		{"within a record", func(b []byte) []byte { return insert(b, bytes.Index(b, []byte("5,105,"))+4, zeros) }, 1},
		{"within quotes", func(b []byte) []byte { return insert(b, bytes.Index(b, []byte("cr\r\nlf"))+1, zeros) }, 0},
		{"at the start of a record", func(b []byte) []byte { return insert(b, bytes.Index(b, []byte("5,105,")), zeros) }, 1},
		{"the whole part", func(b []byte) []byte { return zeros }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir)
			add(t, s, 4, 5, 6)
			mustClose(t, s)
			edit(t, dir, ".sums", func([]byte) []byte { return nil })
			edit(t, dir, "_part0001.csv", tt.bad)
			s = mustOpen(t, dir)
			if s.finished.Len() != tt.keep {
				t.Errorf("%d rows stayed, want %d", s.finished.Len(), tt.keep)
			}
			mustClose(t, s)
			mustClose(t, mustOpen(t, dir))
		})
	}
}

func insert(b []byte, at int, what []byte) []byte {
	return append(append(append([]byte(nil), b[:at]...), what...), b[at:]...)
}

func TestMoreDamageIsNamed(t *testing.T) {
	unseal := func(t *testing.T, dir string) { edit(t, dir, ".sums", func([]byte) []byte { return nil }) }
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"sums gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1.sums")); err != nil {
				t.Fatal(err)
			}
		}, "run_w1.sums: damaged: it is missing"},
		{"a line of the sums gone", func(t *testing.T, dir string) {
			edit(t, dir, ".sums", func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })
		}, "run_w1.sums:1: damaged: the checksum of part 1 is missing"},
		{"no line of sums", func(t *testing.T, dir string) {
			edit(t, dir, ".sums", func(b []byte) []byte { return append([]byte("{}\n"), b...) })
		}, "run_w1.sums:1: damaged"},
		{"last sealed part gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint_run_w1_part0002.csv")); err != nil {
				t.Fatal(err)
			}
		}, "part0002.csv: damaged: the part is missing"},
		{"blank line", func(t *testing.T, dir string) {
			unseal(t, dir)
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("\n5,105"), []byte("\n\n5,105"), 1) })
		}, "part0002.csv:5: damaged"},
		{"blank line at the end", func(t *testing.T, dir string) {
			unseal(t, dir)
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return append(b, '\n') })
		}, "part0002.csv: damaged"},
		{"CRLF at the end", func(t *testing.T, dir string) {
			unseal(t, dir)
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return append(b[:len(b)-1], '\r', '\n') })
		}, "part0002.csv: damaged"},
		{"no position", func(t *testing.T, dir string) {
			unseal(t, dir)
			edit(t, dir, "_part0002.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("\n4,104"), []byte("\nx,104"), 1) })
		}, "part0002.csv:2: damaged: invalid position"},
		{"failed row", func(t *testing.T, dir string) {
			edit(t, dir, ".failed.jsonl", func(b []byte) []byte { return []byte("{\"position\":0}\n") })
		}, "failed.jsonl:1: damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir)
			add(t, s, 1, 2, 3)
			add(t, s, 4, 5)
			mustClose(t, s)
			tt.damage(t, dir)
			_, err := open(t, dir, nil)
			var damage *DamageError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			s, err = open(t, dir, func(o *Options, _ *Sidecar) { o.Restart = true })
			if err != nil {
				t.Fatalf("restart: %v", err)
			}
			mustClose(t, s)
		})
	}
}

// TestRetriedRowsStayListed until they are finished or fail again.
func TestRetriedRowsStayListed(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for _, pos := range []int64{2, 4, 6} {
		if err := s.Fail(Failure{Position: pos, Reason: "first"}); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	s = mustOpen(t, dir)
	s.ResetFailures()
	if s.State(2) != Unfinished || s.FailedRows() != 3 {
		t.Errorf("state %d, %d failed", s.State(2), s.FailedRows())
	}
	add(t, s, 4)
	if err := s.Fail(Failure{Position: 6, Reason: "second"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range failures(t, s) {
		got = append(got, fmt.Sprint(f.Position, f.Reason))
	}
	if want := "[2first 6second]"; fmt.Sprint(got) != want || s.State(6) != Failed {
		t.Errorf("listed %v, want %s", got, want)
	}
	mustClose(t, s)
}

// TestPartNames lists the newest.
func TestPartNames(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	defer mustClose(t, s)
	for pos := int64(1); pos <= 15; pos += 3 {
		add(t, s, pos, pos+1, pos+2)
	}
	names, all := s.PartNames(2)
	if all != 5 || strings.Join(names, " ") != "checkpoint_run_w1_part0004.csv checkpoint_run_w1_part0005.csv" {
		t.Errorf("%d: %q", all, names)
	}
}

type unreadable struct{}

func (unreadable) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

// A part that cannot be read is not taken for one with a torn tail, which would
// be dropped.
func TestEndsLine(t *testing.T) {
	for _, tt := range []struct {
		name string
		file io.ReaderAt
		want bool
		err  error
	}{
		{"whole", strings.NewReader("a\n"), true, nil},
		{"torn", strings.NewReader("a\nb"), false, nil},
		{"unreadable", unreadable{}, false, io.ErrClosedPipe},
	} {
		size := int64(3)
		if r, ok := tt.file.(*strings.Reader); ok {
			size = r.Size()
		}
		got, err := endsLine(tt.file, size)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %v, %v", tt.name, got, err)
		}
	}
}
