package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Manual is what is to be said of a program beside its flags, for --help and for what else is
// printed of it.
type Manual struct {
	Purpose     string    // what it is for, in a line
	About       string    // how it works, a paragraph
	Examples    []Example // three, which a test runs
	ExitCodes   []Entry   // what each means, without those of signals; only what the program gives
	Files       []Entry   // that it makes or looks for unasked
	Environment []Entry   // variables that no flag names
}

// Example is a command and what it is good for.
type Example struct {
	Text    string // a sentence
	Command string // lines as typed
}

// Entry is a name and a short text about it.
type Entry struct{ Name, Text string }

// signalCodes are the exit codes of programs that a signal ended.
var signalCodes = []Entry{
	{"129, 130, 143", "ended by the signal HUP (the terminal closed), INT (Ctrl-C) or TERM, after saving"},
	{"141", "stdout was closed early, as by … | head"},
}

// allExitCodes are the exit codes of the program, those of signals too.
func (m *Manual) allExitCodes() []Entry { return append(slices.Clone(m.ExitCodes), signalCodes...) }

// variablesOfAll are read by every program.
var variablesOfAll = []Entry{{"TMPDIR", "folder of temporary files"}}

// allVariables are the variables of the environment that the program reads: those of flags, by
// the name of the flag, and others.
func (m *Manual) allVariables(app *kong.Application) (variables []Entry) {
	for _, group := range app.AllFlags(true) {
		for _, f := range group {
			for _, name := range f.Tag.Envs {
				variables = append(variables, Entry{name, "--" + f.Name})
			}
		}
	}
	return append(append(variables, m.Environment...), variablesOfAll...)
}

// description is what stands above the flags, as kong wraps it: lines that are indented stay.
func (m *Manual) description() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\nExamples:\n", m.Purpose, m.About)
	for _, e := range m.Examples {
		fmt.Fprintf(&b, "\n%s\n\n", e.Text)
		for line := range strings.Lines(e.Command) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return b.String()
}

// printHelp prints usage, description and flags as kong does, then the lists of the manual.
func (m *Manual) printHelp(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	for _, list := range []struct {
		title   string
		entries []Entry
	}{{"Exit codes", m.allExitCodes()}, {"Files", m.Files}, {"Environment", m.allVariables(ctx.Model)}} {
		if err := printEntries(ctx.Stdout, list.title, list.entries); err != nil {
			return err
		}
	}
	return nil
}

func printEntries(w io.Writer, title string, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	width := 0
	for _, e := range entries {
		width = max(width, len(e.Name))
	}
	text := "\n" + title + ":\n"
	for _, e := range entries {
		text += fmt.Sprintf("  %-*s  %s\n", width, e.Name, e.Text)
	}
	_, err := io.WriteString(w, text)
	return err
}

// describeHelpFlag puts --help, which is the first flag, beside --version.
func describeHelpFlag(app *kong.Application) {
	app.HelpFlag.Help = "Print this help and exit."
	for i, f := range app.Flags {
		if f.Name == "version" {
			app.HelpFlag.Group = f.Group
			app.Flags = slices.Concat(app.Flags[1:i+1], []*kong.Flag{app.HelpFlag}, app.Flags[i+1:])
		}
	}
}
