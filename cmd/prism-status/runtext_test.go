package main

import (
	"strings"
	"testing"
	"time"

	"prism/internal/status"
	"prism/internal/term"
)

func TestRunTextFits(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name        string
		label       string
		done, total int64
		rate        float64
		wantLabel   bool
	}{
		{"usual", "q1_feedback", 155, 250, 0.83, true},
		{"no labels", "", 155, 250, 0.83, true},
		{"long label", "customer_feedback_of_the_first_quarter", 155, 250, 0.83, true},
		{"millions", "q1_feedback", 1_234_567, 1_250_000, 123.4, false},
		{"stream", "q1_feedback", 1_234_567, 0, 123.4, true},
	} {
		run := status.Run{ID: "r"}
		for id := range 16 {
			run.Workers = append(run.Workers, status.Worker{WorkerID: id + 1, State: status.Running, Label: c.label, Host: "h",
				StartedAt: status.At(now), UpdatedAt: status.At(now), RowsProcessed: c.done, TotalRows: c.total, RowsPerSec: c.rate, TokensPerSec: 40 * c.rate})
		}
		v := run.View(status.ViewOptions{Now: now, Host: "h", DeadAfter: 30 * time.Second, ProcessAlive: func(int, string) bool { return true }})
		text := string(runText(v))
		for line := range strings.Lines(text) {
			if w := term.Width(strings.TrimSuffix(line, "\n")); w > runWidth {
				t.Errorf("%s: %d cells: %s", c.name, w, line)
			}
		}
		if got := strings.Contains(text, "LABEL"); got != c.wantLabel {
			t.Errorf("%s: label column %v, want %v\n%s", c.name, got, c.wantLabel, text)
		}
	}
}

func TestRunTextNamesWorkersInTrouble(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	w := func(id int, s status.State, silent time.Duration) status.Worker {
		return status.Worker{WorkerID: id, State: s, Host: "h", PID: 100 + id, TotalRows: 10, StartedAt: status.At(now.Add(-time.Hour)),
			UpdatedAt: status.At(now.Add(-silent)), LastError: "it broke\x1b[2J", StopReason: "", Resume: "prism-classify --run-id r"}
	}
	run := status.Run{ID: "r", Paused: true, Workers: []status.Worker{
		w(1, status.Running, 0), w(2, status.Running, time.Minute), w(3, status.Running, time.Minute), w(4, status.Stopped, 0), w(5, status.Failed, 0)}}
	run.Workers[0].RowsFailed = 2
	run.Workers[3].StopReason = status.Unreachable
	v := run.View(status.ViewOptions{Now: now, Host: "h", DeadAfter: 30 * time.Second, Units: 8, ProcessAlive: func(pid int, _ string) bool { return pid == 102 }})
	text := string(runText(v))
	for _, want := range []string{
		"run r: running, pausing\n",
		"worker 1: 2 rows failed: it broke\\x1b[2J\n",
		"worker 2 is slow: no heartbeat for 1m00s from process 102 on h\n",
		"worker 3 is dead: no heartbeat for 1m00s from process 103 on h\n  resume: prism-classify --run-id r\n",
		"worker 4 stopped (unreachable): it broke\\x1b[2J\n  resume: ",
		"worker 5 failed: it broke\\x1b[2J\n",
		"3 units not started\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if got, want := runLine(v), "r: running, pausing, 0 rows, 2 rows failed, 1 worker slow, 1 worker dead, 1 worker failed, 1 worker stopped"; got != want {
		t.Errorf("line\n got %s\nwant %s", got, want)
	}
}
