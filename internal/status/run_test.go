package status

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	dir := RunDir(t.TempDir(), "r1")
	for id := 10; id >= 9; id-- {
		w := sampleWorker()
		w.WorkerID = id
		if err := w.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	write(t, WorkerPath(dir, 1), `{"worker_id": 1, "state": "run`)
	write(t, WorkerPath(dir, 2), "")
	write(t, WorkerPath(dir, 3), `{"worker_id":4,"state":"running"}`)
	write(t, WorkerPath(dir, 4), `{"worker_id":4,"state":"idle"}`)
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
	if len(run.Faults) != 4 {
		t.Fatalf("got faults %v, want 4", run.Faults)
	}
	for i, name := range []string{"worker_1.json", "worker_2.json", "worker_3.json", "worker_4.json"} {
		if !strings.Contains(run.Faults[i].Error(), name) {
			t.Errorf("fault %q does not name %s", run.Faults[i], name)
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

func TestLatest(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Latest(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: got %v, want fs.ErrNotExist", err)
	}
	for i, name := range []string{"b", "a", "c"} {
		path := WorkerPath(RunDir(dir, name), 1)
		write(t, path, "{}")
		when := clock(float64(10 * i))
		if name == "c" {
			when = clock(-10)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "empty", pauseFlag), "")
	write(t, filepath.Join(dir, "worker_1.json"), "{}")
	got, leftOut, err := Latest(dir)
	if err != nil || got != "a" || len(leftOut) > 0 {
		t.Errorf("got %q (%v, %v), want a", got, leftOut, err)
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

func TestAlive(t *testing.T) {
	if !Alive(os.Getpid()) {
		t.Error("this process is not alive")
	}
	for _, pid := range []int{0, -1, 1 << 30} {
		if Alive(pid) {
			t.Errorf("process %d is alive", pid)
		}
	}
}

func TestMeter(t *testing.T) {
	for _, c := range []struct {
		name string
		adds [][2]float64 // seconds, total
		now  float64
		want float64
	}{
		{"nothing", nil, 10, 0},
		{"a start only", [][2]float64{{0, 100}}, 10, 0},
		{"resumed rows are no speed", [][2]float64{{0, 1000}, {10, 1020}}, 10, 2},
		{"steady", steady(0, 60, 1, 5), 60, 5},
		{"the window forgets a slow start", append(steady(0, 100, 1, 0), steady(100, 160, 1, 7)...), 160, 7},
		{"batches slower than the window", [][2]float64{{0, 0}, {60, 10}, {120, 20}, {180, 30}, {240, 40}}, 240, 1.0 / 6},
		{"falls while nothing changes", [][2]float64{{0, 0}, {10, 100}}, 100, 1},
		{"starts anew after a fall", [][2]float64{{0, 50}, {10, 100}, {20, 0}, {30, 10}}, 30, 1},
		{"fast changes share a sample", steady(0, 60, 0.01, 300), 60, 300},
		{"no time passed", [][2]float64{{0, 0}, {0, 10}}, 0, 0},
	} {
		var m Meter
		for _, a := range c.adds {
			m.Add(clock(a[0]), a[1])
		}
		if got := m.Rate(clock(c.now)); got < c.want*0.99 || got > c.want*1.01 {
			t.Errorf("%s: got %v/s, want %v/s", c.name, got, c.want)
		}
	}
}

func TestMeterRests(t *testing.T) {
	var m Meter
	for at := range 20 {
		m.Add(clock(float64(at)), 3*float64(at))
	}
	for at := 20; at <= 100; at++ {
		m.Add(clock(float64(at)), 60)
		m.Rest(clock(float64(at)))
	}
	if got := m.Rate(clock(100)); got != 0 {
		t.Errorf("in the rest: %v/s", got)
	}
	m.Add(clock(102), 66)
	if got := m.Rate(clock(102)); got != 3 {
		t.Errorf("after it: %v/s, want 3", got)
	}
}

func steady(from, to, step, rate float64) (adds [][2]float64) {
	for s := from; s <= to; s += step {
		adds = append(adds, [2]float64{s, (s - from) * rate})
	}
	return adds
}

func TestMeterKeepsItsSize(t *testing.T) {
	var m Meter
	start := time.Time{}
	if n := testing.AllocsPerRun(1000, func() { start = start.Add(time.Second); m.Add(start, float64(start.Unix())) }); n != 0 {
		t.Errorf("%v allocations an Add, want 0", n)
	}
}
