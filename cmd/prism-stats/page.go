package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/stats"
	"prism/internal/term"
)

// missesOfColumn is how many misses of a column a page lists.
const missesOfColumn = 40

// writesPage reports whether an HTML page is written.
func (g *flags) writesPage() bool { return g.Format == "html" || g.HTML != "" || g.reportPath != "" }

// readExamples reads the results once more for rows of each value, and for the texts of the
// misses.
func (g *flags) readExamples(ctx context.Context, r *stats.Result, rated *ratedFiles) error {
	var files []stats.ExampleFile
	for i, f := range rated.results {
		column := cmp.Or(g.TextColumn, g.textColumns[rated.names[i]], "Message")
		files = append(files, stats.ExampleFile{RatedFile: f, TextColumn: column})
		g.page.TextColumn = column
	}
	o := stats.ExampleOptions{IDColumn: g.IDColumn, Columns: r.Columns, Values: report.PageValues, Seed: g.Seed}
	for _, m := range g.page.Misses {
		o.Rows = append(o.Rows, m.RowID)
	}
	examples, err := stats.ReadExamples(ctx, files, o)
	if err != nil {
		return inputError(err)
	}
	g.page.Examples = examples
	return nil
}

// namePage gives the page its title, and the commands that go further than it.
func (g *flags) namePage(m *job.Manifest, files []string) {
	g.page.Title = g.Title
	of := ""
	for _, name := range files {
		of += " " + term.QuoteShell(name)
	}
	schema := ""
	if g.PromptsConfig != "" {
		schema = " --prompts-config " + term.QuoteShell(g.PromptsConfig)
	}
	labels := schema + of
	if m != nil {
		g.page.Title = cmp.Or(g.Title, m.Config.Project.Description)
		labels = " --manifest " + term.QuoteShell(g.Manifest)
		g.page.Commands.Failed = m.ResumeCommand()
	}
	if len(files) == 0 {
		return
	}
	gold := cmp.Or(g.Gold, g.Estimate)
	g.page.Commands.Sample = "prism-stats --sample 200" + schema + of + " > sample.csv"
	g.page.Commands.Misses = "prism-stats --gold " + term.QuoteShell(gold) + " --misses misses.csv" + labels
	g.page.Commands.Organic = "prism-stats --format csv" + labels + " | grep ^organic"
}

// saveReport writes the page of a run beside its outputs. A page there that the run did not
// write, or that was edited since, is kept beside it: the manifest has the checksum of the last.
func (g *flags) saveReport(ctx context.Context, r *stats.Result, std cli.Std) error {
	if g.reportPath == "" {
		return nil
	}
	text, err := report.HTML(r, &g.page)
	if err != nil {
		return err
	}
	f, err := fsutil.CreateAtomicContext(ctx, g.reportPath)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(text); err != nil {
		return err
	}
	sum, err := f.Checksum()
	if err != nil {
		return err
	}
	var before []string
	err = job.UpdateManifest(ctx, g.Manifest, func(m *job.Manifest) {
		before = m.ReportSums
		m.ReportSums = append(slices.Clone(before), sum.String())
	})
	if err != nil {
		return fmt.Errorf("note the report in %s: %w", g.Manifest, err)
	}
	backup, err := f.CommitWithBackup(sum, func(old fsutil.Checksum) bool { return slices.Contains(before, old.String()) })
	if err != nil {
		return err
	}
	if backup != "" {
		std.Warnf("%s was not written by this run, or was edited since; moved to %s", g.reportPath, backup)
	}
	return job.UpdateManifest(ctx, g.Manifest, func(m *job.Manifest) { m.ReportSums = []string{sum.String()} })
}
