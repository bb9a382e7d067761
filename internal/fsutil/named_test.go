package fsutil

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNamedFileIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "out.csv")
	killed, err := CreateNamed(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.Write([]byte("much of the first")); err != nil {
		t.Fatal(err)
	}
	f, err := CreateNamed(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("rows")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there before Commit: %v", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "rows" {
		t.Errorf("got %q", got)
	}
	if list := names(t, filepath.Dir(path)); len(list) != 1 {
		t.Errorf("left: %q", list)
	}
}

func TestNamedFileGoesWithAbort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	f, err := CreateNamed(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Abort(), f.Abort()); err != nil {
		t.Fatal(err)
	}
	if list := names(t, filepath.Dir(path)); len(list) != 1 || read(t, path) != "old" {
		t.Errorf("left: %q", list)
	}
}
