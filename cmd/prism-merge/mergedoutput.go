package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"prism/internal/cli"
	"prism/internal/extsort"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
	"prism/internal/table"
)

// optionsOf are the options for the parts of a file.
func (r *runMerger) optionsOf(f *job.File) merge.Options {
	o := r.o
	columns := r.m.ColumnsOf(f.Label)
	o.IDColumn, o.Schema = columns.ID(), r.schema
	o.SafeCSV = o.SafeCSV || r.m.Config.Output.SafeCSV
	return o
}

// openOutput opens a table that the run made from a file.
func (r *runMerger) openOutput(ctx context.Context, label, path string) (merge.Input, error) {
	f, err := table.Open(ctx, path, nil)
	return merge.Input{File: f, Options: r.m.OutputOptions(label, path)}, err
}

// writeMerged merges the parts of a file into its output, and opens that to read it back.
func (r *runMerger) writeMerged(ctx context.Context, f *job.File, path string, inputs []merge.Input) (merge.Input, error) {
	form, err := table.ParseFormat(r.m.Config.Output.PartFormat())
	if err != nil {
		return merge.Input{}, cli.Fail(cli.Usage, err, "")
	}
	o := r.optionsOf(f)
	if by := r.m.Config.Merge.SortBy; !r.g.typed["sort-by"] {
		o.SortBy, o.Concat = by, by == job.Unsorted
		if by == table.RowID { // the default: the ID column, whatever its name is
			o.SortBy = ""
		}
	}
	o.Format, o.OnDuplicate = form, extsort.Refuse
	out, err := createOutput(ctx, path, r.std.Out)
	if err != nil {
		return merge.Input{}, err
	}
	defer out.abort()
	var bytes int64
	for _, in := range inputs {
		bytes += in.File.Size
	}
	r.steps.StartStep("merging "+filepath.Base(path), bytes)
	res, err := merge.Write(ctx, inputs, out.optionsFor(o), out.Output)
	if err != nil {
		return merge.Input{}, err
	}
	if err := r.writeForm(ctx, out, form, o.ID()); err != nil {
		if _, bad := errors.AsType[*table.Error](err); bad { // a cell that no workbook holds
			err = cli.Fail(cli.Usage, err, "every row is in the outputs of the units: "+r.m.MergeCommand(f.Label))
		}
		return merge.Input{}, err
	}
	r.steps.Clear()
	if err := r.commitMerged(ctx, f, path, out, res.Rows); err != nil {
		return merge.Input{}, err
	}
	r.std.Infof("merged %d rows of %d units into %s", res.Rows, res.Parts, path)
	return r.openMerged(ctx, f.Label, out)
}

// openMerged opens a merged output to read it back: of a workbook or a Parquet file the
// text that it was made of.
func (r *runMerger) openMerged(ctx context.Context, label string, out *output) (merge.Input, error) {
	if out.text == nil {
		return r.openOutput(ctx, label, out.path)
	}
	info, err := out.text.Stat()
	if err != nil {
		return merge.Input{}, err
	}
	f := &table.File{File: out.text, Name: out.path, Size: info.Size(), Spooled: true}
	out.text = nil // it is closed with f
	return merge.Input{File: f, Options: r.m.OutputOptions(label, out.path)}, nil
}

// commitMerged replaces the output of an earlier merge. A file that somebody edited,
// that another program wrote or that has more rows is kept beside it.
func (r *runMerger) commitMerged(ctx context.Context, f *job.File, path string, out *output, rows int64) error {
	if out.file.IsStream() {
		f.MergedRows = rows
		return out.file.Commit()
	}
	sum, err := out.file.Checksum()
	if err != nil {
		return err
	}
	before := *f
	overrides, err := r.overridePaths()
	if err != nil {
		return err
	}
	r.lost = lostOverrides(&before, overrides)
	err = r.updateFile(ctx, f, func(f *job.File) {
		f.PendingSum, f.PendingRows = sum.String(), rows
		f.Overrides = slices.Concat(r.lost, overrides)
	})
	if err != nil {
		return err
	}
	backup, err := out.file.CommitWithBackup(sum, func(old fsutil.Checksum) bool {
		return len(r.lost) == 0 && (old.String() == before.MergedSum && before.MergedRows <= rows || old.String() == before.PendingSum && before.PendingRows <= rows)
	})
	if err != nil {
		return err
	}
	r.warnOfBackup(path, backup, r.lost)
	return r.updateFile(ctx, f, func(f *job.File) {
		f.MergedSum, f.MergedRows, f.Overrides = sum.String(), rows, overrides
		f.PendingSum, f.PendingRows = "", 0
		if len(r.lost) > 0 {
			f.Copies = nil // they may have the values of these overrides
		}
	})
}
