package fsutil

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// makeFolder makes a temporary folder. That of t fails under Wine, which does not remove
// folders as newer versions of Windows do.
func makeFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "prism test ")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Locks of Windows are mandatory: what is locked cannot be read by others.
func TestLockedFileCanBeRead(t *testing.T) {
	path := filepath.Join(makeFolder(t), "run.lock")
	if err := os.WriteFile(path, []byte("4711"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := AcquireLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AcquireLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second lock: got %v, want %v", err, ErrLocked)
	}
	if text, err := os.ReadFile(path); string(text) != "4711" || err != nil {
		t.Errorf("the locked file reads as %q, %v", text, err)
	}
	if locked, err := IsLocked(path); !locked || err != nil {
		t.Errorf("IsLocked = %v, %v", locked, err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	if locked, err := IsLocked(path); locked || err != nil {
		t.Errorf("IsLocked of a file that was released = %v, %v", locked, err)
	}
}

// A file that another program has open, as a spreadsheet does, cannot be replaced. It
// stays as it is, and nothing is left beside it.
func TestOpenFileIsNotReplaced(t *testing.T) {
	dir := makeFolder(t)
	path := filepath.Join(dir, "out.csv")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := ReplaceFile(path, []byte("new")); err == nil || !strings.Contains(err.Error(), "replace "+path) {
		t.Errorf("replacing an open file: got %v, want an error that names it", err)
	}
	if text, err := io.ReadAll(reader); string(text) != "old" || err != nil {
		t.Errorf("the old file reads as %q, %v", text, err)
	}
	reader.Close()
	names, err := os.ReadDir(dir)
	if len(names) != 1 || err != nil {
		t.Errorf("beside the file there is more: %v, %v", names, err)
	}
	if err := ReplaceFile(path, []byte("newer")); err != nil {
		t.Errorf("once it is closed: %v", err)
	}
}

func TestPathsOfWindows(t *testing.T) {
	dir := makeFolder(t)
	if filepath.VolumeName(dir) == "" {
		t.Fatalf("the temporary folder %s is on no drive", dir)
	}
	for _, path := range []string{dir + `\a b\out.csv`, strings.ReplaceAll(dir, `\`, "/") + "/c/out.csv"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := ReplaceFile(path, []byte("rows\r\n")); err != nil {
			t.Errorf("write %s: %v", path, err)
		}
		if text, err := ReadFile(path, MaxConfig); string(text) != "rows\r\n" || err != nil {
			t.Errorf("%s reads as %q, %v", path, text, err)
		}
		var g Guard
		g.Protect("the input", path)
		if err := g.Check(strings.ToUpper(filepath.FromSlash(path))); err == nil {
			t.Errorf("%s is not guarded under its name in capitals", path)
		}
	}
}

func TestSharedDrives(t *testing.T) {
	for path, want := range map[string]bool{makeFolder(t): false, `\\server\share\folder`: true} {
		if got, err := IsShared(path); got != want || err != nil {
			t.Errorf("IsShared(%s) = %v, %v, want %v", path, got, err, want)
		}
	}
}
