package systemtest

import (
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdServer: server sshd|slurm starts that server until the script ends, with all its files in the
// folder of that name, and sets the variables that it prints.
func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	script := func(action string) (string, error) {
		out, err := exec.Command("../../../scripts/test-engines-servers", args[0], action, dir).Output()
		return string(out), err
	}
	ts.Defer(func() {
		if _, err := script("stop"); err != nil {
			ts.Logf("stop %s: %v", args[0], err)
		}
	})
	out, err := script("start")
	ts.Check(err)
	for line := range strings.Lines(out) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			ts.Setenv(name, value)
		}
	}
}
