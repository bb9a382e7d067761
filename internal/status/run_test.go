package status

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prism/internal/job"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestReadRunNamesWhatItCannotRead(t *testing.T) {
	dir := job.RunDir(t.TempDir(), "r1")
	for id := 10; id >= 9; id-- {
		w := sampleWorker()
		w.WorkerID, w.RunID = id, "r1"
		if err := w.WriteFile(dir); err != nil {
			t.Fatal(err)
		}
	}
	write(t, job.WorkerStatusPath(dir, 1), `{"worker_id": 1, "state": "run`)
	write(t, job.WorkerStatusPath(dir, 2), "")
	write(t, job.WorkerStatusPath(dir, 3), `{"worker_id":4,"state":"running"}`)
	write(t, job.WorkerStatusPath(dir, 4), `{"worker_id":4,"state":"idle"}`)
	write(t, job.WorkerStatusPath(dir, 5), `{"worker_id":5,"run_id":"r2","state":"completed"}`)
	write(t, filepath.Join(dir, ".worker_5.json-123.tmp"), "{")
	write(t, filepath.Join(dir, "worker_07.json"), "{")
	write(t, filepath.Join(dir, "notes.txt"), "mine")

	run, err := ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Workers) != 2 || run.Workers[0].WorkerID != 9 || run.Workers[1].WorkerID != 10 {
		t.Errorf("got workers %+v, want 9 and 10", run.Workers)
	}
	if len(run.Unreadable) != 5 {
		t.Fatalf("got unreadable files %v, want 5", run.Unreadable)
	}
	for i, name := range []string{"worker_1.json", "worker_2.json", "worker_3.json", "worker_4.json", "worker_5.json"} {
		if !strings.Contains(run.Unreadable[i].Error(), name) {
			t.Errorf("error %q does not name %s", run.Unreadable[i], name)
		}
	}
	if run.ID != "r1" || run.Paused {
		t.Errorf("got run %q, paused %v", run.ID, run.Paused)
	}
}

func TestReadRunWithoutFolder(t *testing.T) {
	if _, err := ReadRun(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestLatestRun(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := LatestRun(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: got %v, want fs.ErrNotExist", err)
	}
	for i, name := range []string{"b", "a", "c"} {
		path := job.WorkerStatusPath(job.RunDir(dir, name), 1)
		write(t, path, "{}")
		when := clock(float64(10 * i))
		if name == "c" {
			when = clock(-10)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write(t, job.PauseFlagPath(filepath.Join(dir, "empty")), "")
	write(t, filepath.Join(dir, "worker_1.json"), "{}")
	got, skipped, err := LatestRun(dir)
	if err != nil || got != "a" || len(skipped) > 0 {
		t.Errorf("got %q (%v, %v), want a", got, skipped, err)
	}
}

func TestPause(t *testing.T) {
	dir := t.TempDir()
	if err := Pause(filepath.Join(dir, "no-run")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pause of no run: got %v, want fs.ErrNotExist", err)
	}
	steps := []struct {
		name string
		do   func(string) error
		want bool
	}{
		{"resume of a run that goes on", Resume, false}, {"pause", Pause, true},
		{"pause again", Pause, true}, {"resume", Resume, false}, {"resume again", Resume, false},
	}
	for _, s := range steps {
		if err := s.do(dir); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if got, err := IsPaused(dir); got != s.want || err != nil {
			t.Errorf("after %s: paused %v (%v), want %v", s.name, got, err, s.want)
		}
	}
}

func TestProcessAlive(t *testing.T) {
	if !ProcessAlive(os.Getpid(), "") || !ProcessAlive(os.Getpid(), ProcessStart(os.Getpid())) {
		t.Error("this process is not alive")
	}
	if ProcessStart(os.Getpid()) != "" && ProcessAlive(os.Getpid(), "another start") {
		t.Error("another process with the PID of this one is alive")
	}
	for _, pid := range []int{0, -1, 1 << 30} {
		if ProcessAlive(pid, "") {
			t.Errorf("process %d is alive", pid)
		}
	}
}
