package fsutil

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestNothingShowsBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "out.csv")
	f, err := CreateAtomic(path)
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
	if err := f.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if got := readFile(t, path); got != "rows" {
		t.Errorf("got %q", got)
	}
}

func TestAbortKeepsTheOldFileAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	if err := ReplaceFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := CreateAtomic(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); got != "old" {
		t.Errorf("got %q", got)
	}
	if list := fileNames(t, dir); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}

func TestReplaceFileNoSyncLeavesNothingBeside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "worker_1.json")
	for _, text := range []string{"one", "two"} {
		if err := ReplaceFileNoSync(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	if list := fileNames(t, dir); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
	if err := ReplaceFileNoSync(filepath.Join(dir, "none", "x"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

func TestNamedPendingFileIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "out.csv")
	killed, err := CreateAtomicAs(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.Write([]byte("much of the first")); err != nil {
		t.Fatal(err)
	}
	f, err := CreateAtomicAs(path, ".job.tmp")
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
	if got := readFile(t, path); got != "rows" {
		t.Errorf("got %q", got)
	}
	if list := fileNames(t, filepath.Dir(path)); len(list) != 1 {
		t.Errorf("left: %q", list)
	}
}

func TestAbortOfNamedPendingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	f, err := CreateAtomicAs(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Abort(), f.Abort()); err != nil {
		t.Fatal(err)
	}
	if list := fileNames(t, filepath.Dir(path)); len(list) != 1 || readFile(t, path) != "old" {
		t.Errorf("left: %q", list)
	}
}

func TestNamedPendingFileKeepsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	f, err := CreateAtomicAs(path, ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %v, want the permissions of the old file", info.Mode(), err)
	}
}

// A link in the place of the pending file must not lead the bytes elsewhere.
func TestNamedPendingFileFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("keep"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(dir, ".job.tmp")); err != nil {
		t.Skip(err)
	}
	f, err := CreateAtomicAs(filepath.Join(dir, "out.csv"), ".job.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("rows")); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, other); got != "keep" {
		t.Errorf("the link's target has %q", got)
	}
	if got := readFile(t, filepath.Join(dir, "out.csv")); got != "rows" {
		t.Errorf("got %q", got)
	}
}

func TestCreateAtomicErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := ReplaceFile(file, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "folder", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		path string
		want string
	}{
		{"folder", dir, dir + " is a folder"},
		{"below a file", filepath.Join(file, "x"), "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range []error{ReplaceFile(tt.path, nil), ReplaceFileNoSync(tt.path, nil)} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			}
		})
	}
	if _, err := CreateAtomicAs(file, "folder"); err == nil {
		t.Error("a folder in the place of the pending file is removed")
	}
}

func TestReserve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := CreateAtomic(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	if err := f.Reserve(5); err != nil {
		t.Fatal(err)
	}
	if _, err := f.OSFile().WriteAt([]byte("a row"), 0); err != nil {
		t.Fatal(err)
	}
	StartWriteback(f.OSFile(), 0, 5)
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); got != "a row" {
		t.Errorf("got %q", got)
	}
}
