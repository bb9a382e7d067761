package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// asTool is an environment variable that makes this binary a tool: its value is what --describe
// prints.
const asTool = "PRISM_TEST_DESCRIBE"

func TestMain(m *testing.M) {
	if grammar, ok := os.LookupEnv(asTool); ok && len(os.Args) == 2 {
		switch os.Args[1] {
		case "--describe":
			fmt.Print(grammar)
			os.Exit(0)
		case "--help":
			fmt.Print("Usage: tool [flags]\n\nLabels rows.\n\nFlags:\n  -h, --help    help\n")
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

const script = `#!/bin/sh
echo 'usage: script [options] FILE

Cuts a table.

  --rows N    rows of a piece'
`

// makePrograms are a tool and a script in a folder; grammar is what the tool says of its flags.
func makePrograms(t *testing.T, grammar, script string) (tool, scriptPath string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no scripts here")
	}
	t.Setenv(asTool, grammar)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tool, scriptPath = filepath.Join(dir, "tool"), filepath.Join(dir, "script")
	if err := os.Symlink(self, tool); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scriptPath, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	return tool, scriptPath
}

func TestWrite(t *testing.T) {
	tool, scriptPath := makePrograms(t, `{"name": "tool", "usage": ["tool [flags]"], "flags": [{"name": "model", "value": "MODEL", "help": "Labels with it."}]}`, script)
	out := t.TempDir()
	var stderr bytes.Buffer
	if code := run([]string{"--version", "1.2", "--date", "2026-01-02", out, tool, scriptPath}, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	for name, want := range map[string]string{
		"man1/tool.1":      ".TH TOOL 1 2026-01-02 \"PRISM 1.2\" PRISM\n.SH NAME\ntool \\- labels rows\n",
		"man1/script.1":    "script \\- cuts a table\n",
		"bash/tool":        "--model) words=$(_tool_ask ",
		"bash/script":      "complete -o default -F _script script\n",
		"zsh/_tool":        "'*--model=[Labels with it]:MODEL:",
		"zsh/_script":      "'*--rows=[rows of a piece]:N:'",
		"fish/tool.fish":   "complete -c tool -l model ",
		"fish/script.fish": "complete -c script -l rows ",
	} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: got %q, %v, want %q in it", name, text, err, want)
		}
	}
	for name, other := range map[string]string{"man1/tool.1": "script", "man1/script.1": "tool"} {
		if text, _ := os.ReadFile(filepath.Join(out, name)); !strings.HasSuffix(string(text), ".SH SEE ALSO\n"+other+"(1)\n") {
			t.Errorf("%s does not name %s beside it", name, other)
		}
	}
}

func TestWriteFails(t *testing.T) {
	tool, scriptPath := makePrograms(t, "no JSON", "#!/bin/sh\nexit 3\n")
	dir := filepath.Dir(tool)
	if err := os.WriteFile(filepath.Join(dir, "empty"), nil, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // the message has it
	}{
		{"no program", []string{"out"}, 2, "usage: write"},
		{"no such flag", []string{"--colour", "out", tool}, 2, "-colour"},
		{"a program that is not there", []string{"out", filepath.Join(dir, "none")}, 1, "none"},
		{"an empty program", []string{"out", filepath.Join(dir, "empty")}, 1, "empty"},
		{"a program that fails", []string{"out", scriptPath}, 1, "script --help"},
		{"a grammar that is not JSON", []string{"out", tool}, 1, "tool --describe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var stderr bytes.Buffer
			if code := run(c.args, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("got exit %d and %q, want %d and %q", code, &stderr, c.code, c.want)
			}
			if _, err := os.Stat("out"); err == nil {
				t.Error("something was written")
			}
		})
	}
}
