package systemtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"prism/internal/job"
)

// TestKilledPlanning kills prism-split while it normalizes inputs and plans a run. What
// it left is a run that was planned, with its whole inputs, or none; the same command
// plans it then.
func TestKilledPlanning(t *testing.T) {
	t.Parallel()
	const kills = 40
	dir := newInputFolder(t, 20_000)
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(dir, "in.csv")
	pack(t, input, filepath.Join(dir, "packed.csv.gz"))
	jobFile := fmt.Sprintf("project: {name: p}\nmodel: {name: m}\ninput_queue: [{path: packed.csv.gz}]\nprompts: {config_file: %q}\n", schemaPath(t))
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(jobFile), 0o666); err != nil {
		t.Fatal(err)
	}
	start := func(run string) (*exec.Cmd, chan error) {
		cmd := exec.Command(filepath.Join(bin, "prism-split"), "--quiet", "--job", "job.yaml", "--run-id", run)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+filepath.Join(dir, "tmp"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		return cmd, done
	}
	planned := func(run string) bool {
		path := job.ManifestPath(filepath.Join(dir, "logs"), run)
		if _, err := os.Lstat(path); err != nil {
			return false
		}
		m, err := job.ReadManifest(path)
		if err != nil {
			t.Fatal(err)
		}
		sameFiles(t, input, m.Path(m.Files[0].InputFile))
		return true
	}
	began := time.Now()
	if _, done := start("first"); <-done != nil || !planned("first") {
		t.Fatal("not planned")
	}
	took := time.Since(began)
	rng := rand.New(rand.NewPCG(3, 3))
	run, killed, between := 0, 0, 0
	late := time.Now().Add(patience)
	for killed < kills || between == 0 && time.Now().Before(late) { // one at least is to come between the input and the manifest
		name := fmt.Sprint("r", run)
		cmd, done := start(name)
		if killed%2 == 0 {
			<-time.After(time.Duration(rng.Int64N(int64(took))))
		} else {
			waitForFile(filepath.Join(dir, "logs", name, "inputs", "*"), done)
		}
		if err := cmd.Process.Kill(); err == nil {
			killed++
		}
		<-done
		if planned(name) {
			run++
		} else if left, err := filepath.Glob(filepath.Join(dir, "logs", name, "inputs", "*")); err != nil {
			t.Fatal(err)
		} else if len(left) > 0 {
			between++
		}
	}
	name := fmt.Sprint("r", run)
	if _, done := start(name); <-done != nil || !planned(name) {
		t.Error("not planned after the kills")
	}
	if between == 0 {
		t.Errorf("no kill in %d came between the input and the manifest", killed)
	}
	t.Logf("%d kills, %d runs planned, %d killed after the input was in its place", killed, run, between)
	if left, err := filepath.Glob(filepath.Join(dir, "logs", name, "inputs", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// A kill between the two calls that make a temporary file and take its name away leaves it.
	if left, err := filepath.Glob(filepath.Join(dir, "tmp", "prism-*")); err != nil || len(left) > 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// waitForFile waits until a file of this pattern exists or the process ends.
func waitForFile(pattern string, done chan error) {
	for {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return
		}
		select {
		case err := <-done:
			done <- err
			return
		default:
		}
	}
}
