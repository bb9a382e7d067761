package status

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
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
		{"ended long ago", Completed, "desk", 1e6, false, Completed},
		{"failed long ago", Failed, "other", 1e6, false, Failed},
	} {
		w := sampleWorker()
		w.State, w.Host = c.state, c.host
		w.UpdatedAt = At(clock(-c.silent))
		l := Look{Now: clock(0), Host: "desk", DeadAfter: DeadAfter, Alive: func(pid int, _ string) bool { return c.alive && pid == w.PID }}
		got := l.judge(&w)
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

func look(now float64) Look {
	return Look{Now: clock(now), Host: "desk", Alive: func(int, string) bool { return false }, DeadAfter: DeadAfter}
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
	faults := []Fault{{9, errors.New("worker_9.json: empty status file")}}
	for _, c := range []struct {
		name string
		run  Run
		look Look
		want want
	}{
		{"no worker yet", Run{}, look(100), want{Starting, false, 0, 0, 0, nil}},
		{"two at work; the slow one decides", Run{Workers: []Worker{worker(1, Running, 90, 2), worker(2, Running, 50, 1)}},
			look(101), want{Running, false, 2, 70, 3, 50.0}},
		{"one starting takes its share of the rate", Run{Workers: []Worker{worker(1, Running, 50, 2), worker(2, Starting, 0, 0)}},
			look(101), want{Running, false, 2, 25, 2, 75.0}},
		{"one ended, one at work", Run{Workers: []Worker{worker(1, Completed, 100, 2), worker(2, Running, 50, 1)}},
			look(101), want{Running, false, 2, 75, 1, 50.0}},
		{"all completed: mean rate", Run{Workers: []Worker{worker(1, Completed, 100, 9), worker(2, Completed, 100, 9)}},
			look(1e6), want{Completed, true, 2, 100, 2, 0.0}},
		{"a stopped one", Run{Workers: []Worker{worker(1, Completed, 100, 9), worker(2, Stopped, 40, 9)}},
			look(1e6), want{Stopped, true, 2, 70, 1.4, nil}},
		{"failed beats stopped", Run{Workers: []Worker{worker(1, Failed, 0, 0), worker(2, Stopped, 0, 0)}},
			look(1e6), want{Failed, true, 2, 0, 0, nil}},
		{"dead: over, and its rows wait", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Running, 50, 1)}},
			look(1000), want{Dead, true, 2, 75, 1.5, nil}},
		{"dead a moment ago: it may be started again", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Running, 50, 1)}},
			look(110), want{Dead, false, 2, 75, 1.5, nil}},
		{"one dead for long, another ended just now", Run{Workers: []Worker{worker(1, Completed, 100, 1), silentFor(worker(2, Running, 50, 1), 90)}},
			look(110), want{Dead, false, 2, 75, 1.5, nil}},
		{"dead, and its clock was ahead", Run{Workers: []Worker{silentFor(worker(1, Running, 50, 1), -1e6)}},
			look(110), want{Dead, true, 1, 50, 0, nil}},
		{"paused", Run{Paused: true, Workers: []Worker{worker(1, Paused, 50, 0), worker(2, Completed, 100, 0)}},
			look(101), want{Paused, false, 2, 75, 0, nil}},
		{"more units planned", Run{Workers: []Worker{worker(1, Completed, 100, 1)}},
			Look{Now: clock(101), DeadAfter: DeadAfter, Units: 4, Rows: 400}, want{Starting, false, 4, 25, 0, nil}},
		{"more units planned, nobody came", Run{Workers: []Worker{worker(1, Completed, 100, 1)}},
			Look{Now: clock(200), DeadAfter: DeadAfter, Units: 4, Rows: 400}, want{Starting, true, 4, 25, 0, nil}},
		{"rows of units to come count", Run{Workers: []Worker{worker(1, Running, 50, 5)}},
			Look{Now: clock(101), DeadAfter: DeadAfter, Units: 4, Rows: 400}, want{Running, false, 4, 12.5, 5, 70.0}},
		{"planned without a number of rows", Run{Workers: []Worker{worker(1, Running, 50, 5)}},
			Look{Now: clock(101), DeadAfter: DeadAfter, Units: 4}, want{Running, false, 4, 0, 5, nil}},
		{"a stream", Run{Workers: []Worker{{State: Running, StartedAt: At(clock(0)), UpdatedAt: At(clock(100)), RowsProcessed: 5, RowsPerSec: 1}}},
			look(101), want{Running, false, 1, 0, 1, nil}},
		{"an unreadable file", Run{Workers: []Worker{worker(1, Completed, 100, 1)}, Faults: faults},
			look(101), want{Failed, true, 2, 0, 1, nil}},
		{"resumed a day later: the mean rate is of the work", Run{Workers: []Worker{worker(1, Completed, 100, 1), later(worker(2, Completed, 100, 1), 86400)}},
			look(1e6), want{Completed, true, 2, 100, 1, 0.0}},
		{"one within the time of another", Run{Workers: []Worker{worker(1, Completed, 100, 1), worker(2, Completed, 60, 1), worker(3, Completed, 40, 1)}},
			look(1e6), want{Completed, true, 3, 66.6, 2, 0.0}},
		{"more rows than there are", Run{Workers: []Worker{worker(1, Running, 500, 1)}},
			look(101), want{Running, false, 1, 100, 1, 0.0}},
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
	run := Run{ID: "r", Workers: []Worker{w}, Faults: []Fault{{2, errors.New("worker_2.json: empty")}}}
	text, err := json.Marshal(run.View(look(100)))
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
