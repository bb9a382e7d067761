package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/term"
)

// checkCopy checks whether -o can take a copy of the merged output of one of these files.
func (r *runMerger) checkCopy(labels []string) error {
	if r.g.Output == "" {
		return nil
	}
	if len(labels) != 1 {
		return cli.Usagef("-o requires a single file: --label names one of %q", labels)
	}
	var guard fsutil.Guard
	r.m.GuardFiles(&guard)
	r.guardOverrides(&guard)
	if err := guard.Check(r.g.Output); err != nil {
		return cli.Fail(cli.Usage, err, "choose another name for -o")
	}
	return nil
}

// writeCopy writes the merged output of a file to -o once more, in the form of its name. A
// file there that is not the last copy is kept beside it.
func (r *runMerger) writeCopy(ctx context.Context, f *job.File, merged merge.Input) error {
	if r.g.Output == "" {
		return nil
	}
	out, err := createOutput(ctx, r.g.Output, r.std.Out)
	if err != nil {
		return err
	}
	defer out.abort()
	r.steps.StartStep("copying "+filepath.Base(merged.Options.Name), 2*merged.File.Size)
	o := r.optionsOf(f)
	if o.Concat = true; o.Format == 0 {
		o.Format = merged.Options.Format
	}
	res, err := merge.Write(ctx, []merge.Input{merged}, out.optionsFor(o), out.Output)
	if err != nil {
		return err
	}
	if err := r.writeForm(ctx, out, o.Format, o.ID()); err != nil {
		return err
	}
	r.steps.Clear()
	if err := r.commitCopy(ctx, f, out); err != nil {
		return err
	}
	r.std.Infof("copied %s to %s", term.Plural(res.Rows, "row"), r.g.Output)
	return nil
}

// commitCopy replaces the last copy.
func (r *runMerger) commitCopy(ctx context.Context, f *job.File, out *output) error {
	if out.file.IsStream() {
		return out.file.Commit()
	}
	sum, err := out.file.Checksum()
	if err != nil {
		return err
	}
	path, err := filepath.Abs(r.g.Output)
	if err != nil {
		return fmt.Errorf("find %s: %w", r.g.Output, err)
	}
	before := f.Copies[path]
	note := func(sums ...string) error {
		return r.updateFile(ctx, f, func(f *job.File) {
			f.Copies = maps.Clone(f.Copies)
			if f.Copies == nil {
				f.Copies = map[string][]string{}
			}
			f.Copies[path] = sums
		})
	}
	if err := note(append(slices.Clone(before), sum.String())...); err != nil {
		return err
	}
	backup, err := out.file.CommitWithBackup(sum, func(old fsutil.Checksum) bool { return slices.Contains(before, old.String()) })
	if err != nil {
		return err
	}
	r.warnOfBackup(r.g.Output, backup, r.lost)
	return note(sum.String())
}
