package term

import (
	"os"
	"runtime"
	"testing"
)

func TestFileIsNoTerminal(t *testing.T) {
	f, err := os.CreateTemp("", "prism-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if width, height := Size(f); width != DefaultWidth || height != DefaultHeight {
		t.Errorf("a file is a terminal of %d by %d cells", width, height)
	}
	if got, want := IsForeground(f), runtime.GOOS == "windows"; got != want {
		t.Errorf("IsForeground of a file is %v, want %v", got, want)
	}
}
