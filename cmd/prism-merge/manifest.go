package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// runMerger merges the files of a run, each from the outputs of its units.
type runMerger struct {
	*merger
	m         *job.Manifest
	condition string
	schema    *prompt.Schema
	short     bool     // rows or files are missing
	lost      []string // overrides that the last merge of the file had and this one has not
}

// checkManifestFlags refuses flags that a manifest answers.
func (g *flags) checkManifestFlags() error {
	const hint, hintCopy = "the manifest names the parts and the inputs", "the manifest names the outputs; -o FILE writes a copy of one"
	switch {
	case len(g.Parts) > 0:
		return cli.Fail(cli.Usage, errors.New("PART cannot be combined with --manifest"), hint)
	case g.Output == "-":
		return cli.Fail(cli.Usage, errors.New("-o - cannot be combined with --manifest"), hintCopy)
	case g.OutputFormat != "" && g.Output == "":
		return cli.Fail(cli.Usage, errors.New("--output-format with --manifest requires -o"), hintCopy)
	}
	return errors.Join(
		cli.RefuseBeside(g.typed, "--manifest", hint, "expect", "input-format", "delimiter", "id-column"),
		cli.RefuseBeside(g.typed, "--manifest", "", "check", "on-duplicate"))
}

// mergeRun does what --manifest asks for.
func (m *merger) mergeRun(ctx context.Context) error {
	g := m.g
	if err := g.checkManifestFlags(); err != nil {
		return err
	}
	man, err := job.AwaitManifest(ctx, g.Manifest)
	switch {
	case errors.Is(err, job.ErrNoManifest), errors.Is(err, fs.ErrNotExist):
		return cli.Fail(cli.Usage, err, "prism-split --job writes one")
	case err != nil:
		return err
	}
	m.std.ShareWithGroup(man.Config.GroupReadable)
	if err := man.CheckOutputs(); err != nil {
		return cli.Fail(cli.Usage, err, "plan a new run with another output.naming_pattern or output.directory")
	}
	if err := man.CheckPlaces(); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	r := &runMerger{merger: m, m: man, condition: man.Config.Merge.Condition}
	if g.Condition != "" {
		r.condition = g.Condition
	}
	if r.schema, err = prompt.ReadFile(ctx, man.Path(man.Paths.PromptsConfig)); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	labels, err := r.labels()
	if err != nil {
		return err
	}
	if err := errors.Join(r.checkCopy(labels), r.checkCorrected(labels)); err != nil {
		return err
	}
	if _, err := readFailedFiles(man); err != nil { // updateFailedFiles could not read it either
		return err
	}
	for _, label := range labels {
		if err := r.mergeFile(ctx, label); err != nil {
			return err
		}
	}
	if r.short {
		return cli.Fail(cli.Partial, nil, "")
	}
	return nil
}

func (r *runMerger) labels() ([]string, error) {
	if r.g.Label == "" {
		return r.m.Labels(), nil
	}
	if r.m.File(r.g.Label) == nil {
		return nil, cli.Usagef("--label %q: the files of run %q are %q", r.g.Label, r.m.RunID, r.m.Labels())
	}
	return []string{r.g.Label}, nil
}

func (r *runMerger) mergeFile(ctx context.Context, label string) error {
	units := r.m.UnitsOf(label)
	parts, err := r.openUnits(ctx, r.m.File(label), units)
	defer parts.closeInputs()
	if err != nil {
		return err
	}
	report := failedFile{Label: label, InputFile: r.m.File(label).InputFile, Ranges: []gap{}, Rows: []failedRow{}}
	switch {
	case len(units) == 0:
		r.std.Warnf("%s: no unit of the run has its rows", label)
		return r.recordUnmerged(ctx, report, units, parts.without)
	case !conditionHolds(r.condition, parts.completed, len(units)), len(parts.inputs) == 0:
		r.std.Warnf("%s is not merged: %d of its %d units completed, merge.condition is %s; not completed: %s",
			label, parts.completed, len(units), r.condition, joinNumbers(parts.without))
		return r.recordUnmerged(ctx, report, units, parts.without)
	}
	in, err := parts.splitInput(ctx)
	if err != nil {
		return err
	}
	path, columns := r.m.MergedName(label), r.m.ColumnsOf(label)
	o := override.Options{Schema: r.schema, IDColumn: columns.ID(), Result: path}
	if parts.inputs, err = r.correctInputs(ctx, parts.inputs, &in, o); err != nil {
		return err
	}
	merged, err := r.writeMerged(ctx, r.m.File(label), r.m.Path(path), parts.inputs)
	if err != nil {
		return err
	}
	defer merged.File.Close()
	missing, err := r.findMissing(ctx, r.m.File(label), in, merged, units)
	if err != nil {
		return err
	}
	status := job.Completed
	if missing.rows > 0 {
		status, r.short = job.Partial, true
		r.std.Warnf("%s: %d of its %d rows have no labels: positions %s", label, missing.rows, r.m.File(label).Rows, missing)
	}
	report.addGaps(r.m, units, missing, parts.without)
	if err := r.recordFile(ctx, report, status, path); err != nil {
		return err
	}
	if err := r.writeCopy(ctx, r.m.File(label), merged); err != nil {
		return err
	}
	if r.m.Config.Output.Checkpoints.CleanupAfterMerge && status == job.Completed && len(parts.without) == 0 {
		return r.cleanUp(units)
	}
	return nil
}

// recordUnmerged records a file that is not merged.
func (r *runMerger) recordUnmerged(ctx context.Context, report failedFile, units []job.UnitPlan, without []int) error {
	r.short = true
	report.addUnits(r.m, units, without)
	return r.recordFile(ctx, report, job.Unmerged, "")
}

// recordFile puts what is missing of a file into the list of the run, and what became of it into the
// manifest.
func (r *runMerger) recordFile(ctx context.Context, missing failedFile, status job.FileStatus, output string) error {
	if err := r.updateFailedFiles(ctx, missing); err != nil {
		return err
	}
	label := missing.Label
	return job.UpdateManifest(ctx, r.g.Manifest, func(m *job.Manifest) {
		f := m.File(label)
		f.Status, f.MergedOutput = status, output
		for i := range m.Units {
			if status == job.Completed && m.Units[i].Label == label {
				m.Units[i].Replanned = false
			}
		}
	})
}

// conditionHolds reports whether the condition lets a file of so many units be merged.
func conditionHolds(condition string, completed, units int) bool {
	switch condition {
	case job.AllSuccess:
		return completed == units
	case job.AnySuccess:
		return completed > 0
	}
	return true
}

func joinNumbers(units []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(units), "[]"), " ", ", ")
}

// updateFile changes a file of the run here and in the manifest.
func (r *runMerger) updateFile(ctx context.Context, f *job.File, change func(*job.File)) error {
	change(f)
	return job.UpdateManifest(ctx, r.g.Manifest, func(m *job.Manifest) { change(m.File(f.Label)) })
}

// openSplitInput opens the input of a file of the run, which must be as it was split.
func (r *runMerger) openSplitInput(ctx context.Context, f *job.File) (merge.Input, error) {
	file, err := table.Open(ctx, r.m.Path(f.InputFile), nil)
	in := merge.Input{File: file, Options: r.m.InputOptions(f.Label)}
	if err != nil {
		return in, err
	}
	sum, err := fsutil.SumRange(ctx, in.File, 0, in.File.Size)
	if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && sum.String() != f.InputSum {
		err = cli.Fail(cli.Usage, fmt.Errorf("%s changed since it was split: its rows cannot be matched to those of the run", in.Options.Name),
			"prism-run JOB_FILE --resume --run-id "+term.QuoteShell(r.m.RunID)+" plans its units again; rows that did not change keep their labels")
	}
	if err != nil {
		return in, errors.Join(err, in.File.Close())
	}
	return in, nil
}

// findMissing reads the merged output again and looks for the rows of the units
// that it does not have. Where the input changes meanwhile it can only count them.
func (r *runMerger) findMissing(ctx context.Context, f *job.File, in, merged merge.Input, units []job.UnitPlan) (*gaps, error) {
	r.steps.StartStep("looking for missing rows of "+f.Label, 3*in.File.Size+merged.File.Size)
	g := &gaps{}
	e, err := merge.Expect(ctx, []merge.Input{merged}, in, r.optionsOf(f), func(pos, id int64) error {
		for _, u := range units {
			if u.RowStart <= pos && pos <= u.RowEnd {
				g.addPosition(pos, u.Unit.Unit)
				break
			}
		}
		return nil
	})
	r.steps.Clear()
	if err == nil && e.Unexpected > 0 {
		err = fmt.Errorf("bug: %s has %d rows that %s does not have", merged.Options.Name, e.Unexpected, in.Options.Name)
	}
	if err == nil && g.rows == 0 || ctx.Err() != nil {
		return g, err
	}
	again, changed := r.openSplitInput(ctx, f)
	if changed != nil {
		r.std.Warnf("%s changed while it was read: missing rows are only counted", in.Options.Name)
		return &gaps{rows: f.Rows - f.MergedRows}, nil
	}
	return g, errors.Join(err, again.File.Close())
}

// cleanUp removes the checkpoints of units whose rows are all merged.
func (r *runMerger) cleanUp(units []job.UnitPlan) error {
	dir := r.m.Path(r.m.Paths.CheckpointDir)
	for _, u := range units {
		if _, err := checkpoint.ReadSidecar(dir, r.m.JobID(u.Unit.Unit)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := checkpoint.Remove(dir, r.m.JobID(u.Unit.Unit)); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	return nil
}
