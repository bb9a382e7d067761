package systemtest

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTerminal is a terminal with a shell in it, by tmux:
//
//	terminal open WIDTH HEIGHT   opens it
//	terminal type TEXT…          types lines
//	terminal keys KEY…           presses keys, by the names that tmux has for them
//	terminal shows REGEXP…       waits until the terminal shows all of these
//	terminal lacks REGEXP…       checks that it shows none of these
func cmdTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal open|type|keys|shows|lacks ARGUMENT…")
	}
	switch verb := args[0]; verb {
	case "open":
		tmux(ts, "new-session", "-d", "-x", args[1], "-y", args[2], "PS1='ready$ ' exec bash --norc --noprofile -i")
		ts.Defer(func() { _ = ts.Exec("tmux", "-S", tmuxSocket(ts), "kill-server") })
	case "type":
		for _, line := range args[1:] {
			tmux(ts, "send-keys", "-l", line)
			tmux(ts, "send-keys", "Enter")
		}
	case "keys":
		tmux(ts, append([]string{"send-keys"}, args[1:]...)...)
	case "shows":
		awaitScreen(ts, args[1:])
	case "lacks":
		screen := readScreen(ts)
		for _, text := range args[1:] {
			if matchesScreen(ts, text, screen) {
				ts.Fatalf("the terminal shows %q:\n%s", text, screen)
			}
		}
	default:
		ts.Fatalf("terminal: unknown argument %q (want open, type, keys, shows or lacks)", verb)
	}
}

func tmuxSocket(ts *testscript.TestScript) string { return ts.MkAbs("tmux.sock") }

func tmux(ts *testscript.TestScript, args ...string) {
	ts.Check(ts.Exec("tmux", append([]string{"-S", tmuxSocket(ts), "-f", "/dev/null"}, args...)...))
}

// readScreen returns what the terminal shows, lines without the blanks at their end.
func readScreen(ts *testscript.TestScript) string {
	tmux(ts, "capture-pane", "-p")
	return strings.TrimRight(ts.ReadFile("stdout"), "\n")
}

func matchesScreen(ts *testscript.TestScript, text, screen string) bool {
	re, err := regexp.Compile("(?m)" + text)
	ts.Check(err)
	return re.MatchString(screen)
}

func awaitScreen(ts *testscript.TestScript, texts []string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		screen := readScreen(ts)
		missing := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return matchesScreen(ts, text, screen) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the terminal does not show %q:\n%s", missing, screen)
		}
	}
}
