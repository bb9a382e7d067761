package systemtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// programs are what has man pages and completions.
func programs() ([]string, error) {
	scripts, err := filepath.Abs("../../../scripts")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, name := range []string{"split", "classify", "merge", "stats", "status"} {
		paths = append(paths, filepath.Join(bin, "prism-"+name))
	}
	for _, name := range []string{"run", "interactive", "tune", "cascade"} {
		paths = append(paths, filepath.Join(scripts, "prism-"+name))
	}
	return paths, nil
}

// writeManual makes man pages and completions in a folder.
func writeManual(folder string) error {
	paths, err := programs()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"run", "prism/internal/manual/write", "--version", "1.2.3", "--date", "2026-01-02", folder}, paths...)...)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// cmdManual: manual DIR makes man pages and completions in DIR.
func cmdManual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: manual DIR")
	}
	ts.Check(writeManual(ts.MkAbs(args[0])))
}

// helpFlag is a flag at the start of a line of a help text, with its letter before it.
var helpFlag = regexp.MustCompile(`(?m)^ {2,6}(?:-([a-zA-Z])(?:, | ))?(?:--([a-z][a-z-]*))?`)

// TestManualHasEveryFlag compares man pages and completions with what --help prints.
func TestManualHasEveryFlag(t *testing.T) {
	folder := t.TempDir()
	paths, err := programs()
	if err == nil {
		err = writeManual(folder)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range paths {
		name := filepath.Base(program)
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(program, "--help")
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			help, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			pages := map[string][]string{ // page: how it has a flag, how a letter
				"man1/" + name + ".1":    {`\fB\-\-%s\fR`, `\fB\-%s\fR`},
				"bash/" + name:           {"--%s\n", "-%s"},
				"zsh/_" + name:           {"*--%s", "*-%s"},
				"fish/" + name + ".fish": {" -l %s ", " -s %s "},
			}
			found := 0
			for _, flag := range helpFlag.FindAllStringSubmatch(string(help), -1) {
				if flag[1]+flag[2] != "" {
					found++
				}
				for page, forms := range pages {
					text := strings.NewReplacer("'", "\n").Replace(readText(t, filepath.Join(folder, page)))
					for i, name := range []string{flag[2], flag[1]} {
						name = strings.ReplaceAll(name, "-", map[bool]string{true: `\-`, false: "-"}[strings.HasPrefix(page, "man")])
						if want := strings.Replace(forms[i], "%s", name, 1); name != "" && !strings.Contains(text, want) {
							t.Errorf("%s has no %q", page, want)
						}
					}
				}
			}
			if found == 0 {
				t.Errorf("no flags in the help of %s", name)
			}
		})
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
