package status

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

const deadAfter = 30 * time.Second

func TestWorkerState(t *testing.T) {
	for _, c := range []struct {
		name   string
		state  State
		host   string
		silent float64
		alive  bool
		want   State
	}{
		{"beating", Running, "desk", 1, true, Running},
		{"killed", Running, "desk", 3, false, Dead},
		{"ended since its file was read", Running, "desk", 2, false, Running},
		{"no heartbeat elsewhere", Running, "other", 29, false, Running},
		{"killed while paused", Paused, "desk", 3600, false, Dead},
		{"killed at its start", Starting, "desk", 31, false, Dead},
		{"silent but there", Running, "desk", 3600, true, Slow},
		{"silent elsewhere", Running, "other", 60, false, Slow},
		{"silent elsewhere for long, a process here has its ID", Running, "other", 120, true, Dead},
		{"its clock was set back", Running, "desk", -1e6, true, Slow},
		{"its clock was set back and it is gone", Running, "desk", -1e6, false, Dead},
		{"clock of the other host is ahead", Running, "other", -50, false, Running},
		{"clock of the other host is hours ahead", Running, "other", -7200, false, Slow},
		{"ended long ago", Completed, "desk", 1e6, false, Completed},
		{"failed long ago", Failed, "other", 1e6, false, Failed},
	} {
		w := sampleWorker()
		w.State, w.Host = c.state, c.host
		w.UpdatedAt = At(clock(-c.silent))
		o := ViewOptions{Now: clock(0), Host: "desk", DeadAfter: deadAfter, ProcessAlive: func(pid int, _ string) bool { return c.alive && pid == w.PID }}
		got := o.viewWorker(&w)
		if got.State != c.want || got.Reported != c.state {
			t.Errorf("%s: got %s (reported %s), want %s", c.name, got.State, got.Reported, c.want)
		}
	}
}

// worker makes one that is at its row done of 100 at rate rows/s.
func worker(id int, s State, done int64, rate float64) Worker {
	return Worker{WorkerID: id, State: s, StartedAt: At(clock(0)), UpdatedAt: At(clock(100)), Host: "desk",
		RowsProcessed: done, TotalRows: 100, RowsPerSec: rate, TokensPerSec: 10 * rate, Tokens: 10 * done}
}

func silentFor(w Worker, seconds float64) Worker {
	w.UpdatedAt = At(w.UpdatedAt.Add(-time.Duration(seconds * float64(time.Second))))
	return w
}

// later is a worker that did the same so many seconds later.
func later(w Worker, seconds float64) Worker {
	w.StartedAt, w.UpdatedAt = At(clock(seconds)), At(clock(seconds+100))
	return w
}

func viewOptions(now float64) ViewOptions {
	return ViewOptions{Now: clock(now), Host: "desk", ProcessAlive: func(int, string) bool { return false }, DeadAfter: deadAfter}
}

func TestView(t *testing.T) {
	type want struct {
		State State
		Over  bool
		Units int
		Pct   float64
		Rate  float64
		ETA   any
	}
	faults := []UnreadableFile{{9, errors.New("worker_9.json: empty status file")}}
	for _, c := range []struct {
		name string
		run  Run
		look ViewOptions
		want want
	}{
		{"no worker yet", Run{}, viewOptions(100), want{Starting, false, 0, 0, 0, nil}},
		{"two at work; the slow one decides", Run{Workers: []Worker{worker(1, Running, 90, 2), worker(2, Running, 50, 1)}},
			viewOptions(101), want{Running, false, 2, 70, 3, 50.0}},
		{"one starting takes its share of the rate", Run{Workers: []Worker{worker(1, Running, 50, 2), worker(2, Starting, 0, 0)}},
			viewOptions(101), want{Running, false, 2, 25, 2, 75.0}},
		{"one ended, one at work", Run{Workers: []Worker{worker(1, Completed, 100, 2), worker(2, Running, 50, 1)}},
			viewOptions(101), want{Running, false, 2, 75, 1, 50.0}},
		{"all completed: mean rate", Run{Workers: []Worker{worker(1, Completed, 100, 9), worker(2, Completed, 100, 9)}},
			viewOptions(1e6), want{Completed, true, 2, 100, 2, 0.0}},
		{"a stopped one", Run{Workers: []Worker{worker(1, Completed, 100, 9), worker(2, Stopped, 40, 9)}},
			viewOptions(1e6), want{Stopped, true, 2, 70, 1.4, nil}},
		{"failed beats stopped", Run{Workers: []Worker{worker(1, Failed, 0, 0), worker(2, Stopped, 0, 0)}},
			viewOptions(1e6), want{Failed, true, 2, 0, 0, nil}},
		{"dead: over, and its rows wait", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Running, 50, 1)}},
			viewOptions(1000), want{Dead, true, 2, 75, 1.5, nil}},
		{"dead a moment ago: it may be started again", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Running, 50, 1)}},
			viewOptions(110), want{Dead, false, 2, 75, 1.5, nil}},
		{"one dead for long, another ended just now", Run{Workers: []Worker{worker(1, Completed, 100, 1), silentFor(worker(2, Running, 50, 1), 90)}},
			viewOptions(110), want{Dead, false, 2, 75, 1.5, nil}},
		{"dead, and its clock was ahead", Run{Workers: []Worker{silentFor(worker(1, Running, 50, 1), -1e6)}},
			viewOptions(110), want{Dead, true, 1, 50, 0, nil}},
		{"paused", Run{Paused: true, Workers: []Worker{worker(1, Paused, 50, 0), worker(2, Completed, 100, 0)}},
			viewOptions(101), want{Paused, false, 2, 75, 0, nil}},
		{"more units planned", Run{Workers: []Worker{worker(1, Completed, 100, 1)}},
			ViewOptions{Now: clock(101), DeadAfter: deadAfter, Units: 4, Rows: 400}, want{Starting, false, 4, 25, 0, nil}},
		{"more units planned, nobody came", Run{Workers: []Worker{worker(1, Completed, 100, 1)}},
			ViewOptions{Now: clock(200), DeadAfter: deadAfter, Units: 4, Rows: 400}, want{Starting, true, 4, 25, 0, nil}},
		{"rows of units to come count", Run{Workers: []Worker{worker(1, Running, 50, 5)}},
			ViewOptions{Now: clock(101), DeadAfter: deadAfter, Units: 4, Rows: 400}, want{Running, false, 4, 12.5, 5, 70.0}},
		{"planned without a number of rows", Run{Workers: []Worker{worker(1, Running, 50, 5)}},
			ViewOptions{Now: clock(101), DeadAfter: deadAfter, Units: 4}, want{Running, false, 4, 0, 5, nil}},
		{"a stream", Run{Workers: []Worker{{State: Running, StartedAt: At(clock(0)), UpdatedAt: At(clock(100)), RowsProcessed: 5, RowsPerSec: 1}}},
			viewOptions(101), want{Running, false, 1, 0, 1, nil}},
		{"an unreadable file", Run{Workers: []Worker{worker(1, Completed, 100, 1)}, Unreadable: faults},
			viewOptions(101), want{Failed, true, 2, 0, 1, nil}},
		{"resumed a day later: the mean rate is of the work", Run{Workers: []Worker{worker(1, Completed, 100, 1), later(worker(2, Completed, 100, 1), 86400)}},
			viewOptions(1e6), want{Completed, true, 2, 100, 1, 0.0}},
		{"one within the time of another", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Completed, 60, 1), worker(3, Completed, 40, 1)}},
			viewOptions(1e6), want{Completed, true, 3, 66.6, 2, 0.0}},
		{"more rows than there are", Run{Workers: []Worker{worker(1, Running, 500, 1)}},
			viewOptions(101), want{Running, false, 1, 100, 1, 0.0}},
	} {
		v := c.run.View(c.look)
		got := want{v.State, v.Over, v.Units, v.ProgressPct, v.RowsPerSec, nil}
		if v.ETASeconds != nil {
			got.ETA = *v.ETASeconds
		}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestViewJSON(t *testing.T) {
	w := worker(1, Running, 50, 1)
	w.UpdatedAt = At(clock(0))
	run := Run{ID: "r", Workers: []Worker{w}, Unreadable: []UnreadableFile{{2, errors.New("worker_2.json: empty")}}}
	text, err := json.Marshal(run.View(viewOptions(100)))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		State      string         `json:"state"`
		States     map[string]int `json:"states"`
		Unreadable []string       `json:"unreadable"`
		Workers    []map[string]any
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if v.State != "dead" || v.States["dead"] != 1 || len(v.Unreadable) != 1 {
		t.Errorf("run: %s", text)
	}
	got := v.Workers[0]
	if got["state"] != "dead" || got["reported_state"] != "running" || got["silent_seconds"] != 100.0 || got["worker_id"] != 1.0 {
		t.Errorf("worker: %v", got)
	}
}

func TestDeriveState(t *testing.T) {
	const deadAfter = 30 * time.Second
	for _, c := range []struct {
		name    string
		silent  time.Duration
		local   bool
		process bool
		want    State
	}{
		{"this machine, no process, ended a moment ago", 2 * time.Second, true, false, Running},
		{"this machine, no process", 3 * time.Second, true, false, Dead},
		{"this machine, process, heartbeat", 29 * time.Second, true, true, Running},
		{"this machine, process, no heartbeat", 30 * time.Second, true, true, Slow},
		{"this machine, process, no heartbeat for hours", 3 * time.Hour, true, true, Slow},
		{"another machine, heartbeat", 29 * time.Second, false, false, Running},
		{"another machine, no heartbeat", 30 * time.Second, false, false, Slow},
		{"another machine, no heartbeat for long", 120 * time.Second, false, false, Dead},
	} {
		if got := deriveState(Running, c.silent, deadAfter, c.local, c.process); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if got := deriveState(Paused, time.Second, time.Second, true, false); got != Dead {
		t.Errorf("with --dead-after under 3 s: got %s, want dead", got)
	}
}
