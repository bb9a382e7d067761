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

// worker is a prism-classify at work, with all its files in one folder.
type worker struct {
	t      *testing.T
	dir    string
	input  string
	cmd    *exec.Cmd
	stderr syncBuffer
	done   chan struct{} // closed at its end
}

// syncBuffer is what a process prints, readable while it does.
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

// startWorker labels dir/in.csv; flags that are given again count last.
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

// until waits for a condition; the worker must not end before.
func (w *worker) until(what string, met func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !met() {
		select {
		case <-w.done:
			w.t.Fatalf("it ended (%v) before %s\n%s", w.cmd.ProcessState, what, &w.stderr)
		case <-late:
			w.t.Fatalf("no %s within %v\n%s", what, patience, &w.stderr)
		case <-tick.C:
		}
	}
}

func (w *worker) untilRows(n int) {
	w.t.Helper()
	w.until(fmt.Sprint(n, " rows"), func() bool { return finishedRows(w.t, w.dir) >= n })
}

func (w *worker) untilState(s status.State) {
	w.t.Helper()
	w.until("state "+string(s), func() bool {
		got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(w.dir, "status", "r"), 1))
		return err == nil && got.State == s
	})
}

func (w *worker) signal(s syscall.Signal) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

// end waits for the worker's end, which must have the exit code.
func (w *worker) end(code int) {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		w.t.Fatalf("it does not end\n%s", &w.stderr)
	}
	if got := w.cmd.ProcessState.ExitCode(); got != code {
		w.t.Fatalf("%v, want exit code %d\n%s", w.cmd.ProcessState, code, &w.stderr)
	}
}

// says fails the test unless the worker printed the text.
func (w *worker) says(text string) {
	w.t.Helper()
	if !strings.Contains(w.stderr.String(), text) {
		w.t.Errorf("it does not say %q, but\n%s", text, &w.stderr)
	}
}

func (w *worker) state(want status.State, reason status.Reason) {
	w.t.Helper()
	got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(w.dir, "status", "r"), 1))
	if err != nil {
		w.t.Fatal(err)
	}
	if got.State != want || got.StopReason != reason {
		w.t.Errorf("state %s (%s), want %s (%s)", got.State, got.StopReason, want, reason)
	}
}

func newInput(t *testing.T, rows int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	writeRows(t, filepath.Join(dir, "in.csv"), rows)
	return dir
}

// TestInterruptedWorker saves, says how to go on, and the command that it prints
// does.
func TestInterruptedWorker(t *testing.T) {
	const rows = 400
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := newInput(t, rows)
			srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(20*time.Millisecond))...)
			w := startWorker(t, dir, srv.URL, nil, "--parallel", "4", "-o", "out.csv")
			w.untilRows(100)
			w.signal(sig)
			w.end(code)
			w.says("error: interrupted by")
			w.state(status.Stopped, status.Interrupted)
			if _, err := os.Stat(filepath.Join(dir, "out.csv")); err == nil {
				t.Error("an interrupted worker left an output")
			}
			noTemporaryFiles(t, dir)
			saved := finishedRows(t, dir)
			w.says(fmt.Sprintf("%d rows saved; to go on: prism-classify ", saved))

			_, command, _ := strings.Cut(w.stderr.String(), "to go on: ")
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
			noTemporaryFiles(t, dir)
		})
	}
}

// TestInterruptWithoutCheckpoint says that nothing was kept.
func TestInterruptWithoutCheckpoint(t *testing.T) {
	dir := newInput(t, 400)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(20*time.Millisecond))...)
	w := startWorker(t, dir, srv.URL, nil, "--checkpoint-dir", "", "-o", "out.csv")
	w.until("calls", func() bool { return srv.Totals().Calls > 3 })
	w.signal(syscall.SIGTERM)
	w.end(143)
	w.says("which a later run will ask for again: there was no --checkpoint-dir")
	noTemporaryFiles(t, dir)
}

// TestSecondSignalKills a worker that cannot end because nobody reads its output.
func TestSecondSignalKills(t *testing.T) {
	dir := newInput(t, 3000)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	r, w := blockedPipe(t)
	defer r.Close()
	defer w.Close()
	worker := startWorker(t, dir, srv.URL, w)
	worker.untilRows(2000)
	for killed := false; !killed; {
		worker.cmd.Process.Signal(syscall.SIGTERM) // fails once it is gone
		select {
		case <-worker.done:
			killed = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	ws := worker.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("%v, want killed by TERM\n%s", worker.cmd.ProcessState, &worker.stderr)
	}
}

// TestInterruptWhileOutputBlocks ends after saving although nobody reads.
func TestInterruptWhileOutputBlocks(t *testing.T) {
	dir := newInput(t, 3000)
	srv := ollamatest.Start(t, schemaOptions(t)...)
	r, w := blockedPipe(t)
	defer r.Close()
	defer w.Close()
	worker := startWorker(t, dir, srv.URL, w)
	worker.untilRows(2000)
	worker.signal(syscall.SIGTERM)
	worker.end(143)
	worker.says("rows saved; to go on: ")
}

// blockedPipe is a pipe that nobody reads.
func blockedPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// TestPausedRun makes no call while the flag is there; its state says so, TERM
// ends it, and without the flag it goes on.
func TestPausedRun(t *testing.T) {
	dir := newInput(t, 200)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(5*time.Millisecond))...)
	w := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	w.untilRows(30)
	runDir := filepath.Join(dir, "status", "r")
	if err := status.Pause(runDir); err != nil {
		t.Fatal(err)
	}
	w.untilState(status.Paused)
	calls := srv.Totals().Calls
	w.says("Paused... waiting to resume")
	log, err := os.ReadFile(filepath.Join(dir, "logs", "r", "run_r_w1.log"))
	if err != nil || !strings.Contains(string(log), " Paused... waiting to resume\n") {
		t.Errorf("%v, the log is\n%s", err, log)
	}
	w.signal(syscall.SIGTERM)
	w.end(143)
	w.state(status.Stopped, status.Interrupted)

	w = startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	w.untilState(status.Paused)
	if n := srv.Totals().Calls; n != calls {
		t.Errorf("%d calls while it was paused", n-calls)
	}
	if err := status.Resume(runDir); err != nil {
		t.Fatal(err)
	}
	w.end(0)
	w.state(status.Completed, "")
	checkLabels(t, w.input, filepath.Join(dir, "out.csv"))
	if n := srv.Totals().Rows; n != 200 {
		t.Errorf("%d rows sent, want 200", n)
	}
}

// TestHeartbeatWhileACallHangs: a worker that waits is told from a dead one.
func TestHeartbeatWhileACallHangs(t *testing.T) {
	dir := newInput(t, 10)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Fault{Kind: ollamatest.Hang})...)
	w := startWorker(t, dir, srv.URL, nil)
	var beats []time.Time
	w.until("second heartbeat in the call", func() bool {
		got, err := status.ReadWorker(job.WorkerStatusPath(filepath.Join(dir, "status", "r"), 1))
		if err == nil && srv.Totals().Calls == 1 && (len(beats) == 0 || got.UpdatedAt.After(beats[len(beats)-1])) {
			beats = append(beats, got.UpdatedAt.Time)
		}
		return len(beats) > 2
	})
	w.signal(syscall.SIGTERM)
	w.end(143)
}

// TestProgressOnDemand: USR1 makes a worker tell how far it is.
func TestProgressOnDemand(t *testing.T) {
	dir := newInput(t, 400)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(20*time.Millisecond))...)
	w := startWorker(t, dir, srv.URL, nil, "--quiet", "-o", "out.csv")
	w.untilRows(50)
	w.until("progress", func() bool {
		w.signal(syscall.SIGUSR1)
		return strings.Contains(w.stderr.String(), " of 400 rows (")
	})
	w.signal(syscall.SIGTERM)
	w.end(143)
}

// TestSecondWorker on the same job is refused while the first works.
func TestSecondWorker(t *testing.T) {
	dir := newInput(t, 100)
	srv := ollamatest.Start(t, schemaOptions(t, ollamatest.Latency(20*time.Millisecond))...)
	first := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	first.untilRows(10)
	second := startWorker(t, dir, srv.URL, nil, "-o", "out.csv")
	second.end(2)
	second.says("locked by another process")
	second.says("hint: another prism-classify works on this job")
	first.end(0)
	checkLabels(t, first.input, filepath.Join(dir, "out.csv"))
	if n := srv.Totals().Rows; n != 100 {
		t.Errorf("%d rows sent, want 100", n)
	}
}
