package fsutil

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKernelCopy(t *testing.T) {
	dir := t.TempDir()
	open := func(name, text string, flags int) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	in := open("in", "0123456789", os.O_RDONLY)
	k := newKernelCopy()
	defer k.closePipe()
	out := open("out", "abcdef", os.O_RDWR)
	n, err := k.copy(out, 4, in, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Skip("the kernel does not copy between files here")
	}
	got, err := os.ReadFile(out.Name())
	if want := "abcd34567"; n != 5 || err != nil || string(got) != want {
		t.Errorf("%d bytes: got %q, %v, want %q", n, got, err, want)
	}
	if n, err := k.copy(out, 0, in, 8, 5); n != 2 || err != nil {
		t.Errorf("at the end: %d bytes, %v, want 2", n, err)
	}
	if n, err := k.copy(open("append", "", os.O_WRONLY|os.O_APPEND), 0, in, 0, 5); n != 0 || err != nil {
		t.Errorf("to a file that is appended to: %d bytes, %v, want 0", n, err)
	}
	if n, err := k.copy(out, 0, in, 0, 5); n != 0 || err != nil || k.open {
		t.Errorf("after that: %d bytes, %v, open %v, want 0", n, err, k.open)
	}
}
