package systemtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdExamples: examples PROGRAM runs the three examples of the program's --help as they stand
// there. Each must end with exit code 0. Stdin is answers.txt where there is one.
func cmdExamples(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec(args[0], "--help"))
	commands := helpExamples(ts.ReadFile("stdout"))
	if len(commands) != 3 {
		ts.Fatalf("%s --help has %d examples, want 3", args[0], len(commands))
	}
	stdin := os.DevNull
	if _, err := os.Stat(ts.MkAbs("answers.txt")); err == nil {
		stdin = ts.MkAbs("answers.txt")
	}
	for _, command := range commands {
		ts.Logf("%s", command)
		ts.Check(ts.Exec("bash", "-euo", "pipefail", "-c", "{ "+command+"\n} < '"+stdin+"'"))
	}
}

// helpExamples returns the commands of a help's examples: lines that are indented by four, until
// the list of arguments or flags, whose lines are indented by two.
func helpExamples(help string) (commands []string) {
	_, rest, _ := strings.Cut(strings.ToLower(help), "examples:\n")
	rest = help[len(help)-len(rest):]
	var lines []string
	for line := range strings.Lines(rest + "\n") {
		command, isCommand := strings.CutPrefix(line, "    ")
		switch {
		case isCommand:
			lines = append(lines, command)
		case strings.HasPrefix(line, "  "):
			return commands
		case len(lines) > 0:
			commands, lines = append(commands, strings.TrimSpace(strings.Join(lines, ""))), nil
		}
	}
	return commands
}

// helpCodes returns the exit codes that a help lists.
func helpCodes(help string) []string {
	_, list, _ := strings.Cut(strings.ToLower(help), "exit codes:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	return numbersOf(regexp.MustCompile(`(?m)^  ([0-9, ]+?)  `), list)
}

// pageCodes returns the exit codes that the table of a page lists, whose first column is that of
// exit codes.
func pageCodes(page string) (codes []string) {
	heading := regexp.MustCompile(`(?m)^\| exit codes?\b[^\n]*\n(\|[^\n]*\n)+`)
	return numbersOf(regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`), heading.FindString(page))
}

func numbersOf(pattern *regexp.Regexp, text string) (numbers []string) {
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		numbers = append(numbers, strings.Split(found[1], ", ")...)
	}
	slices.Sort(numbers)
	return numbers
}

func TestHelpListsTheExitCodesOfItsPage(t *testing.T) {
	for program, page := range map[string]string{
		"prism-split": "split", "prism-classify": "classify", "prism-merge": "merge", "prism-stats": "stats", "prism-status": "status",
		"prism-run": "job", "prism-tune": "tune", "prism-cascade": "cascade",
	} {
		path := filepath.Join(bin, program)
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join("../../../scripts", program)
		}
		help, err := exec.Command(path, "--help").Output()
		if err != nil {
			t.Fatalf("%s --help: %v", program, err)
		}
		text, err := os.ReadFile("../../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		got, want := helpCodes(string(help)), pageCodes(string(text))
		if len(got) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s --help has the exit codes %v, docs/%s.md %v", program, got, page, want)
		}
	}
}
