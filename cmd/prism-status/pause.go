package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"prism/internal/cli"
	"prism/internal/status"
)

// setPause pauses the run of a manifest, or ends its pause.
func (g *flags) setPause(m *monitor, std cli.Std) error {
	v, err := m.readView(m.now())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left := false
	for _, u := range unitStates(m.plan, v) {
		left = left || u.selected("incomplete") || u.isRunning()
	}
	id, resume := m.plan.runID, m.plan.manifest.ResumeCommand()
	switch paused, err := status.IsPaused(m.dir); {
	case err != nil:
		return err
	case g.Unpause && !paused:
		std.Warnf("run %s is not paused", id)
		return nil
	case g.Unpause:
		if err := status.Resume(m.dir); err != nil {
			return err
		}
		std.Infof("run %s: its workers continue; if none is left: %s", id, resume)
		return nil
	case !left:
		std.Warnf("cannot pause run %s: it is finished", id)
		return nil
	}
	if err := m.plan.manifest.CheckPlaces(); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	if err := os.MkdirAll(m.dir, 0o777); err != nil {
		return fmt.Errorf("pause the run: %w", err)
	}
	if err := status.Pause(m.dir); err != nil {
		return err
	}
	std.Infof("run %s: its workers wait after the calls in flight; prism-run --resume-run lets them continue", id)
	return nil
}
