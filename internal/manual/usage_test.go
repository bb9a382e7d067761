package manual

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const usageText = `usage: tool [options] FILE

Does one thing. Then
another.

  --dry-run         show the plan
  --backend a|b     what starts
                    it [a]
  --long-name one|two
                    help on the next line
  -o RESULT         the result
  --stage 'N: F'    who labels

of a run that exists:
  --run-id ID       its name

It goes on.

files:
  a/b    the first

exit codes:
  0  done
`

func TestParseUsage(t *testing.T) {
	got, err := ParseUsage("tool", usageText)
	if err != nil {
		t.Fatal(err)
	}
	want := &Page{
		Name: "tool", Usage: []string{"tool [options] FILE"}, Files: true,
		Description: "Does one thing. Then\nanother.\n\nIt goes on.",
		Sections:    []Section{{"files", "  a/b    the first"}, {"exit codes", "  0  done"}},
		Flags: []Flag{
			{Name: "help", Short: "h", Help: "Print a help text and exit."},
			{Name: "dry-run", Help: "show the plan"},
			{Name: "backend", Value: "a|b", Values: []string{"a", "b"}, Help: "what starts it [a]"},
			{Name: "long-name", Value: "one|two", Values: []string{"one", "two"}, Help: "help on the next line"},
			{Short: "o", Value: "RESULT", Help: "the result"},
			{Name: "stage", Value: "N: F", Help: "who labels"},
			{Name: "run-id", Value: "ID", Help: "its name", Group: "of a run that exists"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseUsage("tool", "no options here\n"); err == nil || !strings.Contains(err.Error(), "no usage line") {
		t.Errorf("error %v for a text without options", err)
	}
}

func TestReadHelp(t *testing.T) {
	p := &Page{Name: "tool"}
	p.ReadHelp("Usage: tool [<FILE> ...]\n[flags]\n\nDoes\none thing.\n\nExamples:\n\nLabel it:\n\n    tool x\n\nArguments:\n  [<FILE>]    a table\n\nFlags:\n  -h, --help    help\n\n      --other=X\n                  more\n\nInput:\n  --in    in\n\nExit codes:\n  0  done\n")
	want := &Page{Name: "tool", Description: "Does\none thing.", Sections: []Section{
		{"Examples", "Label it:\n\n    tool x"}, {"Arguments", "  [<FILE>]    a table"}, {"Exit codes", "  0  done"},
	}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func FuzzParseUsage(f *testing.F) {
	f.Add(usageText)
	f.Add("usage: x\n  -\n  --\n  --a '\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseUsage("tool", text)
		if err != nil {
			return
		}
		for _, flag := range p.Flags {
			if flag.Name == "" && flag.Short == "" {
				t.Errorf("a flag without a name in %q", text)
			}
		}
		p.Man("1", "2026-01-02", nil)
		p.ReadHelp(text)
	})
}

func TestKinds(t *testing.T) {
	tests := []struct {
		flag Flag
		want kind
	}{
		{Flag{Name: "quiet"}, noValue},
		{Flag{Name: "models", Value: "FILE"}, files},
		{Flag{Name: "models", Value: "A,B"}, models},
		{Flag{Name: "model", Value: "MODEL"}, models},
		{Flag{Name: "output-dir", Value: "DIR"}, folders},
		{Flag{Name: "metrics", Value: "FILE.prom"}, files},
		{Flag{Name: "run-id", Value: "ID"}, runs},
		{Flag{Name: "label", Value: "LABEL"}, labels},
		{Flag{Name: "label", Value: "L"}, anything},
		{Flag{Name: "input-format", Value: "FORMAT"}, words},
		{Flag{Name: "format", Value: "FORMAT", Values: []string{"args"}}, words},
	}
	for _, tt := range tests {
		if got := tt.flag.kind(); got != tt.want {
			t.Errorf("--%s %s: kind %d, want %d", tt.flag.Name, tt.flag.Value, got, tt.want)
		}
	}
}

func TestGroupsAreTogether(t *testing.T) {
	p := Page{Flags: []Flag{{Name: "a", Group: "In"}, {Name: "b"}, {Name: "c", Group: "In"}, {Name: "d", Hidden: true}, {Name: "e"}}}
	got := ""
	for _, f := range p.visible() {
		got += f.Name
	}
	if got != "acbe" {
		t.Errorf("order %s, want acbe", got)
	}
}

func TestManEscapes(t *testing.T) {
	p := Page{Name: "a-b", Usage: []string{"a-b FILE"}, Description: ".not a macro\n  'kept' \\ as it is", Flags: []Flag{{Name: "x-y", Value: "N", Help: "helps"}, {Name: "z", Hidden: true}}}
	got := p.Man("1.0", "2026-01-02", []string{"a-b", "c"})
	for _, want := range []string{".TH A\\-B 1 2026-01-02", "\\&.not a macro\n.nf\n", "  'kept' \\e as it is\n.fi\n", "\\fB\\-\\-x\\-y\\fR \\fIN\\fR\nhelps\n", ".SH SEE ALSO\nc(1)\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, `\-\-z`) {
		t.Error("a hidden flag is in the man page")
	}
}

// The summary of a page is in lower case; environment variables and groups have their lines.
func TestManOfAGroup(t *testing.T) {
	p := &Page{Name: "tool", Usage: []string{"tool A", "tool B"}, Description: "Labels\nrows. It is quick.", Flags: []Flag{{Name: "in", Value: "FILE", Help: "read", Group: "Input", Env: []string{"TOOL_IN", "IN"}}}}
	got := p.Man("1", "2026-01-02", nil)
	for _, want := range []string{"tool \\- labels rows\n", ".B tool\nA\n.br\n.B tool\nB\n", ".SS Input\n.TP\n", "The environment variable TOOL_IN or IN sets it too.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
