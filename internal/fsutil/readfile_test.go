package fsutil

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("abc"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(path, 3); err != nil || string(got) != "abc" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, c := range []struct {
		name, path, want string
		limit            int64
	}{
		{"too long", path, "has more than 0 MiB", 2},
		{"folder", dir, "is a folder, not a file", 9},
		{"device", os.DevNull, "is not a regular file", 9},
	} {
		if _, err := ReadFile(c.path, c.limit); err == nil || !strings.HasPrefix(err.Error(), c.path+" ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadFile(path+"x", 9); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: got %v", err)
	}
}
