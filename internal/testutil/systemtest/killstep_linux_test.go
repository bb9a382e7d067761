package systemtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"prism/internal/testutil/ollamatest"
)

// traceKilling are the arguments of strace before the command line of a process which is to be killed instead
// of making the n-th call of this kind to the system, as its threads count.
func traceKilling(call string, n int) []string {
	return []string{"-f", "-qq", "-o", os.DevNull, "-e", "signal=none",
		"-e", "trace=/^" + call, "-e", fmt.Sprintf("inject=/^%s:signal=KILL:when=%d", call, n)}
}

// needStrace is the path of strace; a test of what needs it is skipped where it is missing or forbidden.
func needStrace(t *testing.T, what string) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err == nil {
		err = exec.Command(strace, "-qq", "-o", os.DevNull, "true").Run()
	}
	if err != nil {
		t.Skipf("NOT TESTED: %s: strace is needed: %v", what, err)
	}
	return strace
}

// TestKilledAtEachFileStep kills a worker before each of the steps in which it gives files
// their names: while rows move to new positions after an edit of the input, and while the
// output replaces an earlier one. Whenever that is, the next worker has all finished
// rows, and takes no output of the job for somebody's work.
func TestKilledAtEachFileStep(t *testing.T) {
	t.Parallel()
	strace := needStrace(t, "kills at each step")
	start := t.TempDir()
	input := filepath.Join(start, "in.csv")
	writeRows(t, input, 12)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	cmd, stderr := startClassify(t, srv.URL, ollamatest.DefaultModel, start, input, "--checkpoint-interval", "4")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	moveAndChangeRows(t, input)
	kills := 0
	for _, call := range []string{"rename", "unlink", "mkdir", "link", "fsync"} {
		for n := 1; killAndResume(t, srv, start, append([]string{strace}, traceKilling(call, n)...)); n++ {
			kills++
		}
	}
	t.Logf("%d kills", kills)
	if kills < 30 {
		t.Errorf("%d kills, want at least 30", kills)
	}
}

// killAndResume labels a copy of the folder start with a command line in front that kills
// the worker, and then without. It returns false if nothing was killed.
func killAndResume(t *testing.T, srv *ollamatest.Server, start string, trace []string) bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS(start)); err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(dir, "in.csv")
	cmd, stderr := classifyCommand(t, srv.URL, ollamatest.DefaultModel, dir, input, "--checkpoint-interval", "4")
	cmd.Path, cmd.Args = trace[0], append(trace, cmd.Args...)
	err := cmd.Run()
	if err == nil {
		return false
	}
	name := trace[len(trace)-1]
	if !wasKilled(err) {
		t.Fatalf("%s: %v\n%s", name, err, stderr)
	}
	before := srv.Totals().Rows
	cmd, stderr = startClassify(t, srv.URL, ollamatest.DefaultModel, dir, input, "--checkpoint-interval", "4")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr)
	}
	checkLabels(t, input, filepath.Join(dir, "out.csv"))
	if sent := srv.Totals().Rows - before; sent > 2 {
		t.Errorf("%s: %d rows sent again, want at most the 2 that are new", name, sent)
	}
	for _, pattern := range []string{"*.bak*", "cp/*.mov*"} {
		if left, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v\n%s", name, left, err, stderr)
		}
	}
	checkNoTemporaryFiles(t, dir)
	return true
}

// moveAndChangeRows puts a new row first and changes the last one.
func moveAndChangeRows(t *testing.T, path string) {
	t.Helper()
	records, err := readTable(path)
	if err != nil {
		t.Fatal(err)
	}
	last := records[len(records)-1]
	last[2] += " Edited."
	records = append(records[:1], append([][]string{{"7", "New", "One more row.", ""}}, records[1:]...)...)
	if err := os.WriteFile(path, encodeRows(records), 0o666); err != nil {
		t.Fatal(err)
	}
}

// wasKilled reports whether a command, or the one that strace ran for it, was killed.
func wasKilled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGKILL || status.ExitStatus() == 128+int(syscall.SIGKILL))
}
