package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/testutil/covered"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"prism-status": covered.Command("prism-status", main)})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PRISM_STATUS_DIR", "")
			return nil
		},
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"heartbeat": heartbeat, "mtime": mtime},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// heartbeat RUN ID STATE ROWS TOTAL [gone|reused]: writes the status of a
// worker as of now: of this process, of one that is gone and silent for a minute,
// or of one whose number this process got.
func heartbeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: heartbeat RUN ID STATE ROWS TOTAL [gone|reused]")
	}
	n := make([]int64, 5)
	for _, i := range []int{1, 3, 4} {
		v, err := strconv.ParseInt(args[i], 10, 64)
		ts.Check(err)
		n[i] = v
	}
	host, err := os.Hostname()
	ts.Check(err)
	now := time.Now()
	w := status.Worker{
		WorkerID: int(n[1]), RunID: args[0], State: status.State(args[2]), Host: host, PID: os.Getpid(), Label: "demo",
		StartedAt: status.At(now.Add(-100 * time.Second)), UpdatedAt: status.At(now),
		RowsProcessed: n[3], TotalRows: n[4], RowsPerSec: 2, TokensPerSec: 50,
	}
	if len(args) > 5 && args[5] == "reused" {
		w.ProcessStart = "before"
	} else if len(args) > 5 {
		w.UpdatedAt, w.PID = status.At(now.Add(-time.Minute)), 1<<30
	}
	ts.Check(w.WriteFile(job.RunDir(ts.MkAbs("status"), args[0])))
}

// mtime FILE SECONDS: makes a file that much older than it is.
func mtime(ts *testscript.TestScript, neg bool, args []string) {
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	when := time.Now().Add(-time.Duration(seconds) * time.Second)
	ts.Check(os.Chtimes(filepath.Clean(ts.MkAbs(args[0])), when, when))
}
