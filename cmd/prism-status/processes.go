package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/status"
)

// printProcessGroups prints the process groups of the workers that are alive on
// this machine, each once. A script that signals a group reaches the workers and
// the program that starts them one after the other, such as xargs; that of
// prism-run is found by its lock, also between two workers.
func printProcessGroups(m *monitor, out io.Writer) error {
	var groups []int
	if started, err := m.plan.workersLockHeld(); err != nil {
		return err
	} else if started {
		groups = append(groups, m.plan.starterGroup())
	}
	v, err := m.readView(m.now())
	if err != nil {
		return err
	}
	for i := range v.Workers {
		w := &v.Workers[i]
		if w.State.Ended() || w.Host != m.options.Host || !m.options.ProcessAlive(w.PID, w.ProcessStart) {
			continue
		}
		groups = append(groups, status.ProcessGroup(w.PID))
	}
	slices.Sort(groups)
	for _, group := range slices.Compact(groups) {
		if group <= 1 { // unknown; a signal to group 1 would reach every process
			continue
		}
		if _, err := fmt.Fprintln(out, group); err != nil {
			return err
		}
	}
	return nil
}

// workersLockHeld reports whether prism-run, the program that starts workers for it
// or one of these workers is alive: they keep a file of the run locked.
func (p *runPlan) workersLockHeld() (bool, error) {
	if p.manifest == nil {
		return false, nil
	}
	return fsutil.IsLocked(p.manifest.WorkersLockPath())
}

// starterGroup is the process group of the program that starts workers, which
// prism-run writes into the file that they keep locked; 0: not written yet.
func (p *runPlan) starterGroup() int {
	text, err := fsutil.ReadFile(p.manifest.WorkersLockPath(), fsutil.MaxConfig)
	if err != nil {
		return 0
	}
	group, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || group <= 1 {
		return 0
	}
	return group
}

// How often and how long --lock-fd tries: others, such as --until-idle, hold a lock
// for the moment in which they look at it.
const (
	lockTries      = 5
	timeToNextLock = 200 * time.Millisecond
)

// lockInherited locks the file that the caller opened as a file descriptor. The
// lock belongs to the open file: it stays when this process ends, until the
// caller and all others who inherited the descriptor have closed it.
func lockInherited(ctx context.Context, fd int) error {
	for try := 1; ; try++ {
		switch err := fsutil.LockInherited(uintptr(fd)); {
		case err == nil:
			return nil
		case !errors.Is(err, fsutil.ErrLocked):
			return cli.Fail(cli.Usage, fmt.Errorf("--lock-fd %d: %w", fd, err), "open a file first, for example: exec 9>>FILE")
		case try == lockTries:
			return cli.Fail(cli.Partial, nil, "")
		}
		if err := sleep(ctx, timeToNextLock); err != nil {
			return err
		}
	}
}
