package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func openStreamJob(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := open(t, dir, func(o *Options, _ *Sidecar) { o.Stream = true })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSameRow: a resume knows the rows of the stream that earlier processes read.
func TestSameRow(t *testing.T) {
	dir := t.TempDir()
	row := func(pos int64) []byte { return fmt.Appendf(nil, "row %d", pos) }
	s := openStreamJob(t, dir)
	if n := s.StreamRows(); n != 0 {
		t.Errorf("%d rows of a new stream", n)
	}
	for pos := int64(3); pos <= 20_000; pos++ { // positions 1 and 2 are not read
		if same, err := s.MatchOrRecord(pos, row(pos)); err != nil || !same {
			t.Fatalf("row %d: same %v, %v", pos, same, err)
		}
	}
	add(t, s, 3, 4)
	if err := s.Fail(Failure{Position: 5, Reason: "no"}); err != nil {
		t.Fatal(err)
	}
	if err := s.syncCurrent(); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	s = openStreamJob(t, dir)
	defer mustClose(t, s)
	if n := s.StreamRows(); n != 20_000 {
		t.Errorf("%d rows of the stream, want 20000", n)
	}
	for pos := int64(1); pos <= 20_010; pos++ {
		if same, err := s.MatchOrRecord(pos, row(pos)); err != nil || !same {
			t.Fatalf("row %d again: same %v, %v", pos, same, err)
		}
	}
	for _, pos := range []int64{3, 5, 19_000} {
		if same, err := s.MatchOrRecord(pos, []byte("another")); err != nil || same {
			t.Errorf("row %d is another: same %v, %v", pos, same, err)
		}
	}
}

// TestMissingFingerprint: a finished row whose fingerprint is gone is damage.
func TestMissingFingerprint(t *testing.T) {
	dir := t.TempDir()
	s := openStreamJob(t, dir)
	if _, err := s.MatchOrRecord(1, []byte("one")); err != nil {
		t.Fatal(err)
	}
	add(t, s, 1)
	mustClose(t, s)
	if err := os.Truncate(filepath.Join(dir, "checkpoint_run_w1.stream"), 0); err != nil {
		t.Fatal(err)
	}
	s = openStreamJob(t, dir)
	defer mustClose(t, s)
	var damage *DamageError
	if _, err := s.MatchOrRecord(1, []byte("one")); !errors.As(err, &damage) {
		t.Errorf("got %v, want damage", err)
	}
}

// TestSyncErrorEndsTheWork: an error of the disk is kept, for the next row and the end.
func TestSyncErrorEndsTheWork(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	full := errors.New("disk full")
	s.keepError(full)
	s.keepError(errors.New("a later one"))
	if err := s.Append([]Row{rowOf(1)}); !errors.Is(err, full) {
		t.Errorf("Append: %v", err)
	}
	if err := s.Fail(Failure{Position: 1}); !errors.Is(err, full) {
		t.Errorf("Fail: %v", err)
	}
	if err := s.Close(); !errors.Is(err, full) {
		t.Errorf("Close: %v", err)
	}
}

// TestFilesCutWhileOpen: a file that lost its end while the job is at work is damage,
// never the end of the rows.
func TestFilesCutWhileOpen(t *testing.T) {
	dir := t.TempDir()
	s := openStreamJob(t, dir)
	for pos := int64(1); pos <= 3; pos++ {
		if _, err := s.MatchOrRecord(pos, []byte{byte(pos)}); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, 1, 2, 3)
	mustClose(t, s)
	s = openStreamJob(t, dir)
	defer mustClose(t, s)
	for _, path := range []string{filepath.Join(dir, s.partName(1)), s.path(".stream")} {
		if err := os.Truncate(path, 8); err != nil {
			t.Fatal(err)
		}
	}
	_, readErr := s.ReadResumed(1, s.LastResumed(1))
	_, sameErr := s.MatchOrRecord(1, []byte{1})
	for file, err := range map[string]error{s.partName(1): readErr, ".stream": sameErr} {
		var damage *DamageError
		if !errors.As(err, &damage) || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want damage", file, err)
		}
	}
}
