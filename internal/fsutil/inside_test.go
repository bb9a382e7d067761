//go:build unix

package fsutil

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLinksThatLeadOut(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"run/inner", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, at string) {
		if err := os.Symlink(to, filepath.Join(top, at)); err != nil {
			t.Fatal(err)
		}
	}
	link("run", "linked")                          // the folder itself may be one
	link("../elsewhere/f", "run/out")              // its target does not exist
	link("inner/f", "run/in")                      // within
	link(filepath.Join(top, "elsewhere"), "run/d") // a folder
	link("out", "run/twice")
	link("/dev/null", "run/null")
	link("loop", "run/loop")
	for path, want := range map[string]bool{
		"run/plain": true, "run/inner/new/f": true, "run/in": true, "run/null": true, "linked/plain": true, "run/../run/f": true,
		"run/out": false, "run/twice": false, "run/d/f": false, "run/d": false, "linked/out": false, "run/../elsewhere/f": false, "run/inner/../../x": false, "run/..": false,
	} {
		dir, _, _ := strings.Cut(path, "/")
		err := CheckInside(filepath.Join(top, dir), top+"/"+path)
		if outside, is := errors.AsType[*OutsideError](err); is == want || !want && outside.Hint() == "" {
			t.Errorf("%s: %v, want inside: %v", path, err, want)
		}
	}
	err := CheckLinks(filepath.Join(top, "run"))
	for _, name := range []string{"out", "twice", "d"} {
		if !strings.Contains(err.Error(), filepath.Join("run", name)+" resolves to ") {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "run/in ") {
		t.Error(err)
	}
	if err := CheckLinks(filepath.Join(top, "missing")); err != nil {
		t.Error(err)
	}
}

// A link that another user put into a folder like /tmp is not followed.
func TestPlantedLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of other users")
	}
	dir := t.TempDir()
	shared := filepath.Join(dir, "shared")
	if err := errors.Join(os.Mkdir(shared, 0o777), os.Chmod(shared, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		uid     int
		follows bool
	}{{"own", 0, true}, {"foreign", 12345, false}} {
		link := filepath.Join(shared, tt.name)
		if err := errors.Join(os.Symlink(precious, link), os.Lchown(link, tt.uid, -1)); err != nil {
			t.Fatal(err)
		}
		if err := ReplaceFile(link, []byte(tt.name)); (err == nil) != tt.follows {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "own" {
		t.Errorf("the target is %q, %v", text, err)
	}
}
