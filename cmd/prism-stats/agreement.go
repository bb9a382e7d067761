package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/prompt"
	"prism/internal/stats"
	"prism/internal/table"
	"prism/internal/term"
)

// agreementFlags are those of how right results are, and how far they agree.
type agreementFlags struct {
	Gold     string   `filled:"" help:"Rows with the right labels, given by people, in any form that prism-split --normalize reads: how right the results are." placeholder:"FILE" group:"Agreement:"`
	Misses   string   `filled:"" help:"With --gold: write the rows in which results and gold differ to this file." placeholder:"FILE" group:"Agreement:"`
	Target   *float64 `help:"With --gold: the confidence from which on rows are right in this share, such as 0.95, where the results have a column of confidences; with --train-student: that of the student [0.97]." placeholder:"ACCURACY" group:"Agreement:"`
	Compare  bool     `help:"Compare results of the same rows with each other, and with --gold which is better." group:"Agreement:"`
	Changed  string   `filled:"" help:"With --compare: write the rows in which results differ to this file." placeholder:"FILE" group:"Agreement:"`
	Estimate string   `filled:"" help:"A sample of --sample with the right labels, given by people: shares and means, corrected." placeholder:"FILE" group:"Agreement:"`
	Cascade  []string `filled:"" help:"What prism-cascade --student reported (report.json in its folder; with --manifest it is found): who labelled the rows, and what the audit of the student says (repeatable)." placeholder:"REPORT.json" group:"Agreement:"`
	Sample   *int64   `help:"Draw N rows at random for people to label, and write them as CSV: their labels empty." placeholder:"N" group:"Agreement:"`
	By       string   `filled:"" help:"With --sample: draw from each value of this column, so that rare ones are there too; confidence (or COLUMN_Confidence) draws more rows where the model is unsure." placeholder:"COLUMN" group:"Agreement:"`
	Review   *int64   `help:"Write the N rows that are most worth a look, with their labels and why: little confidence, few votes, organic labels, other results (--compare), equal texts, rare labels." placeholder:"N" group:"Agreement:"`
	Output   string   `filled:"" short:"o" help:"With --review or --sample: write to this file, by its name CSV, TSV, JSONL, .parquet, or .xlsx with the labels of --prompts-config to choose from [stdout]." placeholder:"FILE" group:"Agreement:"`
	Needed   *float64 `help:"Print how many rows to draw for shares to be within this, such as 0.03." placeholder:"HALF-WIDTH" group:"Agreement:"`
	Seed     uint64   `help:"Random seed [${default}]." default:"1" placeholder:"S" group:"Agreement:"`
}

// checkAgreement makes sure that the flags go together.
func (g *flags) checkAgreement(files []string) error {
	if err := g.checkTarget(); err != nil {
		return err
	}
	switch {
	case g.Misses != "" && g.Gold == "":
		return cli.Usagef("--misses requires --gold")
	case g.Misses != "" && g.Compare:
		return cli.Usagef("--misses cannot be combined with --compare: --changed lists the rows, with their gold")
	case g.Changed != "" && !g.Compare:
		return cli.Usagef("--changed requires --compare")
	case g.Compare && g.Manifest != "":
		return cli.Usagef("--compare cannot be combined with --manifest: name the outputs of the runs as FILEs")
	case g.Compare && len(files) < 2:
		return cli.Usagef("--compare requires at least two results of the same rows")
	case (g.Gold != "" || g.Estimate != "") && len(files) == 0:
		return cli.RequireFlag(g.typed, "results", "gold", "estimate")
	case g.Estimate != "" && g.Compare:
		return cli.Usagef("--estimate cannot be combined with --compare: it takes one result")
	case g.Gold == "-" && g.Estimate == "-":
		return cli.Usagef("cannot read stdin twice: --gold and --estimate are both -")
	}
	seen := map[string]bool{}
	for _, name := range files {
		switch {
		case name == g.Gold, name == g.Estimate:
			return cli.Usagef("%s is both a result and the file of --gold or --estimate", table.ShownName(name))
		case seen[name] && (g.Compare || g.Gold != "" || g.Estimate != ""):
			return cli.Usagef("duplicate result %s", table.ShownName(name))
		}
		seen[name] = true
	}
	return nil
}

// checkTarget makes sure that --target is an accuracy, and that there is gold to tell one.
func (g *flags) checkTarget() error {
	switch {
	case g.Target == nil:
	case !(*g.Target > 0 && *g.Target < 1):
		return cli.Usagef("--target %v: want an accuracy above 0 and below 1, such as 0.95", *g.Target)
	case g.TrainStudent != "":
	case g.Gold == "":
		return cli.Fail(cli.Usage, errors.New("--target requires --gold or --train-student"), "gold says which rows are right: --sample draws rows for people to label")
	case g.Compare:
		return cli.Usagef("--target cannot be combined with --compare: it takes one result")
	}
	return nil
}

// openRated opens gold and the results to compare, or of which a page shows rows; nil where
// neither is wanted. What is opened can be read more than once.
func (g *flags) openRated(ctx context.Context, files []string, std cli.Std) (*ratedFiles, error) {
	if g.Gold == "" && g.Estimate == "" && !g.Compare && (!g.writesPage() || len(files) == 0) {
		return nil, nil
	}
	r := &ratedFiles{std: std, flags: g}
	var err error
	if g.Gold != "" {
		r.gold, err = r.openEdited(ctx, g.Gold)
	}
	if g.Estimate != "" {
		var failed error
		r.sample, failed = r.openEdited(ctx, g.Estimate)
		err = errors.Join(err, failed)
	}
	if r.gold == nil && g.writesPage() {
		r.gold = r.sample // what people labelled tells a page both
	}
	if err := errors.Join(err, r.openResults(ctx, files)); err != nil {
		r.closeFiles()
		return nil, inputError(err)
	}
	return r, nil
}

// agreement is what results say compared with gold, a sample or each other; nil where that
// is not wanted.
type agreement struct {
	gold     *stats.Gold
	compare  *stats.Comparison
	estimate *stats.Estimate
}

// compareFiles compares results with gold, with a sample or with each other. In the same
// pass it counts their labels, but not of those that are compared with each other: these are
// of the same rows, which would count twice.
func (g *flags) compareFiles(ctx context.Context, t *stats.Distributions, o stats.Options, rated *ratedFiles, std cli.Std) (agreement, error) {
	var a agreement
	options := stats.RatingOptions{Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn, Seed: g.Seed, Separate: g.Compare}
	if !g.Compare {
		options.Counts = t
	}
	if g.Target != nil {
		options.Target = *g.Target
	}
	if rated.gold != nil || g.Compare {
		ratings, err := rated.readRatings(ctx, rated.gold, options)
		if err != nil {
			return a, g.ratingsError(err)
		}
		options.Counts = nil
		for _, note := range ratings.Notes {
			std.Warnf("%s", note)
		}
		if ratings.IsPicked() {
			std.Warnf("%s", pickedRows(rated.gold.Options.Name))
		} else if rated.sample == nil && !g.Compare && g.writesPage() && ratings.HasProbabilities() {
			rated.sample = rated.gold
		}
		if g.Compare {
			a.compare = ratings.Compare()
			return a, g.writeList(ctx, g.Changed, func(out io.Writer, form table.Format) error { return ratings.WriteChanged(ctx, form, out) })
		}
		a.gold = ratings.Gold()
		g.warnOfTarget(a.gold, std)
		g.page.Misses, g.page.AllMisses = ratings.Misses(missesOfColumn)
		warnOfMissing(rated.gold.Options.Name, a.gold.Rows, a.gold.Missing, a.gold.MissingIDs, std)
		err = g.writeList(ctx, g.Misses, func(out io.Writer, form table.Format) error { return ratings.WriteMisses(ctx, form, out) })
		if err != nil {
			return a, err
		}
	}
	var err error
	if options.Counts != nil && rated.sample == nil {
		err = g.countOpened(ctx, t, rated)
	}
	if rated.sample != nil {
		a.estimate, err = g.estimateShares(ctx, t, options, rated, std)
	}
	return a, err
}

// countOpened counts the labels of results that are compared with nothing.
func (g *flags) countOpened(ctx context.Context, t *stats.Distributions, rated *ratedFiles) error {
	for _, f := range rated.results {
		if err := t.CountFile(ctx, f.Content, f.Size, f.Options); err != nil {
			return g.countError(err)
		}
	}
	return nil
}

// warnOfMissing says that gold rows have no result, and names the first ones.
func warnOfMissing(name string, rows, missing int64, first []int64, std cli.Std) {
	if missing == 0 {
		return
	}
	var ids []string
	for _, id := range first {
		ids = append(ids, fmt.Sprint(id))
	}
	more := ""
	if missing > int64(len(ids)) {
		more = ", …"
	}
	std.Warnf("%s: no result for %s of %s: RowID %s%s", name, term.Count(missing), term.Plural(rows, "row"), strings.Join(ids, ", "), more)
}

// warnOfTarget says that there are no confidences in which to look for the threshold.
func (g *flags) warnOfTarget(gold *stats.Gold, std cli.Std) {
	hasConfidence := func(c stats.GoldColumn) bool { return c.Reliability != nil }
	if g.Target != nil && !slices.ContainsFunc(gold.Columns, hasConfidence) {
		std.Warnf("--target: the results have no confidences (NAME%s) of the columns of gold; prism-classify --confidence writes them", prompt.ConfidenceSuffix)
	}
}

// pickedRows says what figures of rows are worth that a review chose.
func pickedRows(name string) string {
	return name + ": the rows were chosen for doubt (column " + stats.Why + "), not at random: their accuracies and shares are not those of all rows; --sample draws some that are"
}

// blockSize is the bytes of a write.
const blockSize = 256 << 10

// writeList writes a list of rows to a file in the form that its name says, CSV else. An
// empty path is none.
func (g *flags) writeList(ctx context.Context, path string, write func(io.Writer, table.Format) error) error {
	if path == "" {
		return nil
	}
	form, ok := table.FormatByName(path)
	if !ok || form == table.AnyCSV {
		form = table.CSV
	}
	f, err := fsutil.CreateAtomicContext(ctx, path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := writeText(f, form, g.SafeCSV, func(out io.Writer) error { return write(out, form) }); err != nil {
		return inputError(err)
	}
	return f.Commit()
}

// inputError gives bad input its exit code.
func inputError(err error) error {
	var bad *table.Error
	if errors.As(err, &bad) {
		return cli.Fail(cli.Usage, err, "")
	}
	return err
}

func (g *flags) ratingsError(err error) error {
	if nothing, ok := errors.AsType[*stats.NothingToCompareError](err); ok {
		return cli.Fail(cli.Usage, err, nothing.Hint())
	}
	return g.countError(err)
}
