package main

import (
	"testing"
	"time"

	"prism/internal/cli"
	"prism/internal/status"
)

func TestExitCode(t *testing.T) {
	done := status.Worker{State: status.Completed}
	flawed := status.Worker{State: status.Completed, RowsFailed: 1}
	down := status.Worker{State: status.Stopped, StopReason: status.Unreachable}
	left := status.Worker{State: status.Stopped, StopReason: status.Interrupted}
	broken := status.Worker{State: status.Failed, StopReason: status.InternalError}
	killed := status.Worker{State: status.Running}
	for _, c := range []struct {
		name    string
		workers []status.Worker
		units   int
		faults  []status.UnreadableFile
		want    int
	}{
		{"all done", []status.Worker{done, done}, 0, nil, cli.OK},
		{"rows failed", []status.Worker{done, flawed}, 0, nil, cli.Partial},
		{"interrupted", []status.Worker{done, left}, 0, nil, cli.Partial},
		{"failed", []status.Worker{broken, done}, 0, nil, cli.Partial},
		{"killed", []status.Worker{killed}, 0, nil, cli.Partial},
		{"no server", []status.Worker{down, done}, 0, nil, cli.Unreachable},
		{"no server, units to come", []status.Worker{down}, 4, nil, cli.Unreachable},
		{"no server and a failure", []status.Worker{down, broken}, 0, nil, cli.Partial},
		{"units never came", []status.Worker{done}, 2, nil, cli.Partial},
		{"unreadable", []status.Worker{done}, 0, []status.UnreadableFile{{WorkerID: 2, Err: fsError{}}}, cli.Partial},
	} {
		run := status.Run{Workers: c.workers, Unreadable: c.faults}
		v := run.View(status.ViewOptions{DeadAfter: 30 * time.Second, Units: c.units, ProcessAlive: func(int, string) bool { return false },
			Now: status.Time{}.Add(3600e9), Host: ""})
		if got := exitCode(v); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

type fsError struct{}

func (fsError) Error() string { return "worker_2.json: empty" }
