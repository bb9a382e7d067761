package systemtest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

// startClassify starts prism-classify on input with a checkpoint in dir.
func startClassify(t *testing.T, host, model, dir, input string, more ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd, stderr := classifyCommand(t, host, model, dir, input, more...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stderr
}

// classifyCommand is the command that startClassify starts.
func classifyCommand(t *testing.T, host, model, dir, input string, more ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	args := append([]string{
		"--model", model, "--host", host, "--prompts-config", schemaPath(t), "--labels", "strict", "--run-id", "r",
		"--checkpoint-dir", filepath.Join(dir, "cp"), "--logs-dir", filepath.Join(dir, "logs"),
		"-o", filepath.Join(dir, "out.csv"), input,
	}, more...)
	cmd := exec.Command(filepath.Join(bin, "prism-classify"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

func schemaPath(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../../examples/feedback/prompt.json")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// finishedRows counts the records of the checkpoint's parts.
func finishedRows(t *testing.T, dir string) int {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(dir, "cp", "*_part*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range parts {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(data, []byte(",r\n"))
	}
	return n
}

// waitForRows waits until so many rows are finished or the process ends.
func waitForRows(t *testing.T, dir string, rows int, done <-chan error) (ended bool, err error) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for finishedRows(t, dir) < rows {
		select {
		case err := <-done:
			return true, err
		case <-tick.C:
		}
	}
	return false, nil
}

// TestKilledWorkerRepeatsOnlyCallsInFlight kills and restarts a worker at random
// moments until the work is done. Every row has its right labels, only rows that
// were in flight at a kill were sent twice, and no temporary file is left.
func TestKilledWorkerRepeatsOnlyCallsInFlight(t *testing.T) {
	t.Parallel()
	t.Run("classic", func(t *testing.T) { killAtRandom(t, "classic", 3000, 50) })
	t.Run("compact", func(t *testing.T) { killAtRandom(t, "compact", 900, 15) })
}

func killAtRandom(t *testing.T, style string, total, kills int) {
	const parallel, batch = 4, 10
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(dir, "in.csv")
	writeRows(t, input, total)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(5*time.Millisecond))...)
	rng := rand.New(rand.NewPCG(7, 7))
	killed := 0
	for ended := false; !ended; {
		more := rng.IntN(2 * (total/kills - 20))
		want := finishedRows(t, dir) + more
		waitUntilIdle(srv)
		srv.HoldAfter(srv.Totals().Passed + more + rng.IntN(20)) // so it does not get far if the kill is late
		reached := func() bool {
			now := srv.Totals()
			return finishedRows(t, dir) >= want || now.Held > 0 && now.Held == now.InFlight // calls of the one before count, too
		}
		cmd, stderr := classifyCommand(t, srv.URL, ollamatest.DefaultModel, dir, input,
			"--parallel", "4", "--batch-size", "10", "--checkpoint-interval", "30", "--prompt-style", style)
		cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(dir, "tmp"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		var err error
		if ended, err = waitRandomMoment(rng, reached, done); err != nil {
			t.Fatalf("after %d kills: %v\n%s", killed, err, stderr)
		}
		if !ended {
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			ended = <-done == nil
			killed++
		}
	}
	t.Logf("%d kills, %d rows sent for %d", killed, srv.Totals().Rows, total)
	if killed < kills {
		t.Errorf("%d kills, want at least %d", killed, kills)
	}
	if most := total + killed*parallel*batch; srv.Totals().Rows > most {
		t.Errorf("%d rows sent after %d kills, want at most %d", srv.Totals().Rows, killed, most)
	}
	checkLabels(t, input, filepath.Join(dir, "out.csv"))
	checkNoTemporaryFiles(t, dir)
}

// waitUntilIdle waits until the server noticed that the callers left.
func waitUntilIdle(srv *ollamatest.Server) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for srv.Totals().InFlight > 0 {
		<-tick.C
	}
}

// waitRandomMoment waits until something is reached or a random number of milliseconds, or until the
// process ends.
func waitRandomMoment(rng *rand.Rand, reached func() bool, done <-chan error) (ended bool, err error) {
	var moment <-chan time.Time
	if rng.IntN(3) == 0 {
		moment = time.After(time.Duration(rng.IntN(30_000)) * time.Microsecond)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return true, err
		case <-moment:
			return false, nil
		case <-tick.C:
			if moment == nil && reached() {
				return false, nil
			}
		}
	}
}

// checkNoTemporaryFiles fails the test if a temporary file was left.
func checkNoTemporaryFiles(t *testing.T, dir string) {
	t.Helper()
	for _, pattern := range []string{"tmp/*", ".*", "cp/.*", "logs/*/.*", "status/*/.*"} {
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range left {
			if name := filepath.Base(path); !strings.HasPrefix(name, ".checkpoint_") { // of a first start that was killed at once
				t.Errorf("left behind: %s", path)
			}
		}
	}
}

// TestRealKill kills a worker on the real server, which then resumes.
func TestRealKill(t *testing.T) {
	host := realHost(t)
	dir := t.TempDir()
	input, err := filepath.Abs("../../../examples/feedback/feedback.csv")
	if err != nil {
		t.Fatal(err)
	}
	cmd, stderr := startClassify(t, host, realModel, dir, input, "--parallel", "2")
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	if ended, err := waitForRows(t, dir, 40, done); ended {
		t.Fatalf("it ended before the kill: %v\n%s", err, stderr)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-done
	kept := finishedRows(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "out.csv")); err == nil {
		t.Error("a killed worker left an output")
	}
	cmd, stderr = startClassify(t, host, realModel, dir, input, "--parallel", "2")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("resume: %v\n%s", err, stderr)
	}
	if kept < 40 || !strings.Contains(stderr.String(), "finished before") {
		t.Errorf("%d rows were kept; the resumed worker printed:\n%s", kept, stderr)
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out, []byte(",10,r\n")); n != 240 {
		t.Errorf("%d rows in the output, want 240", n)
	}
}

func writeRows(t *testing.T, path string, n int) {
	t.Helper()
	var b bytes.Buffer
	if err := ollamatest.WriteCSV(&b, 1, n); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// schemaOptions are those of a fake server that knows the example's columns.
func schemaOptions(t *testing.T, more ...ollamatest.Option) []ollamatest.Option {
	t.Helper()
	for _, c := range readSchema(t).Columns {
		more = append(more, fakeColumn(&c))
	}
	return more
}

func readSchema(t *testing.T) *prompt.Schema {
	t.Helper()
	data, err := os.ReadFile(schemaPath(t))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := prompt.Parse(data, schemaPath(t))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// checkLabels fails the test unless the output has every row of the input in
// order, each with its own labels.
func checkLabels(t *testing.T, input, output string) {
	t.Helper()
	in, err := readTable(input)
	if err != nil {
		t.Fatal(err)
	}
	out, err := readTable(output)
	if err != nil {
		t.Fatal(err)
	}
	if len(in) != len(out) {
		t.Fatalf("%d records in the output, want %d", len(out), len(in))
	}
	schema := readSchema(t)
	for i := 1; i < len(in); i++ {
		if err := checkRow(in[i], out[i], schema); err != nil {
			t.Fatal(err)
		}
	}
}
