package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/status"
)

// runPlan is what is known of a run besides its status files.
type runPlan struct {
	statusDir string
	runID     string // empty: the latest
	units     int    // 0: unknown
	rows      int64  // of all units; 0: not known

	manifest *job.Manifest // nil: none
	label    string        // of the only file to show; empty: all
}

// findRun finds the run to show, and its plan if it has one.
func (g *flags) findRun(ctx context.Context, std cli.Std) (*runPlan, error) {
	if g.Manifest != "" {
		return g.planFromManifest(ctx)
	}
	if err := cli.RequireFlag(g.typed, "--manifest", "units", "label"); err != nil {
		return nil, err
	}
	p := &runPlan{statusDir: statusDir, runID: g.RunID}
	if g.StatusDir != "" {
		p.statusDir = g.StatusDir
	}
	if p.runID != "" && !job.IsRunID(p.runID) {
		return nil, cli.Usagef("invalid run ID %q", p.runID)
	}
	if p.runID != "" {
		return p, nil
	}
	id, leftOut, err := status.LatestRun(p.statusDir)
	for _, e := range leftOut {
		std.Warnf("%v", e)
	}
	switch info, serr := os.Stat(p.statusDir); {
	case serr == nil && !info.IsDir():
		return nil, cli.Usagef("--status-dir %s is not a folder", p.statusDir)
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Fail(cli.Usage, fmt.Errorf("no run under %q", p.statusDir),
			"--status-dir names the folder that prism-classify was given")
	}
	p.runID = id
	return p, err
}

// planFromManifest reads from the manifest what concerns the status of its run.
func (g *flags) planFromManifest(ctx context.Context) (*runPlan, error) {
	m, err := job.AwaitManifest(ctx, g.Manifest)
	if err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	if g.Label != "" && m.File(g.Label) == nil {
		return nil, cli.Usagef("--label %q: the files of run %q are %q", g.Label, m.RunID, m.Labels())
	}
	p := &runPlan{statusDir: m.Path(m.Paths.StatusDir), runID: m.RunID, manifest: m, label: g.Label}
	if g.StatusDir != "" && g.StatusDir != os.Getenv("PRISM_STATUS_DIR") { // workers use the manifest too
		p.statusDir = g.StatusDir
	}
	for _, u := range p.selectedUnits() {
		p.units++
		if !m.Config.Model.TrainsStudent() { // else the model is asked for a part of them: workers tell for how many
			p.rows += u.Rows
		}
	}
	return p, nil
}

// selectedUnits are the units to show.
func (p *runPlan) selectedUnits() []job.UnitPlan {
	if p.label != "" {
		return p.manifest.UnitsOf(p.label)
	}
	return p.manifest.Units
}

// selectWorkers removes the workers of other units from the run. It returns the
// workers whose unit is not in the plan.
func (p *runPlan) selectWorkers(run *status.Run) (unplanned []int) {
	if p.manifest == nil || len(p.manifest.Units) == 0 {
		return nil
	}
	wanted := map[int]bool{}
	for _, u := range p.selectedUnits() {
		wanted[u.Unit.Unit] = true
	}
	remove := func(id int) bool {
		if id < 1 || id > len(p.manifest.Units) {
			unplanned = append(unplanned, id)
		}
		return !wanted[id]
	}
	run.Workers = slices.DeleteFunc(run.Workers, func(w status.Worker) bool { return remove(w.WorkerID) })
	run.Unreadable = slices.DeleteFunc(run.Unreadable, func(f status.UnreadableFile) bool { return remove(f.WorkerID) })
	return unplanned
}
