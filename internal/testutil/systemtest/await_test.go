package systemtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"prism/internal/status"
)

// patience is how long a test waits for something before it fails.
const patience = 60 * time.Second

// cmdAwait: await rows DIR N | await STATE DIR N | await file PATH | await text PATH REGEXP waits
// until the workers of a run finished so many rows, until so many of them are in a state, for
// a file, or for a text in a file. DIR is the run's folder of status files.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		ok, got := awaitMet(ts, args)
		if ok {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("await %v: have %s", args, got)
		}
	}
}

// awaitMet says whether the condition of await is met, and what there is so far.
func awaitMet(ts *testscript.TestScript, args []string) (bool, string) {
	path := ts.MkAbs(args[1])
	switch args[0] {
	case "file":
		_, err := os.Stat(path)
		return err == nil, "none"
	case "text":
		wanted, err := regexp.Compile("(?m)" + args[2])
		ts.Check(err)
		data, err := os.ReadFile(path)
		return err == nil && wanted.Match(data), string(data)
	}
	run, err := status.ReadRun(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	var n int64
	if run != nil {
		for _, w := range run.Workers {
			switch {
			case args[0] == "rows":
				n += w.RowsProcessed
			case string(w.State) == args[0]:
				n++
			}
		}
	}
	return n >= int64(parseInt(ts, args[2])), fmt.Sprint(n)
}

// cmdSignal: signal KILL|TERM|HUP FILE | signal KILL|TERM|HUP WORKER DIR sends a signal to the
// process whose number is in the file, or to a worker of a run.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	sig := map[string]os.Signal{"KILL": os.Kill, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	var pid int
	if len(args) == 2 {
		_, err := fmt.Sscan(ts.ReadFile(args[1]), &pid)
		ts.Check(err)
	} else {
		run, err := status.ReadRun(ts.MkAbs(args[2]))
		ts.Check(err)
		i := slices.IndexFunc(run.Workers, func(w status.Worker) bool { return w.WorkerID == parseInt(ts, args[1]) })
		if i < 0 {
			ts.Fatalf("no worker %s in %s", args[1], filepath.Base(args[2]))
		}
		pid = run.Workers[i].PID
	}
	p, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Check(p.Signal(sig))
}
