package main

import (
	"fmt"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/status"
)

// unmergedNote says of a run that nobody works on that a file of it is not merged, and
// how to go on; empty if there is nothing to say.
func unmergedNote(p *runPlan, v *status.View) string {
	if p.manifest == nil || !p.manifest.Config.Merge.AutoMerge || v.Active() || p.isHeld() {
		return ""
	}
	for _, f := range p.manifest.Files {
		merged := (f.Status == job.Completed || f.Status == job.Partial) && fsutil.IsRegular(p.manifest.Path(f.MergedOutput))
		if (p.label == "" || p.label == f.Label) && !merged {
			return fmt.Sprintf("run %s is not merged; to continue: %s\n", p.runID, p.manifest.ResumeCommand())
		}
	}
	return ""
}

// isHeld reports whether a prism-run or what it started works on the run. A lock that
// cannot be looked at counts as held.
func (p *runPlan) isHeld() bool {
	for _, path := range []string{p.manifest.OrchestratorLockPath(), p.manifest.WorkersLockPath()} {
		if held, err := fsutil.IsLocked(path); held || err != nil {
			return true
		}
	}
	return false
}
