package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/status"
)

// printProcessGroups prints the process groups of the workers that are alive on
// this machine, each once. A script that signals a group reaches the workers and
// the program that starts them one after the other, such as xargs.
func printProcessGroups(m *monitor, out io.Writer) error {
	v, err := m.readView(m.now())
	if err != nil {
		return err
	}
	var printed []int
	for i := range v.Workers {
		w := &v.Workers[i]
		if w.State.Ended() || w.Host != m.options.Host || !m.options.ProcessAlive(w.PID, w.ProcessStart) {
			continue
		}
		group := status.ProcessGroup(w.PID)
		if group == 0 || slices.Contains(printed, group) {
			continue
		}
		printed = append(printed, group)
		if _, err := fmt.Fprintln(out, group); err != nil {
			return err
		}
	}
	return nil
}

// lockInherited locks the file that the caller opened as a file descriptor. The
// lock belongs to the open file: it stays when this process ends, until the
// caller and all others who inherited the descriptor have closed it.
func lockInherited(fd int) error {
	switch err := fsutil.LockInherited(uintptr(fd)); {
	case errors.Is(err, fsutil.ErrLocked):
		return cli.Fail(cli.Partial, nil, "")
	case err != nil:
		return cli.Fail(cli.Usage, fmt.Errorf("--lock-fd %d: %w", fd, err), "open a file first, for example: exec 9>>FILE")
	}
	return nil
}
