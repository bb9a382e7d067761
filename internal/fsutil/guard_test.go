package fsutil

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write("in.csv")
	write("other.csv")
	try(os.Mkdir("sub", 0o777))
	try(os.Symlink("../in.csv", "sub/link.csv"))
	try(os.Symlink("sub", "subs"))
	try(os.Link("in.csv", "hard.csv"))
	try(os.Symlink("missing.csv", "dangling.csv"))
	abs, err := filepath.Abs("in.csv")
	try(err)
	var g Guard
	g.Protect("the input", "in.csv")
	g.Protect("the plan", "sub/missing.json")
	g.Protect("nothing", "")
	g.Protect("the list", "missing.csv")
	g.ProtectAll("a file of the checkpoint", "sub", "checkpoint_")
	g.ProtectAll("a log", "subs/logs/r", "")
	g.ProtectAll("nothing", "", "")
	for path, want := range map[string]string{
		"in.csv": "the input", "./sub/../in.csv": "the input", abs: "the input", "hard.csv": "the input",
		"sub/link.csv": "the input", "subs/link.csv": "the input", "sub/missing.json": "the plan", "subs/missing.json": "the plan",
		"dangling.csv": "the list", "subs/checkpoint_r_w1.json": "a file of the checkpoint", "checkpoint_r_w1.json": "", "sub/logs/r/a/b": "a log", "sub/logs/r2": "", "logs/r/a": "", "other.csv": "", "new.csv": "", os.DevNull: "",
	} {
		var refused *GuardError
		err := g.Check(path)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", path, err)
		case want != "" && (!errors.As(err, &refused) || refused.What != want || refused.Output != path):
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}

	in, err := os.Open("hard.csv")
	try(err)
	defer in.Close()
	if err := g.CheckOpen("stdout", in); err == nil || err.Error() != "stdout is the input, so it cannot be the output" {
		t.Errorf("open file: %v", err)
	}
	if runtime.GOOS == "linux" { // which tells the path of an open file
		write("sub/checkpoint_r_w1_part0001.csv")
		part, err := os.Open("sub/checkpoint_r_w1_part0001.csv")
		try(err)
		defer part.Close()
		if err := g.CheckOpen("stdout", part); err == nil || err.Error() != "stdout is a file of the checkpoint, so it cannot be the output" {
			t.Errorf("open file of a guarded folder: %v", err)
		}
	}
	var open Guard
	open.ProtectOpen("stdin", in)
	if err := open.Check("sub/link.csv"); err == nil {
		t.Error("an open file is not guarded")
	}
}
