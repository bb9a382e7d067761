package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/fsutil"
)

func rowsOf(t *testing.T, dir, job string) string {
	t.Helper()
	var out strings.Builder
	_, err := EachRow(dir, job, nil, func(pos int64, rec []byte) error {
		fmt.Fprintf(&out, "%d: %s\n", pos, rec)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEachRow(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	job := s.job
	add(t, s, 4, 1, 2, 5, 3)
	want := ""
	for _, pos := range []int64{4, 1, 2, 5, 3} {
		want += fmt.Sprintf("%d: %s\n", pos, rowOf(pos).Record)
	}
	if got := rowsOf(t, dir, job); got != want {
		t.Errorf("while at work: got\n%s\nwant\n%s", got, want)
	}
	if err := Remove(dir, job); !errors.Is(err, fsutil.ErrLocked) {
		t.Errorf("removed while at work: %v", err)
	}
	mustClose(t, s)
	if got := rowsOf(t, dir, job); got != want {
		t.Errorf("after the end: got\n%s\nwant\n%s", got, want)
	}
	side, err := ReadSidecar(dir, job)
	if err != nil || side.JobID != job || side.Columns[0] != positionColumn {
		t.Errorf("sidecar: got %+v, %v", side, err)
	}

	part := filepath.Join(dir, s.partName(9))
	if err := os.WriteFile(part, []byte(string(s.partHeader)+"7,1,whole,x\n8,1,\"torn"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, dir, job); got != want {
		t.Errorf("with a row that has no checksum: got\n%s", got)
	}
	if err := os.Remove(s.path(".rowsums")); err != nil { // as of an earlier version
		t.Fatal(err)
	}
	if got := rowsOf(t, dir, job); got != want+"7: 1,whole,x\n" {
		t.Errorf("with a torn tail: got\n%s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, s.partName(1)), []byte(string(s.partHeader)+"7,1,changed,x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	var damage *DamageError
	if _, err := EachRow(dir, job, nil, func(int64, []byte) error { return nil }); !errors.As(err, &damage) {
		t.Errorf("a changed part: got %v, want damage", err)
	}

	other := filepath.Join(dir, "checkpoint_"+job+"0.json")
	if err := os.WriteFile(other, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Remove(dir, job); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(other) {
		t.Errorf("left over: %v, %v", left, err)
	}
	if _, err := ReadSidecar(dir, job); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a job that never began: got %v", err)
	}
}
