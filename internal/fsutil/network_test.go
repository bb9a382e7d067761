//go:build linux || darwin

package fsutil

import "testing"

func TestFolderOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	shared, err := IsShared(dir)
	if err != nil {
		t.Fatal(err)
	}
	if shared {
		t.Logf("%s is on a network file system", dir)
	}
	if _, err := IsShared(dir + "/missing"); err == nil {
		t.Error("a missing folder is taken for one of this machine")
	}
}
