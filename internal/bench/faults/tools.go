package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"prism/internal/job"
	"prism/internal/testutil/ollamatest"
)

// tool is a program that labels a table, and that continues when its command is given again.
type tool struct {
	name  string
	needs []string // programs
	// command labels input into out.jsonl in the folder where it runs.
	command func(host, input string) *exec.Cmd
	failed  func(dir string) (map[int64]bool, error) // RowIDs that it names as failed
	isLarge bool                                     // its files do not fit the small disk
}

// list returns the tools that can run here, PRISM's first, and says which are left out.
func (c *config) list() []tool {
	all := []tool{
		{name: "prism-classify", command: c.prismCommand, failed: func(dir string) (map[int64]bool, error) {
			return readFailedRanges(job.FailedRowsPath(job.RunDir(filepath.Join(dir, "logs"), "r"), 1))
		}},
		c.peer("shell loop with curl and jq", "curl-loop", "bash", "curl", "jq"),
		c.peer("GNU parallel with curl and jq", "gnu-parallel", "bash", "curl", "jq", "parallel"),
		c.peer("Python script with threads", "threads.py", "python3"),
		c.peer("promptfoo", "promptfoo", "bash", "jq", filepath.Join(c.promptfoo, "node_modules", ".bin", "promptfoo")),
	}
	var there []tool
	for _, t := range all {
		if !strings.Contains(t.name, c.onlyTool) {
			continue
		}
		missing := ""
		for _, program := range t.needs {
			if _, err := exec.LookPath(program); err != nil {
				missing = program
			}
		}
		if missing != "" {
			fmt.Fprintf(c.errOut, "bench-faults: %s is not installed: LEFT OUT: %s\n", missing, t.name)
			continue
		}
		there = append(there, t)
	}
	return there
}

func (c *config) prismCommand(host, input string) *exec.Cmd {
	return exec.Command(filepath.Join(c.bin, "prism-classify"), append(c.prismFlags, "--model", ollamatest.DefaultModel, "--host", host,
		"--prompts-config", c.prompts, "--parallel", "4", "--run-id", "r", "--checkpoint-dir", "cp", "--logs-dir", "logs",
		"-o", "out.jsonl", input)...)
}

// peer is a script of the folder of peers; they name failed rows in failed.txt.
func (c *config) peer(name, script string, needs ...string) tool {
	return tool{name: name, needs: needs, isLarge: script == "promptfoo", command: func(host, input string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(c.peers, script), input, "out.jsonl")
		cmd.Env = append(os.Environ(), "HOST="+host, "MODEL="+ollamatest.DefaultModel, "PROMPTS="+c.prompts, "PROMPTFOO="+c.promptfoo)
		return cmd
	}, failed: func(dir string) (map[int64]bool, error) { return readFailedList(filepath.Join(dir, "failed.txt")) }}
}
