// Package covered lets the scripts of testscript run tools that count the statements that they
// reach.
package covered

import (
	"os"
	"path/filepath"
	"syscall"
)

// Command is a command for testscript.Main: run. A process of the test binary does not count
// what it reaches, so scripts/cover builds the tools with counters, in bin beside the
// folder GOCOVERDIR of what they count: then the command is the tool.
func Command(name string, run func()) func() {
	return func() {
		if dir := os.Getenv("GOCOVERDIR"); dir != "" {
			tool := filepath.Join(filepath.Dir(dir), "bin", name)
			if err := syscall.Exec(tool, append([]string{name}, os.Args[1:]...), os.Environ()); !os.IsNotExist(err) {
				panic(err)
			}
		}
		run()
	}
}
