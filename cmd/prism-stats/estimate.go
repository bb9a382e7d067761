package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/stats"
	"prism/internal/table"
	"prism/internal/term"
)

// estimateShares corrects shares and means by a sample.
func (g *flags) estimateShares(ctx context.Context, t *stats.Distributions, o stats.RatingOptions, rated *ratedFiles, std cli.Std) (*stats.Estimate, error) {
	o.AllRows = true
	ratings, err := rated.readRatings(ctx, rated.sample, o)
	if err != nil {
		return nil, g.ratingsError(err)
	}
	e := ratings.Estimate(t.Crosses())
	name := rated.sample.Options.Name
	if rated.sample != rated.gold {
		warnOfMissing(name, e.Sampled+e.Missing, e.Missing, e.MissingIDs, std)
	}
	switch {
	case ratings.IsPicked():
		std.Warnf("%s", pickedRows(name))
	case !ratings.HasProbabilities():
		std.Warnf("%s has no column %s: assuming a simple random sample of all rows", name, stats.InclusionProbability)
	case math.Abs(e.StandsFor-float64(e.Rows)) > 0.02*float64(e.Rows):
		std.Warnf("%s was drawn from %s, by its probabilities, but the results have %s", name, term.Plural(int64(math.Round(e.StandsFor)), "row"), term.Count(e.Rows))
	}
	return e, nil
}

// refuseReports refuses flags of other output beside flag, which says what is written instead.
func (g *flags) refuseReports(flag, why string, others ...string) error {
	others = append(others, "summary", "html", "analytics", "save", "cross")
	if g.Manifest == "" {
		others = append(others, "calls")
	}
	return cli.RefuseBeside(g.typed, flag, flag+" "+why+", and nothing else", others...)
}

// checkSampling makes sure that the flags of --sample and --needed go together.
func (g *flags) checkSampling() error {
	var others error
	switch {
	case g.Sample != nil:
		others = g.refuseReports("--sample", "writes rows to label", "gold", "estimate", "compare")
	case g.Needed != nil:
		others = g.refuseReports("--needed", "prints a number of rows", "gold", "estimate", "compare")
	}
	switch {
	case g.By != "" && g.Sample == nil:
		return cli.Usagef("--by requires --sample")
	case g.Sample != nil && g.Needed != nil:
		return cli.Usagef("--needed cannot be combined with --sample: it prints how many rows to draw")
	case others != nil:
		return others
	case g.Sample != nil && *g.Sample < 1:
		return cli.Usagef("--sample %d: want at least 1 row", *g.Sample)
	case g.Needed != nil && !(*g.Needed > 0 && *g.Needed < 1):
		return cli.Usagef("--needed %v: want a half-width above 0 and below 1, such as 0.03 for 3 points", *g.Needed)
	}
	return nil
}

// writeSample draws rows and writes them.
func (g *flags) writeSample(ctx context.Context, o stats.Options, files []string, std cli.Std) error {
	rated := &ratedFiles{std: std, flags: g}
	defer rated.closeFiles()
	if err := rated.openResults(ctx, files); err != nil {
		return inputError(err)
	}
	var sample stats.Sample
	err := g.writeRows(ctx, o.Schema, std, func(out io.Writer, form table.Format) (err error) {
		sample, err = stats.WriteSample(ctx, rated.results, stats.SampleOptions{
			Rows: *g.Sample, By: g.By, Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn, Seed: g.Seed, Format: form,
		}, out)
		return err
	})
	var few *stats.TooFewForStrataError
	var unknown *stats.NoInputColumnsError
	var unsaid *stats.NoConfidenceError
	switch {
	case errors.As(err, &few):
		return cli.Fail(cli.Usage, fmt.Errorf("--sample %d --by %s: %w", *g.Sample, g.By, err), "draw more rows, or leave --by out")
	case errors.As(err, &unknown):
		return cli.Fail(cli.Usage, err, "--prompts-config or --columns names the columns to label")
	case errors.As(err, &unsaid):
		return cli.Fail(cli.Usage, fmt.Errorf("--by %s: %w", g.By, err), "prism-classify --confidence writes how sure the model was")
	case err != nil:
		return g.ratingsError(err)
	}
	for _, note := range sample.Notes {
		std.Warnf("%s", note)
	}
	if sample.Rows < *g.Sample {
		std.Warnf("there are %s in all", term.Plural(sample.Rows, "row"))
	}
	switch {
	case sample.ByConfidence:
		std.Infof("%s: %s", term.Plural(sample.Rows, "row"), describeStrata(sample.Strata))
	case g.By != "":
		std.Infof("%s of %s of %s", term.Plural(sample.Rows, "row"), term.Plural(int64(len(sample.Strata)), "value"), g.By)
	}
	return nil
}

// describeStrata says how many rows of each stratum were drawn.
func describeStrata(strata []stats.SampledStratum) string {
	var parts []string
	for _, s := range strata {
		parts = append(parts, fmt.Sprintf("%s of %s with %s", term.Count(s.Drawn), term.Count(s.Rows), s.Name))
	}
	return strings.Join(parts, ", ")
}

// printNeeded prints how many rows a half-width takes: of all rows of the results, if there
// are any.
func (g *flags) printNeeded(ctx context.Context, files []string, std cli.Std) error {
	var all int64
	if !slices.Equal(files, []string{"-"}) || len(g.Files) > 0 {
		rated := &ratedFiles{std: std, flags: g}
		defer rated.closeFiles()
		if err := rated.openResults(ctx, files); err != nil {
			return inputError(err)
		}
		for _, f := range rated.results {
			sum, err := table.Check(ctx, f.Content, f.Size, table.CheckOptions{Options: f.Options, NoIDs: true, NoSum: true})
			if err != nil {
				return inputError(err)
			}
			all += sum.Rows
		}
	}
	_, err := io.WriteString(std.Out, fmt.Sprintf("%d\n", stats.RowsNeeded(*g.Needed, all)))
	return err
}
