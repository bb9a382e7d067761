package main

import (
	"os"
	"slices"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/status"
)

// plan is what is known of a run beside its status files.
type runPlan struct {
	statusDir string
	runID     string // empty: the latest
	units     int    // 0: not known
	rows      int64  // of all units; 0: not known

	manifest *job.Manifest // nil: none
	label    string        // of the only file to look at; empty: all
}

// planned takes from the manifest what concerns the status of its run.
func (g *grammar) planFromManifest() (*runPlan, error) {
	m, err := job.ReadManifest(g.Manifest)
	if err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	if g.Label != "" && m.File(g.Label) == nil {
		return nil, cli.Usagef("--label %q: the files of run %q are %q", g.Label, m.RunID, m.Labels())
	}
	p := &runPlan{statusDir: m.Path(m.Paths.StatusDir), runID: m.RunID, manifest: m, label: g.Label}
	if g.StatusDir != "" && g.StatusDir != os.Getenv("PRISM_STATUS_DIR") { // workers go by the manifest too
		p.statusDir = g.StatusDir
	}
	for _, u := range p.selectedUnits() {
		p.units++
		p.rows += u.Rows
	}
	return p, nil
}

// unitPlans are the units to look at.
func (p *runPlan) selectedUnits() []job.UnitPlan {
	if p.label != "" {
		return p.manifest.UnitsOf(p.label)
	}
	return p.manifest.Units
}

// restrict leaves the workers of the units to look at, and returns those that
// are of no unit of the plan.
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
