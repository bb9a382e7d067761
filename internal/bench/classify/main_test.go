package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildTools builds what the benchmarks start into dir.
func buildTools(t *testing.T, dir string) {
	t.Helper()
	for _, pkg := range []string{"prism/cmd/prism-classify", "prism/cmd/prism-split", "prism/internal/testutil/ollamatest/fake"} {
		if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, filepath.Base(pkg)), pkg).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// TestBenchmarks runs each benchmark as briefly as it can. What they measure is
// not asserted: timings depend on the machine.
func TestBenchmarks(t *testing.T) {
	terminal, err := openTerminal()
	if err != nil {
		t.Skip(err)
	}
	terminal.closeBoth()
	dir := t.TempDir()
	buildTools(t, dir)
	c := config{
		bin: dir, fake: filepath.Join(dir, "fake"), dir: dir, prompts: "../../../examples/feedback/prompt.json",
		duration: 600 * time.Millisecond, rounds: 1, instantRows: 200, rows: 20_000, errOut: t.Output(),
	}
	var out strings.Builder
	if err := c.runBenchmarks(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"client's CPU a call, 8 in flight", "rows/s, the server answers at once", "use of 8 slots of 200ms for 1 s", "rows/s of 2 processes",
		"rows/s of 4 processes", "rows/s of 8 processes", "speed of three hosts of 1:2:4", "between the ends of their last calls", "status, heartbeat, logs and progress line", "the whole client at 100 rows/s",
		"resident memory, 64 in flight, 20000 rows in the file", "the same while the first call hangs",
		"first call of the last of 16 workers", "first call of the last of 1000 workers",
	} {
		if !strings.Contains(out.String(), "\n| "+want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "work-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v left (%v)", left, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	schema := filepath.Join(dir, "prompt.json")
	if err := os.WriteFile(schema, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"no fake server", []string{"-dir", dir}, 2},
		{"unknown flag", []string{"-x"}, 2},
		{"no such folder", []string{"-fake", "fake", "-dir", filepath.Join(dir, "none")}, 1},
		{"bad prompt schema", []string{"-fake", "fake", "-dir", dir, "-prompts", schema, "-only", "use"}, 1},
		{"no such program", []string{"-fake", filepath.Join(dir, "none"), "-dir", dir, "-prompts", "../../../examples/feedback/prompt.json", "-only", "instant"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(c.args, io.Discard, io.Discard); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}
