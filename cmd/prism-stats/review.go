package main

import (
	"context"
	"errors"
	"io"

	"prism/internal/cli"
	"prism/internal/stats"
	"prism/internal/table"
	"prism/internal/term"
)

// checkReview makes sure that the flags of --review, and -o, go together with others.
func (g *flags) checkReview() error {
	switch {
	case g.Output != "" && g.Review == nil && g.Sample == nil:
		return cli.Fail(cli.Usage, errors.New("-o requires --review or --sample"), "--summary, --html and --analytics write reports to files")
	case g.Review == nil:
	case *g.Review < 1:
		return cli.Usagef("--review %d: want at least 1 row", *g.Review)
	default:
		return g.refuseReports("--review", "writes rows to look at", "sample", "needed", "gold", "estimate", "changed")
	}
	return nil
}

// writeReview writes the rows that are most worth a look.
func (g *flags) writeReview(ctx context.Context, o stats.Options, files []string, std cli.Std) error {
	rated := &ratedFiles{std: std, flags: g}
	defer rated.closeFiles()
	if err := rated.openResults(ctx, files); err != nil {
		return inputError(err)
	}
	var r stats.Review
	err := g.writeRows(ctx, o.Schema, std, func(out io.Writer, form table.Format) (err error) {
		r, err = stats.WriteReview(ctx, rated.results, stats.ReviewOptions{
			Rows: *g.Review, Separate: g.Compare, Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn, Seed: g.Seed, Format: form,
		}, out)
		return g.reviewError(err)
	})
	if err != nil {
		return err
	}
	for _, note := range r.Notes {
		std.Warnf("%s", note)
	}
	switch {
	case r.Rows < *g.Review:
		std.Warnf("there are %s in all", term.Plural(r.Rows, "row"))
	case r.Drawn > 0:
		std.Infof("%s stand out; %s were drawn at random", term.Plural(r.Rows-r.Drawn, "row"), term.Count(r.Drawn))
	}
	return nil
}

// reviewError gives errors of a review their exit codes and hints.
func (g *flags) reviewError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*stats.NoInputColumnsError](err); ok {
		return cli.Fail(cli.Usage, err, "--prompts-config or --columns names the columns to look at")
	}
	return g.ratingsError(err)
}
