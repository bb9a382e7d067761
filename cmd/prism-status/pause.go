package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/status"
)

// setPause pauses the run of a manifest, or ends its pause.
func (g *grammar) setPause(m *monitor, std cli.Std) error {
	v, err := m.readView(m.now())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left := false
	for _, u := range unitStates(m.plan, v) {
		left = left || u.selected("incomplete") || u.isRunning()
	}
	id, resume := m.plan.runID, resumeCommand(m.plan.manifest)
	switch paused, err := status.IsPaused(m.dir); {
	case err != nil:
		return err
	case g.Unpause && !paused:
		std.Warnf("run %s is not paused", id)
		return nil
	case g.Unpause:
		std.Infof("run %s: its workers continue; if none is left: %s", id, resume)
		return status.Resume(m.dir)
	case !left:
		std.Warnf("run %s is finished: no worker of it is left to pause", id)
		return nil
	}
	if err := os.MkdirAll(m.dir, 0o777); err != nil {
		return fmt.Errorf("pause the run: %w", err)
	}
	std.Infof("run %s: its workers wait after the calls in flight; prism-run --resume-run lets them continue", id)
	return status.Pause(m.dir)
}

// resumeCommand is the command that resumes a planned run.
func resumeCommand(m *job.Manifest) string {
	return fmt.Sprintf("prism-run %s --resume --run-id %s", job.QuoteShell(m.Path(m.JobFile)), job.QuoteShell(m.RunID))
}

// unmergedNote says of a run that is over what is not merged yet, and how to go on;
// empty if there is nothing to say.
func unmergedNote(p *runPlan, v *status.View) string {
	if p.manifest == nil || !v.Over || !p.manifest.Config.Merge.AutoMerge {
		return ""
	}
	for _, f := range p.manifest.Files {
		if (p.label == "" || p.label == f.Label) && f.Status != job.Completed && f.Status != job.Partial {
			return fmt.Sprintf("run %s is not merged; to continue: %s\n", p.runID, resumeCommand(p.manifest))
		}
	}
	return ""
}
