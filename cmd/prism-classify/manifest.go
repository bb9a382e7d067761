package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/status"
)

// applyManifest gives the settings the values of a run's unit, except for the
// flags that were typed.
func (g *grammar) applyManifest() error {
	if g.Input != "" || g.RowStart != 0 || g.RowEnd != 0 {
		return cli.Usagef("--manifest names the input and its rows: give none beside it")
	}
	m, err := job.ReadManifest(g.Manifest)
	switch {
	case errors.Is(err, job.ErrNoManifest), errors.Is(err, fs.ErrNotExist):
		return cli.Fail(cli.Usage, err, "prism-split --job writes one")
	case err != nil:
		return err
	case !g.typed["unit"]:
		return cli.Usagef("--manifest needs --unit: run %q has the units 1 to %d", m.RunID, len(m.Units))
	case g.Unit < 1 || g.Unit > len(m.Units):
		return cli.Usagef("--unit %d: run %q has the units 1 to %d", g.Unit, m.RunID, len(m.Units))
	case g.RunID != "" && g.RunID != m.RunID:
		return cli.Usagef("--run-id %q is not that of the manifest, %q", g.RunID, m.RunID)
	}
	planned := m.Options()
	g.Options = job.Resolve(&g.Options, &planned, g.typed)
	g.applyUnit(m, m.Units[g.Unit-1])
	return g.checkPromptsUnchanged(m)
}

// checkPromptsUnchanged refuses a prompt schema file that changed since the run
// was planned: all units of a run have the same prompts.
func (g *grammar) checkPromptsUnchanged(m *job.Manifest) error {
	if g.typed["prompts-config"] {
		return nil
	}
	data, err := os.ReadFile(g.Prompts.ConfigFile)
	if err != nil {
		return cli.Fail(cli.Usage, fmt.Errorf("read the prompt schema: %w", err), "")
	}
	s, err := prompt.Parse(data, g.Prompts.ConfigFile)
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
func (g *grammar) applyUnit(m *job.Manifest, u job.UnitPlan) {
	g.RunID, g.WorkerID, g.Label = m.RunID, u.Unit.Unit, u.Label
	g.Input, g.InputFormat, g.InputSum = m.Path(u.Input), m.File(u.Label).Format, u.InputSum
	if u.Rows > 0 { // else the whole file, which has no rows
		g.RowStart, g.RowEnd, g.ByteStart, g.ByteEnd = u.RowStart, u.RowEnd, u.ByteStart, u.ByteEnd
	}
	if g.OutputFile == "" && !g.typed["output-dir"] && !g.typed["output-name"] {
		g.OutputName = u.OutputName
	}
}

// listModels prints the names of models.
func (g *grammar) listModels(ctx context.Context, out io.Writer) error {
	names, err := classify.ListModels(ctx, g.Model.Hosts)
	if err != nil {
		return exitError(ctx, err, "")
	}
	for _, n := range names {
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
	return nil
}

// writeStartFailure writes to the status of a run why a worker ended before it
// began, for example without a server. What an earlier process did stays in it.
func (g *grammar) writeStartFailure(std cli.Std, err error) {
	s := &g.Settings
	if err == nil || s.Monitoring.StatusDir == "" || errors.Is(err, fsutil.ErrLocked) {
		return
	}
	dir := job.RunDir(s.Monitoring.StatusDir, s.RunID)
	w, rerr := status.ReadWorker(job.WorkerStatusPath(dir, s.WorkerID))
	if rerr != nil {
		w = &status.Worker{
			WorkerID: s.WorkerID, RunID: s.RunID, StartedAt: status.At(time.Now()), Label: s.Label, Model: s.Model.Name,
			RowStart: s.RowStart, RowEnd: s.RowEnd, TotalRows: max(s.RowEnd-s.RowStart+1, 0),
		}
	}
	if g.Manifest != "" {
		w.Resume = "prism-classify " + job.UnitArgs(g.Manifest, g.Unit)
	}
	w.UpdatedAt, w.LastError = status.At(time.Now()), err.Error()
	w.PID, w.ProcessStart = os.Getpid(), status.ProcessStart(os.Getpid())
	w.Host, _ = os.Hostname() // without a name the process cannot be asked for, and need not
	switch {
	case classify.IsServer(err):
		w.State, w.StopReason = status.Stopped, status.Unreachable
	case classify.IsUsage(err):
		w.State, w.StopReason = status.Failed, status.BadInput
	default:
		w.State, w.StopReason = status.Failed, status.InternalError
	}
	if err := w.WriteFile(dir); err != nil {
		std.Warnf("%v", err)
	}
}
