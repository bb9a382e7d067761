package main

import (
	"bufio"
	"context"
	"errors"

	"prism/internal/cli"
	"prism/internal/columns"
	"prism/internal/fsutil"
	"prism/internal/normalize"
	"prism/internal/stats"
	"prism/internal/table"
)

// ratedFiles are the files that are compared.
type ratedFiles struct {
	gold    *editedFile // nil: no gold
	sample  *editedFile // of --estimate; nil: none
	results []*stats.RatedFile
	names   []string // of results, as given

	std   cli.Std
	flags *flags
	open  []*table.File
}

// closeFiles closes the files, which were only read.
func (r *ratedFiles) closeFiles() {
	if r == nil {
		return
	}
	for _, f := range r.open {
		f.Close()
	}
}

// openResults opens the results. The error tells of all that cannot be opened.
func (r *ratedFiles) openResults(ctx context.Context, names []string) error {
	var errs []error
	for _, name := range names {
		f, err := r.openResult(ctx, name)
		errs = append(errs, err)
		r.results, r.names = append(r.results, f), append(r.names, name)
	}
	return errors.Join(errs...)
}

// openResult opens a result; a stream is copied to a temporary file.
func (r *ratedFiles) openResult(ctx context.Context, name string) (*stats.RatedFile, error) {
	o, ofRun := r.flags.runTables[name]
	if !ofRun {
		var err error
		if o, err = table.NewOptions(name, r.flags.InputFormat, r.flags.Delimiter); err != nil {
			return nil, err
		}
	}
	return r.openFile(ctx, name, o)
}

// editedFile is a table that people edit, as it is or in normal form.
type editedFile struct {
	*stats.RatedFile
	original *table.File
}

// openEdited opens a table that people edit; its form is told from its name and its bytes.
func (r *ratedFiles) openEdited(ctx context.Context, name string) (*editedFile, error) {
	o, err := table.NewOptions(name, "", "")
	if err != nil {
		return nil, err
	}
	f, err := r.openFile(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return &editedFile{f, r.open[len(r.open)-1]}, nil
}

func (r *ratedFiles) openFile(ctx context.Context, name string, o table.Options) (*stats.RatedFile, error) {
	f, err := table.Open(ctx, name, r.std.In)
	if err != nil {
		return nil, err
	}
	r.open = append(r.open, f)
	o.Name = table.ShownName(name)
	return &stats.RatedFile{Content: f, Size: f.Size, Options: o}, nil
}

// readRatings reads gold, which may be nil, and the results.
func (r *ratedFiles) readRatings(ctx context.Context, gold *editedFile, o stats.RatingOptions) (ratings *stats.Ratings, err error) {
	err = r.readGold(ctx, gold, func(gold *stats.RatedFile) (err error) {
		ratings, err = stats.ReadRatings(ctx, gold, r.results, o)
		return err
	})
	return ratings, err
}

// readGold calls read with gold, which may be nil. Gold in a form that results do not have, as people save it, is
// normalized, and read once more.
func (r *ratedFiles) readGold(ctx context.Context, gold *editedFile, read func(gold *stats.RatedFile) error) error {
	if gold == nil {
		return read(nil)
	}
	err := read(gold.RatedFile)
	if bad, ok := errors.AsType[*table.Error](err); !ok || !columns.NeedsNormalizing(err) || bad.File != gold.Options.Name {
		return err
	}
	if err := r.normalizeGold(ctx, gold); err != nil {
		return err
	}
	return read(gold.RatedFile)
}

// normalizeGold replaces gold by its normal form in a temporary file.
func (r *ratedFiles) normalizeGold(ctx context.Context, gold *editedFile) error {
	tmp, err := fsutil.CreateTemp("prism-normal-*.tmp")
	if err != nil {
		return err
	}
	r.open = append(r.open, &table.File{File: tmp, Name: gold.Options.Name, Spooled: true})
	note := func(format string, args ...any) { r.std.Debugf(format, args...) }
	out := bufio.NewWriterSize(tmp, blockSize)
	if err := normalize.Convert(ctx, gold.original, out, normalize.Options{IDColumn: r.flags.IDColumn, NeedID: true, Note: note}); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	info, err := tmp.Stat()
	if err != nil {
		return err
	}
	gold.RatedFile = &stats.RatedFile{Content: tmp, Size: info.Size(), Options: table.Options{Name: gold.Options.Name, Format: table.CSV}}
	return nil
}
