//go:build unix

package systemtest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/testutil/ollamatest"
)

// worker is a running prism-classify, with all its files in one folder.
type worker struct {
	t      *testing.T
	dir    string
	input  string
	cmd    *exec.Cmd
	stderr syncBuffer
	done   chan struct{} // closed at its end
}

// syncBuffer holds what a process prints and can be read while it runs.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startWorker starts a worker on dir/in.csv; flags override those that it sets.
func startWorker(t *testing.T, dir, host string, stdout io.Writer, flags ...string) *worker {
	t.Helper()
	w := &worker{t: t, dir: dir, input: filepath.Join(dir, "in.csv"), done: make(chan struct{})}
	args := []string{
		"--model", ollamatest.DefaultModel, "--host", host, "--prompts-config", schemaPath(t), "--labels", "strict", "--run-id", "r",
		"--checkpoint-dir", "cp", "--status-dir", "status", "--logs-dir", "logs", "--delay", "0", "in.csv",
	}
	w.cmd = exec.Command(filepath.Join(bin, "prism-classify"), append(args, flags...)...)
	w.cmd.Dir = dir
	tmp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	w.cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	w.cmd.Stdout, w.cmd.Stderr = stdout, &w.stderr
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.done)
		w.cmd.Wait() // its result is in ProcessState
	}()
	t.Cleanup(func() {
		w.cmd.Process.Kill()
		<-w.done
	})
	return w
}

// waitUntil waits for a condition; the worker must not end before.
func (w *worker) waitUntil(what string, met func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !met() {
		select {
		case <-w.done:
			w.t.Fatalf("ended (%v) before %s\n%s", w.cmd.ProcessState, what, &w.stderr)
		case <-late:
			w.t.Fatalf("no %s within %v\n%s", what, patience, &w.stderr)
		case <-tick.C:
		}
	}
}

func (w *worker) waitForRows(n int) {
	w.t.Helper()
	w.waitUntil(fmt.Sprint(n, " rows"), func() bool { return finishedRows(w.t, w.dir) >= n })
}

func (w *worker) waitForState(s status.State) {
	w.t.Helper()
	w.waitUntil("state "+string(s), func() bool {
		got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(w.dir, "status", "r"), 1))
		return err == nil && got.State == s
	})
}

func (w *worker) sendSignal(s syscall.Signal) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

// waitExit waits until the worker ends, which must be with this exit code.
func (w *worker) waitExit(code int) {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		w.t.Fatalf("still running after the wait\n%s", &w.stderr)
	}
	if got := w.cmd.ProcessState.ExitCode(); got != code {
		w.t.Fatalf("%v, want exit code %d\n%s", w.cmd.ProcessState, code, &w.stderr)
	}
}

// checkPrinted fails the test unless the worker printed the text.
func (w *worker) checkPrinted(text string) {
	w.t.Helper()
	if !strings.Contains(w.stderr.String(), text) {
		w.t.Errorf("did not print %q, but\n%s", text, &w.stderr)
	}
}

func (w *worker) checkState(want status.State, reason status.Reason) {
	w.t.Helper()
	got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(w.dir, "status", "r"), 1))
	if err != nil {
		w.t.Fatal(err)
	}
	if got.State != want || got.StopReason != reason {
		w.t.Errorf("state %s (%s), want %s (%s)", got.State, got.StopReason, want, reason)
	}
}

func newInputFolder(t *testing.T, rows int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	writeRows(t, filepath.Join(dir, "in.csv"), rows)
	return dir
}

// TestInterruptedWorker: an interrupted worker saves and prints the command that
// resumes, which then completes the work.
func TestInterruptedWorker(t *testing.T) {
	const rows = 400
	for sig, code := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := newInputFolder(t, rows)
			srv := ollamatest.Start(t, schemaOptions(t, ollamatest.HoldAfter(100))...)
			w := startWorker(t, dir, srv.URL, nil, "--parallel", "4", "-o", "out.csv")
			w.waitForRows(100)
			w.sendSignal(sig)
			w.waitExit(code)
			srv.Release()
			w.checkPrinted("error: interrupted by")
			w.checkState(status.Stopped, status.Interrupted)
			if _, err := os.Stat(filepath.Join(dir, "out.csv")); err == nil {
				t.Error("an interrupted worker left an output")
			}
			checkNoTemporaryFiles(t, dir)
			saved := finishedRows(t, dir)
			w.checkPrinted(fmt.Sprintf("%d rows saved; to continue: prism-classify ", saved))

			_, command, _ := strings.Cut(w.stderr.String(), "to continue: ")
			command, _, _ = strings.Cut(command, "\n")
			again := exec.Command("sh", "-c", command)
			again.Dir = dir
			again.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			if out, err := again.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", command, err, out)
			}
			checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
			if most := rows + 4*10; srv.Totals().Rows > most {
				t.Errorf("%d rows sent, want at most %d", srv.Totals().Rows, most)
			}
			checkNoTemporaryFiles(t, dir)
		})
	}
}

// TestInterruptWithoutCheckpoint: without a checkpoint it says that nothing was kept.
func TestInterruptWithoutCheckpoint(t *testing.T) {
	t.Parallel()
	dir := newInputFolder(t, 400)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.HoldAfter(30))...)
	w := startWorker(t, dir, srv.URL, nil, "--checkpoint-dir", "", "-o", "out.csv")
	w.waitUntil("calls", func() bool { return srv.Totals().Calls > 3 })
	w.sendSignal(syscall.SIGTERM)
	w.waitExit(143)
	w.checkPrinted("but not saved (no --checkpoint-dir): a later run labels them again")
	checkNoTemporaryFiles(t, dir)
}

// TestSecondSignalKills: a second signal kills a worker that cannot end because
// nobody reads its output.
func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	worker := startBlockedWorker(t)
	worker.sendUntilEnd(syscall.SIGTERM)
	ws := worker.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("%v, want killed by TERM\n%s", worker.cmd.ProcessState, &worker.stderr)
	}
}

// TestInterruptWhileOutputBlocks: a worker ends after saving although nobody reads
// its output.
func TestInterruptWhileOutputBlocks(t *testing.T) {
	t.Parallel()
	worker := startBlockedWorker(t)
	worker.sendSignal(syscall.SIGTERM)
	worker.waitExit(143)
	worker.checkPrinted("rows saved; to continue: ")
}

// TestHangUpsDoNotKill: a terminal that closes may send HUP more than once, and the worker
// saves all the same.
func TestHangUpsDoNotKill(t *testing.T) {
	t.Parallel()
	worker := startBlockedWorker(t)
	worker.sendUntilEnd(syscall.SIGHUP)
	worker.waitExit(129)
	worker.checkPrinted("rows saved; to continue: ")
	worker.checkState(status.Stopped, status.Interrupted)
}

// startBlockedWorker starts a worker whose output nobody reads, and waits until that blocks it.
func startBlockedWorker(t *testing.T) *worker {
	t.Helper()
	srv := ollamatest.Start(t, schemaOptions(t)...)
	r, w := newBlockedPipe(t)
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	worker := startWorker(t, newInputFolder(t, 3000), srv.URL, w)
	worker.waitForRows(2000)
	return worker
}

// sendUntilEnd sends a signal again and again.
func (w *worker) sendUntilEnd(s syscall.Signal) {
	for {
		w.cmd.Process.Signal(s) // fails once it is gone
		select {
		case <-w.done:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// newBlockedPipe returns a pipe that nobody reads.
func newBlockedPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// TestPausedRun: a worker makes no call while the pause flag exists; its state is
// paused, TERM ends it, and without the flag it continues.
func TestPausedRun(t *testing.T) {
	t.Parallel()
	dir := newInputFolder(t, 200)
	// A call takes longer than a worker works on without a look at the flag.
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.HoldAfter(30), ollamatest.Latency(15*time.Millisecond))...)
	w := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	w.waitForRows(30)
	runDir := filepath.Join(dir, "status", "r")
	if err := status.Pause(runDir); err != nil {
		t.Fatal(err)
	}
	srv.Release()
	w.waitForState(status.Paused)
	calls := srv.Totals().Calls
	w.waitUntil("a line that says so", func() bool { return strings.Contains(w.stderr.String(), "Paused... waiting to resume") })
	log, err := os.ReadFile(filepath.Join(dir, "logs", "r", "run_r_w1.log")) // written before
	if err != nil || !strings.Contains(string(log), " Paused... waiting to resume\n") {
		t.Errorf("%v, the log is\n%s", err, log)
	}
	w.sendSignal(syscall.SIGTERM)
	w.waitExit(143)
	w.checkState(status.Stopped, status.Interrupted)

	w = startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	w.waitForState(status.Paused)
	if n := srv.Totals().Calls; n != calls {
		t.Errorf("%d calls while it was paused", n-calls)
	}
	if err := status.Resume(runDir); err != nil {
		t.Fatal(err)
	}
	w.waitExit(0)
	w.checkState(status.Completed, "")
	checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
	if n := srv.Totals().Rows; n != 200 {
		t.Errorf("%d rows sent, want 200", n)
	}
}

// TestHeartbeatWhileACallHangs: a worker that waits for a reply writes heartbeats,
// so that it does not look dead.
func TestHeartbeatWhileACallHangs(t *testing.T) {
	t.Parallel()
	dir := newInputFolder(t, 10)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Fault{Kind: ollamatest.Hang})...)
	w := startWorker(t, dir, srv.URL, nil)
	var beats []time.Time
	w.waitUntil("second heartbeat in the call", func() bool {
		got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(dir, "status", "r"), 1))
		if err == nil && srv.Totals().Calls == 1 && (len(beats) == 0 || got.UpdatedAt.After(beats[len(beats)-1])) {
			beats = append(beats, got.UpdatedAt.Time)
		}
		return len(beats) > 2
	})
	w.sendSignal(syscall.SIGTERM)
	w.waitExit(143)
}

// TestProgressOnDemand: USR1 makes a worker print its progress.
func TestProgressOnDemand(t *testing.T) {
	t.Parallel()
	dir := newInputFolder(t, 400)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.HoldAfter(50))...)
	w := startWorker(t, dir, srv.URL, nil, "--quiet", "-o", "out.csv")
	w.waitForRows(50)
	w.waitUntil("progress", func() bool {
		w.sendSignal(syscall.SIGUSR1)
		return strings.Contains(w.stderr.String(), " of 400 rows (")
	})
	w.sendSignal(syscall.SIGTERM)
	w.waitExit(143)
}

// TestSecondWorker: a second worker on the same job is refused while the first runs.
func TestSecondWorker(t *testing.T) {
	t.Parallel()
	dir := newInputFolder(t, 100)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.HoldAfter(10))...)
	first := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	first.waitForRows(10)
	second := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	second.waitExit(2)
	second.checkPrinted("locked by another process")
	second.checkPrinted("hint: another prism-classify works on this job")
	srv.Release()
	first.waitExit(0)
	checkLabels(t, first.input, filepath.Join(dir, "out.csv"))
	if n := srv.Totals().Rows; n != 100 {
		t.Errorf("%d rows sent, want 100", n)
	}
}
