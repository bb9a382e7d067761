package fsutil

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestLinkStaysALink(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ name, to string }{
		{"absolute", filepath.Join(dir, "absolute.csv")},
		{"relative", "relative.csv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			link := filepath.Join(dir, tt.name)
			if err := os.Symlink(tt.to, link); err != nil {
				t.Skip(err)
			}
			for _, write := range []func(string, []byte) error{ReplaceFile, ReplaceFileNoSync} {
				if err := write(link, []byte(tt.name)); err != nil {
					t.Fatal(err)
				}
				if to, err := os.Readlink(link); err != nil || to != tt.to {
					t.Errorf("the link leads to %q, %v", to, err)
				}
				if got := readFile(t, filepath.Join(dir, tt.name+".csv")); got != tt.name {
					t.Errorf("got %q", got)
				}
			}
		})
	}
}

func TestLinksInACircle(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.Symlink(a, b); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(b, a); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateAtomic(a); err == nil || err.Error() != a+": too many levels of symlinks" {
		t.Errorf("got %v", err)
	}
}

// An open file of the process is written to where it is, and stays open.
func TestOpenFileIsAStream(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("paths stand for open files on Linux")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(string, []byte) error{ReplaceFile, ReplaceFileNoSync} {
		if err := write(fmt.Sprintf("/dev/fd/%d", w.Fd()), []byte("a")); err != nil {
			t.Fatal(err)
		}
	}
	f, err := CreateAtomic(fmt.Sprintf("/proc/self/fd/%d", w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if !f.IsStream() || f.OSFile() == nil {
		t.Error("it is not a stream")
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "aa" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := CreateAtomic("/dev/fd/1000000"); err == nil {
		t.Error("a descriptor that is not open is opened")
	}
}

func TestDeviceIsAStream(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no /dev/null")
	}
	if err := ReplaceFile(os.DevNull, []byte("gone")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("got %v, %v, want the device", info, err)
	}
}
