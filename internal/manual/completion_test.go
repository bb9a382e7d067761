package manual

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// completedPage has a flag of every kind.
func completedPage() *Page {
	return &Page{Name: "prism-tool", Files: true, Flags: []Flag{
		{Name: "quiet", Short: "q", Help: "Says nothing."},
		{Name: "format", Value: "FORMAT", Help: "How a[b] is: written."},
		{Name: "style", Value: "WORD", Values: []string{"plain", "pretty"}, Help: "It's up to you; or not."},
		{Name: "manifest", Value: "FILE", Help: "Of a run (JSON)."},
		{Name: "output-dir", Value: "DIR", Help: "A folder."},
		{Name: "host", Value: "URL", Help: "A server"},
		{Name: "model", Value: "MODEL", Help: "A model"},
		{Name: "run-id", Value: "ID", Help: "A run"},
		{Name: "label", Value: "LABEL", Help: `A \ label`},
		{Name: "secret", Hidden: true},
	}}
}

// linesOf finds the lines that have a text.
func linesOf(text, part string) string {
	var found strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			found.WriteString(strings.TrimSuffix(strings.TrimSpace(line), ` \`) + "\n")
		}
	}
	return found.String()
}

func TestFish(t *testing.T) {
	p := completedPage()
	text := p.Fish()
	for _, c := range []struct{ name, flag, want string }{
		{"a switch with a letter", "quiet", "complete -c prism-tool -s q -l quiet -d 'Says nothing'"},
		{"formats", "format", "complete -c prism-tool -l format -x -a 'csv tsv jsonl' -d 'How a[b] is'"},
		{"words, a quote in the help", "style", `complete -c prism-tool -l style -x -a 'plain pretty' -d 'It\'s up to you'`},
		{"files", "manifest", "complete -c prism-tool -l manifest -r -F -d 'Of a run'"},
		{"folders", "output-dir", "complete -c prism-tool -l output-dir -x -a '(__fish_complete_directories)' -d 'A folder'"},
		{"anything", "host", "complete -c prism-tool -l host -x -d 'A server'"},
		{"models of the server", "model", `complete -c prism-tool -l model -x -a '(__prism_ask \'--host --api\' prism-classify --list-models --timeout=2s --quiet)' -d 'A model'`},
		{"runs", "run-id", `complete -c prism-tool -l run-id -x -a '(__prism_ask \'--status-dir\' prism-status --list=runs --quiet)' -d 'A run'`},
		{"labels", "label", `complete -c prism-tool -l label -x -a '(__prism_ask \'--manifest\' prism-status --list=labels --quiet)' -d 'A \\ label'`},
		{"a hidden flag", "secret", ""},
	} {
		want := c.want
		if want != "" {
			want += "\n"
		}
		if got := linesOf(text, " -l "+c.flag+" "); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
	for _, takesFiles := range []bool{true, false} {
		p.Files = takesFiles
		if got := strings.Contains(p.Fish(), "complete -c prism-tool -f\n"); got == takesFiles {
			t.Errorf("arguments are files: %v, no file is offered: %v", takesFiles, got)
		}
	}
}

func TestZsh(t *testing.T) {
	p := completedPage()
	text := p.Zsh()
	if !strings.HasPrefix(text, "#compdef prism-tool\n") {
		t.Errorf("got %.30q, want #compdef prism-tool first", text)
	}
	for _, c := range []struct{ name, flag, want string }{
		{"a switch", "--quiet", "'*--quiet[Says nothing]'"},
		{"its letter", "-q", "'*-q[Says nothing]'"},
		{"formats, brackets in the help", "--format", `'*--format=[How a\[b\] is]:FORMAT:(csv tsv jsonl)'`},
		{"words, a quote in the help", "--style", `'*--style=[It'\''s up to you]:WORD:(plain pretty)'`},
		{"files", "--manifest", "'*--manifest=[Of a run]:FILE:_files'"},
		{"folders", "--output-dir", "'*--output-dir=[A folder]:DIR:_files -/'"},
		{"anything", "--host", "'*--host=[A server]:URL:'"},
		{"models of the server", "--model", `'*--model=[A model]:MODEL:{_prism_ask "--host --api" prism-classify --list-models --timeout=2s --quiet}'`},
		{"runs", "--run-id", `'*--run-id=[A run]:ID:{_prism_ask "--status-dir" prism-status --list=runs --quiet}'`},
		{"labels", "--label", `'*--label=[A \\ label]:LABEL:{_prism_ask "--manifest" prism-status --list=labels --quiet}'`},
		{"a hidden flag", "--secret", ""},
	} {
		want := c.want
		if want != "" {
			want += "\n"
		}
		if got := linesOf(text, "'*"+c.flag); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
	for _, takesFiles := range []bool{true, false} {
		p.Files = takesFiles
		if got := strings.Contains(p.Zsh(), "'*:FILE:_files'"); got != takesFiles {
			t.Errorf("arguments are files: %v, files are offered: %v", takesFiles, got)
		}
	}
}

// TestBash completes what is typed in a real bash. The tools that it asks print their arguments
// and names, some of which the shell would take for something else.
func TestBash(t *testing.T) {
	script := completedPage().Bash()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "completion"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	const complete = `prism-classify() { printf '%s\n' qwen3:4b qwen3:8b '$(id)' "asked=$*"; }
prism-status() { printf '%s\n' "asked=$*"; }
. "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n=:'
_prism_tool
printf '%s\n' "${COMPREPLY[@]+"${COMPREPLY[@]}"}"`
	for _, c := range []struct{ name, typed, want string }{
		{"flags", "prism-tool --m", "--manifest --model"},
		{"no hidden flag", "prism-tool --se", ""},
		{"words", "prism-tool --style p", "plain pretty"},
		{"words behind =", "prism-tool --style=pl", "plain"},
		{"formats", "prism-tool --quiet --format ", "csv tsv jsonl"},
		{"nothing, so that the shell offers files", "prism-tool --manifest ", ""},
		{"arguments, likewise", "prism-tool --quiet a", ""},
		{"what follows the last colon", "prism-tool --model qwen3:", "4b 8b"},
		{"the tool is asked with the flags that are typed", "prism-tool --host=h:1 --model as", `asked=--list-models\ --timeout=2s\ --quiet\ --host=h:1`},
		{"flags with blanks before their values", "prism-tool --status-dir s --run-id ", `asked=--list=runs\ --quiet\ --status-dir=s`},
		{"labels of a manifest", "prism-tool --manifest m.json --label ", `asked=--list=labels\ --quiet\ --manifest=m.json`},
		{"what a tool prints is quoted", "prism-tool --model $", `\$\(id\)`},
	} {
		out, err := exec.Command(bash, "--norc", "-c", complete, "bash", filepath.Join(folder, "completion"), c.typed).CombinedOutput()
		if got := strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), " "); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
