//go:build unix

package systemtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"prism/internal/testutil/tinymodel"
)

// realServer is an Ollama server that belongs to one test, which may kill it.
type realServer struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd // nil: not running
}

// startOwnServer starts one from the program that PRISM_OLLAMA names.
func startOwnServer(t *testing.T) *realServer {
	t.Helper()
	realHost(t)
	if os.Getenv("PRISM_OLLAMA") == "" {
		t.Skip("PRISM_OLLAMA names no program to start an Ollama server with; make test does")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &realServer{t: t, dir: t.TempDir(), addr: l.Addr().String()}
	l.Close()
	t.Cleanup(s.kill)
	s.start()
	if _, err := tinymodel.Create(context.Background(), http.DefaultClient, s.url(), realModel, tinymodel.Options{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *realServer) url() string { return "http://" + s.addr }

func (s *realServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(os.Getenv("PRISM_OLLAMA"), "serve")
	s.cmd.Env = append(os.Environ(), "OLLAMA_HOST="+s.addr, "HOME="+s.dir, "OLLAMA_MODELS="+filepath.Join(s.dir, "models"),
		"OLLAMA_NUM_PARALLEL=4", "OLLAMA_NO_CLOUD=1")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its runner goes with it
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(patience); time.Now().Before(late); <-tick.C {
		if resp, err := http.Get(s.url() + "/api/version"); err == nil {
			resp.Body.Close()
			return
		}
	}
	s.t.Fatal("the Ollama server does not answer")
}

// kill kills the server and its runner.
func (s *realServer) kill() {
	if s.cmd == nil {
		return
	}
	if err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		s.t.Error(err)
	}
	s.cmd.Wait()
	s.cmd = nil
}

// killRunner kills the process that computes, not the server.
func (s *realServer) killRunner() {
	s.t.Helper()
	out, err := exec.Command("ps", "-o", "pid=", "--ppid", fmt.Sprint(s.cmd.Process.Pid)).Output()
	if err != nil {
		s.t.Skipf("no runner of the server found: %v", err)
	}
	for _, pid := range strings.Fields(string(out)) {
		var n int
		if _, err := fmt.Sscan(pid, &n); err != nil {
			s.t.Fatal(err)
		}
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			s.t.Error(err)
		}
	}
}

// newFeedbackFolder returns a new folder with the example's rows as in.csv.
func newFeedbackFolder(t *testing.T) (dir string) {
	t.Helper()
	text, err := os.ReadFile("../../../examples/feedback/feedback.csv")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in.csv"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkEveryRowOnce fails the test unless the output has the rows of the input in
// order, each with labels of the list.
func checkEveryRowOnce(t *testing.T, dir string) {
	t.Helper()
	in, err := readTable(filepath.Join(dir, "in.csv"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := readTable(filepath.Join(dir, "out.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(in) != len(out) {
		t.Fatalf("%d records, want %d", len(out), len(in))
	}
	for i := range in {
		if in[i][0] != out[i][0] || in[i][2] != out[i][2] || i > 0 && out[i][4] == "" {
			t.Fatalf("record %d is %q", i, out[i])
		}
	}
}

// TestRealRestart kills the server under load, twice only its runner and once as
// a whole, and starts it again: the worker completes, and no row fails.
func TestRealRestart(t *testing.T) {
	srv := startOwnServer(t)
	dir := newFeedbackFolder(t)
	w := startWorker(t, dir, srv.url(), nil, "--model", realModel, "--parallel", "4", "--retries", "12", "--delay", "100ms", "-o", "out.csv")
	for _, rows := range []int{30, 90} {
		w.waitForRows(rows)
		srv.killRunner()
	}
	w.waitForRows(150)
	srv.kill()
	srv.start()
	w.waitExit(0)
	checkEveryRowOnce(t, dir)
	if n := strings.Count(w.stderr.String(), "failed"); n > 0 {
		t.Errorf("it printed\n%s", &w.stderr)
	}
	t.Logf("%s", &w.stderr)
}

// TestRealOutage: a server that stays away ends the worker with exit code 4 and no
// failed row; when it is back, the same command completes.
func TestRealOutage(t *testing.T) {
	srv := startOwnServer(t)
	dir := newFeedbackFolder(t)
	flags := []string{"--model", realModel, "--parallel", "4", "--retries", "2", "--delay", "50ms", "-o", "out.csv"}
	w := startWorker(t, dir, srv.url(), nil, flags...)
	w.waitForRows(80)
	srv.kill()
	w.waitExit(4)
	w.checkPrinted("no Ollama server at " + srv.url())
	w.checkPrinted("rows saved; to continue: prism-classify ")
	if _, err := os.Stat(filepath.Join(dir, "logs", "r", "failed_ranges_w1.json")); err == nil {
		t.Error("rows failed for the outage")
	}
	kept := finishedRows(t, dir)
	srv.start()
	w = startWorker(t, dir, srv.url(), nil, flags...)
	w.waitExit(0)
	w.checkPrinted(fmt.Sprintf("%d rows finished before", kept))
	checkEveryRowOnce(t, dir)
}
