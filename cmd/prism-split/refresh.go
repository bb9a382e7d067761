package main

import (
	"context"
	"errors"
	"fmt"

	"prism/internal/cli"
	"prism/internal/columns"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// refreshInputs plans the units of a run again whose inputs changed since: the same
// units with the same rows, where they are now. The last unit of a file grows or
// shrinks with the file. Rows that did not change keep their labels: the workers know
// them by their content.
func (p *planner) refreshInputs(ctx context.Context) error {
	m, err := p.findManifest()
	if err != nil {
		return err
	}
	if m == nil {
		return cli.Usagef("--refresh-inputs: there is no run %q", p.g.RunID)
	}
	changed := map[string][]job.Unit{} // by label
	for i := range m.Files {
		units, err := p.planAgain(ctx, m, &m.Files[i])
		if _, bad := errors.AsType[*table.Error](err); bad {
			p.addMistake(err)
		} else if err != nil {
			return exitError(ctx, err)
		}
		if units != nil {
			changed[m.Files[i].Label] = units
		}
	}
	p.steps.Clear()
	if len(p.mistakes) > 0 {
		return cli.Fail(cli.Usage, errors.Join(p.mistakes...), "")
	}
	if len(changed) == 0 && len(p.normal) == 0 {
		return nil
	}
	path := job.ManifestPath(p.config.Monitoring.LogsDir, p.g.RunID)
	var placed error
	err = job.UpdateManifest(ctx, path, func(m *job.Manifest) {
		if placed = p.replaceInputs(ctx, m); placed != nil {
			return
		}
		for label, units := range changed {
			m.ReplaceUnits(label, units)
		}
		for label, n := range p.normal {
			m.File(label).NormalizedFrom = &n.from
		}
	})
	return errors.Join(placed, err)
}

// planAgain returns the units of a file that changed since they were planned; nil
// if it did not.
func (p *planner) planAgain(ctx context.Context, m *job.Manifest, in *job.File) ([]job.Unit, error) {
	if in.NormalizedFrom == nil {
		path := m.Path(in.InputFile)
		f, err := table.Open(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		p.steps.StartStep("checking "+path, f.Size)
		return p.cutAgain(ctx, m, in, f)
	}
	n, err := p.normalizeAgain(ctx, m, in)
	if n == nil || err != nil {
		return nil, err
	}
	p.normal[in.Label] = n
	return p.cutAgain(ctx, m, in, n.File)
}

// cutAgain cuts a file as it was, unless it has the content that it had.
func (p *planner) cutAgain(ctx context.Context, m *job.Manifest, in *job.File, f *table.File) ([]job.Unit, error) {
	if same, err := isPlanned(ctx, in, f); same || err != nil {
		return nil, err
	}
	o := m.InputOptions(in.Label)
	o.Name = f.Name
	found, err := p.checkFile(ctx, f, columns.Options{
		Table: o, Columns: m.ColumnsOf(in.Label), Required: m.Settings.RequiredInputColumns, NeedsText: true, Keys: true,
	}, table.CheckOptions{})
	if err != nil {
		return nil, err
	}
	old := m.UnitsOf(in.Label)
	if len(old) == 0 {
		return nil, nil
	}
	units, err := job.Cut(ctx, f, found, o, in.Label, cuttingOf(old, in.InputSize), old[0].Unit.Unit, true)
	if err != nil {
		return nil, err
	}
	original := m.Path(in.Original())
	if len(units) < len(old) {
		return nil, &table.Error{File: original, Msg: fmt.Sprintf("it has %d rows now, too few for %s of run %q: plan a new run",
			found.Rows, term.Plural(int64(len(old)-len(units)), "unit"), m.RunID)}
	}
	for i := range units {
		units[i].Input = in.InputFile
	}
	p.std.Infof("%s changed since run %s was planned: its units are planned again (%s, were %d); rows that did not change keep their labels",
		original, m.RunID, term.Plural(countRows(units), "row"), in.Rows)
	return units, nil
}

// isPlanned reports whether a file has the content that its units were planned for.
func isPlanned(ctx context.Context, in *job.File, f *table.File) (bool, error) {
	if f.Size != in.InputSize {
		return false, nil
	}
	sum, err := fsutil.SumRange(ctx, f, 0, f.Size)
	return err == nil && sum.String() == in.InputSum, err
}

// cuttingOf is the cutting that made these units of a file of so many bytes. What
// went to the end of the file still does.
func cuttingOf(units []job.UnitPlan, size int64) job.Cutting {
	if len(units) == 1 && units[0].Rows == 0 {
		return job.Cutting{Workers: 1}
	}
	var c job.Cutting
	for _, u := range units {
		r := job.Range{Start: u.RowStart, End: u.RowEnd}
		if u.ByteEnd == size {
			r.End = 0
		}
		c.Ranges = append(c.Ranges, r)
	}
	return c
}
