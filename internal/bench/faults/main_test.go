//go:build unix

package main

import (
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFaultsOnPrism puts every fault on prism-classify and a short table: nothing is lost, swapped,
// doubled, and the row that does not fit the context is named.
func TestFaultsOnPrism(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", dir, "prism/cmd/prism-classify").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var printed strings.Builder
	c := config{
		bin: dir, dir: dir, prompts: "../../../examples/feedback/prompt.json", prismFlags: []string{"--batch-size", "2", "--delay", "0.01"},
		rows: 30, latency: 50 * time.Millisecond, outage: 20 * time.Millisecond, seed: 1, onlyTool: "prism", errOut: io.MultiWriter(&printed, t.Output()),
	}
	var out strings.Builder
	if err := c.compare(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 40% of the calls go wrong | prism-classify | 0 | 0 | 0 | 0 | 0 | 0 | ",
		"| `kill -9` half-way | prism-classify | 137, 0 | 0 | 0 | 0 | 0 | 0 | ",
		"| the server is away for 20ms | prism-classify | 0 | 0 | 0 | 0 | 0 | 0 | ",
		"| one row is longer than the context | prism-classify | 3, 3 | 0 | 1 | 0 | 0 | 0 | ",
		"| 30% of the replies in another order, 10% lack a row | prism-classify | 0 | 0 | 0 | 0 | 0 | 0 | ",
		"| the disk is full half-way | prism-classify | 1, 0 | 0 | 0 | 0 | 0 | 0 | ",
		"| the input is rewritten half-way | prism-classify | 0 | 0 | 0 | 0 | 0 | 0 | ",
	} {
		fault, _, _ := strings.Cut(strings.TrimPrefix(want, "| "), " |")
		if strings.Contains(printed.String(), "LEFT OUT: "+fault) {
			t.Logf("NOT TESTED: %s", fault)
			continue
		}
		if !strings.Contains(out.String(), "\n"+want) {
			t.Errorf("%s is missing in\n%s", want, &out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "trial-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		args []string
		want int
	}{
		{"no folder", nil, 2},
		{"too few rows", []string{"-dir", dir, "-rows", "5"}, 2},
		{"unknown flag", []string{"-x"}, 2},
		{"no such prompt schema", []string{"-dir", dir, "-prompts", filepath.Join(dir, "none.json")}, 1},
		{"no such program", []string{"-dir", dir, "-prompts", "../../../examples/feedback/prompt.json", "-bin", dir, "-tool", "prism"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := run(tt.args, io.Discard, t.Output()); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}
