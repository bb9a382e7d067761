package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/prompt"
)

// applyManifest gives the settings the values of a run's unit, except for the
// flags that were typed.
func (g *flags) applyManifest(ctx context.Context) error {
	if g.SafeCSV {
		return cli.Fail(cli.Usage, errors.New("--safe-csv cannot be combined with --manifest"), "the merged outputs of a run take it: set output.safe_csv in its job file, or use prism-merge --safe-csv")
	}
	m, err := job.AwaitManifest(ctx, g.Manifest)
	switch {
	case errors.Is(err, job.ErrNoManifest), errors.Is(err, fs.ErrNotExist):
		return cli.Fail(cli.Usage, err, "prism-split --job writes one")
	case err != nil:
		return err
	case !g.typed["unit"]:
		return cli.Usagef("--manifest requires --unit: run %q has units 1 to %d", m.RunID, len(m.Units))
	case g.Unit < 1 || g.Unit > len(m.Units):
		return cli.Usagef("--unit %d: run %q has units 1 to %d", g.Unit, m.RunID, len(m.Units))
	case g.RunID != "" && g.RunID != m.RunID:
		return cli.Usagef("--run-id %q does not match the run of the manifest, %q", g.RunID, m.RunID)
	}
	hasStudent := m.Config.Model.TrainsStudent()
	const hint = "the manifest names the input and its rows"
	switch {
	case g.File != "" && !hasStudent:
		return cli.Fail(cli.Usage, errors.New("FILE cannot be combined with --manifest"), hint)
	case g.InputFile != "" && !hasStudent:
		return cli.RefuseBeside(g.typed, "--manifest", hint, "input-file")
	case g.RowStart != 0 || g.RowEnd != 0:
		return cli.RefuseBeside(g.typed, "--manifest", hint, "row-start", "row-end")
	case g.Input == "" && hasStudent:
		return cli.Fail(cli.Usage, fmt.Errorf("run %q has a student (model.student): its units are labelled by prism-cascade", m.RunID),
			"prism-cascade "+job.UnitArgs(g.Manifest, g.Unit))
	}
	g.GroupReadable = g.GroupReadable || m.Config.GroupReadable
	planned := m.Options()
	planned.Columns = m.ColumnsOf(m.Units[g.Unit-1].Label)
	g.Options = job.Resolve(&g.Options, &planned, g.typed)
	if g.ignoresOllamaHost() {
		g.Model.Hosts = planned.Model.Hosts
	}
	g.applyUnit(m, m.Units[g.Unit-1])
	return g.checkPromptsUnchanged(ctx, m)
}

// checkPromptsUnchanged refuses a prompt schema file that changed since the run
// was planned: all units of a run have the same prompts.
func (g *flags) checkPromptsUnchanged(ctx context.Context, m *job.Manifest) error {
	if g.typed["prompts-config"] {
		return nil
	}
	s, err := prompt.ReadFile(ctx, g.Prompts.ConfigFile)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	if m.Hashes.Prompts != "" && s.Hash() != m.Hashes.Prompts {
		return cli.Fail(cli.Usage, fmt.Errorf("%s changed since run %q was planned", g.Prompts.ConfigFile, m.RunID),
			"restore the previous file, or plan a new run")
	}
	return nil
}

// applyUnit gives the settings the rows of a unit and the place of its output.
func (g *flags) applyUnit(m *job.Manifest, u job.UnitPlan) {
	g.ManifestPath = g.Manifest
	g.RunID, g.WorkerID, g.Label = m.RunID, u.Unit.Unit, u.Label
	g.InputFormat = m.File(u.Label).Format
	if g.Input != "" { // rows that prism-cascade chose
		g.GoesOnWith = job.UnitProgram(&m.Config.Model) + " " + job.UnitArgs(g.Manifest, g.Unit)
		return
	}
	g.Input, g.InputSum = m.Path(u.Input), u.InputSum
	if u.Rows > 0 { // else the whole file, which has no rows
		g.RowStart, g.RowEnd, g.ByteStart, g.ByteEnd = u.RowStart, u.RowEnd, u.ByteStart, u.ByteEnd
	}
	if g.OutputFile == "" && !g.typed["output-dir"] && !g.typed["output-name"] {
		g.OutputName = u.OutputName
	}
}
