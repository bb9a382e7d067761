package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/status"
)

// AfterApply notes which flags were typed: what the environment or a default
// gave them counts less than the manifest.
func (g *grammar) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

// missing says which of the flags without default are not there.
func (g *grammar) missing() error {
	var flags []string
	hint := "--manifest and --unit stand for both; prism-classify --help lists all flags"
	if g.Model == "" {
		flags = append(flags, "--model (or PRISM_MODEL)")
		hint = "--list-models tells what models there are; " + hint
	}
	if g.PromptsConfig == "" {
		flags = append(flags, "--prompts-config (or PRISM_PROMPTS_CONFIG)")
	}
	return cli.Fail(cli.Usage, fmt.Errorf("missing: %s", strings.Join(flags, " and ")), hint)
}

// fromManifest gives the flags that were not typed the values of a run's unit,
// and makes sure that what has no default is there.
func (g *grammar) fromManifest() error {
	switch {
	case g.Manifest == "" && g.Unit != 0:
		return cli.Usagef("--unit needs --manifest")
	case g.Manifest == "" && (g.Model == "" || g.PromptsConfig == ""):
		return g.missing()
	case g.Manifest == "":
		return nil
	case g.File != "" || g.InputFile != "" || g.RowStart != 0 || g.RowEnd != 0:
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
	g.fromUnit(m, m.Units[g.Unit-1])
	g.fromConfig(m)
	return g.samePrompts(m)
}

// samePrompts makes sure that all units of a run are asked the same, though the
// prompt schema file may have changed since it was planned.
func (g *grammar) samePrompts(m *job.Manifest) error {
	if g.typed["prompts-config"] {
		return nil
	}
	data, err := os.ReadFile(g.PromptsConfig)
	if err != nil {
		return cli.Fail(cli.Usage, fmt.Errorf("read the prompt schema: %w", err), "")
	}
	s, err := prompt.Parse(data, g.PromptsConfig)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	if m.Hashes.Prompts != "" && s.Hash() != m.Hashes.Prompts {
		return cli.Fail(cli.Usage, fmt.Errorf("%s changed since run %q was planned", g.PromptsConfig, m.RunID),
			"give the old one back, or plan a new run")
	}
	return nil
}

func (g *grammar) fromUnit(m *job.Manifest, u job.UnitPlan) {
	g.RunID, g.WorkerID, g.label = m.RunID, u.Unit.Unit, u.Label
	g.InputFile, g.InputFormat, g.InputSum = m.Path(u.Input), m.File(u.Label).Format, u.InputSum
	if u.Rows > 0 { // else the whole file, which has no rows
		g.RowStart, g.RowEnd, g.ByteStart, g.ByteEnd = u.RowStart, u.RowEnd, u.ByteStart, u.ByteEnd
	}
	if g.Output == "" && !g.typed["output-dir"] && !g.typed["output-name"] {
		g.OutputDir, g.OutputName = filepath.Dir(m.UnitOutput(u)), u.OutputName
	}
}

func (g *grammar) fromConfig(m *job.Manifest) {
	c := m.Config
	given(g, "model", &g.Model, c.Model.Name)
	given(g, "prompts-config", &g.PromptsConfig, m.Path(m.Paths.PromptsConfig))
	given(g, "labels", &g.Labels, c.Model.Labels)
	given(g, "num-ctx", &g.NumCtx, c.Model.NumCtx)
	given(g, "num-predict", &g.NumPredict, c.Model.NumPredict)
	given(g, "temperature", &g.Temperature, c.Model.Temperature)
	given(g, "seed", &g.Seed, c.Model.Seed)
	given(g, "keep-alive", &g.KeepAlive, c.Model.KeepAlive)
	given(g, "think", &g.Think, c.Model.Think)
	given(g, "prompt-style", &g.PromptStyle, c.Model.PromptStyle)
	given(g, "batch-size", &g.BatchSize, c.Model.BatchSize)
	given(g, "parallel", &g.Parallel, c.Model.Parallel)
	given(g, "retries", &g.Retries, c.Model.Retries)
	given(g, "delay", &g.Delay, cli.Duration(c.Model.Delay))
	given(g, "timeout", &g.Timeout, cli.Duration(c.Model.Timeout))
	given(g, "drop", &g.Drop, c.Output.Drop)
	given(g, "output-format", &g.OutputFormat, c.Output.Format)
	given(g, "checkpoint-dir", &g.CheckpointDir, m.Path(m.Paths.CheckpointDir))
	given(g, "checkpoint-interval", &g.CheckpointInterval, c.Output.Checkpoints.Interval)
	given(g, "status-dir", &g.StatusDir, m.Path(m.Paths.StatusDir))
	given(g, "logs-dir", &g.LogsDir, m.Path(m.Paths.LogsDir))
	if len(g.Host) == 0 { // the server of this environment counts more than that of the job file
		g.Host = c.Model.Hosts
	}
}

// listModels prints the names of models.
func (g *grammar) listModels(ctx context.Context, out io.Writer) error {
	names, err := classify.Models(ctx, g.Host)
	if err != nil {
		return end(ctx, err, "")
	}
	for _, n := range names {
		if _, err := fmt.Fprintln(out, n); err != nil {
			return err
		}
	}
	return nil
}

// noteFalseStart tells the run that a worker ended before it began: without a
// server, say. What an earlier process did stays in its status.
func (g *grammar) noteFalseStart(std cli.Std, s classify.Settings, err error) {
	if err == nil || s.StatusDir == "" || errors.Is(err, fsutil.ErrLocked) {
		return
	}
	dir := job.RunDir(s.StatusDir, s.RunID)
	w, rerr := status.ReadWorker(job.WorkerStatusPath(dir, s.WorkerID))
	if rerr != nil {
		w = &status.Worker{
			WorkerID: s.WorkerID, RunID: s.RunID, StartedAt: status.At(time.Now()), Label: s.Label, Model: s.Model,
			RowStart: s.Range.RowStart, RowEnd: s.Range.RowEnd, TotalRows: max(s.Range.RowEnd-s.Range.RowStart+1, 0),
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

// given sets a flag that was not typed to what the manifest says.
func given[T any](g *grammar, flag string, to *T, value T) {
	if !g.typed[flag] {
		*to = value
	}
}
