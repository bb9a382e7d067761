package classify

import (
	"slices"
	"strings"

	"prism/internal/term"
)

// resume is the command that goes on with this job; empty if nothing is kept.
func (w *worker) resume() string {
	if w.s.GoesOnWith != "" {
		return w.s.GoesOnWith
	}
	if w.s.Output.Checkpoints.Directory == "" || len(w.s.Command) == 0 {
		return ""
	}
	args := []string{term.QuoteShell(w.s.Command[0])}
	named := false
	for _, a := range hideCredentials(w.s.Command)[1:] {
		named = named || a == "--run-id" || strings.HasPrefix(a, "--run-id=")
		if a != "--restart" && !strings.HasPrefix(a, "--restart=") {
			args = append(args, term.QuoteShell(a))
		}
	}
	if !named {
		args = slices.Insert(args, 1, "--run-id", term.QuoteShell(w.s.RunID))
	}
	return strings.Join(args, " ")
}

// hideCredentials returns a command line without the passwords of its servers and
// proxies: it is printed and kept in the status file.
func hideCredentials(command []string) []string {
	shown := slices.Clone(command)
	for i, a := range command {
		flag, value, joined := strings.Cut(a, "=")
		if flag != "--host" && flag != "--proxy" {
			continue
		}
		switch {
		case joined:
			shown[i] = flag + "=" + hideEach(value)
		case i+1 < len(shown):
			shown[i+1] = hideEach(shown[i+1])
		}
	}
	return shown
}

// hideEach hides the credentials of the addresses in a list.
func hideEach(list string) string {
	addresses := strings.Split(list, ",")
	for i, a := range addresses {
		addresses[i] = term.HideCredentials(a)
	}
	return strings.Join(addresses, ",")
}
