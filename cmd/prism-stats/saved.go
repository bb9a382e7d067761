package main

import (
	"cmp"
	"fmt"
	"strings"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/stats"
	"prism/internal/term"
)

// maxSavedFiles is how many results of a run are printed.
const maxSavedFiles = 10

// printSaved says in a few lines what came of a run: how many rows have no labels or unlisted
// ones, where its results and its report are and, if it is done, what to do next.
func (g *flags) printSaved(m *job.Manifest, r *stats.Result, std cli.Std) {
	page := cmp.Or(g.HTML, g.reportPath)
	std.Infof("%-9s  %s", "rows", savedRows(r))
	g.printResults(m, r, std)
	for _, f := range []struct{ what, path string }{{"report", page}, {"summary", g.Summary}, {"analytics", g.Analytics}} {
		if f.path != "" {
			std.Infof("%-9s  %s", f.what, f.path)
		}
	}
	for i := range r.Cascades {
		std.Infof("%-9s  %s", "student", report.CascadeLine(&r.Cascades[i]))
	}
	unlisted := report.UnlistedLines(r)
	for _, line := range unlisted {
		std.Infof("%s", line)
	}
	if unlisted != nil {
		std.Infof("hint: model.labels: strict in the job file allows only the listed labels")
	}
	if r.Gate != nil {
		if line := report.GateLine(r.Gate.NotApplicable, r.Rows); line != "" {
			std.Infof("%s\nhint: %s", line, report.GateHint)
		}
	}
	if !isComplete(r.Run) {
		return
	}
	read := "read " + page
	if page == "" {
		read = "prism-stats --manifest " + term.QuoteShell(g.Manifest) + " shows the figures"
	}
	if unlisted != nil {
		std.Infof("done: every row of run %s was labelled, but many labels are not listed\nnext: %s, then list what is missing or allow the listed labels only", m.RunID, read)
		return
	}
	std.Infof("done: every row of run %s has its labels\nnext: %s", m.RunID, read)
}

// savedRows counts the rows of a run: all, those without labels, those with organic labels.
func savedRows(r *stats.Result) string {
	var all int64
	for _, f := range r.Run.Files {
		all += f.Rows
	}
	missing := max(0, all-r.Rows)
	var unlisted []string
	for i := range r.Columns {
		if c := &r.Columns[i]; c.OrganicRows > 0 {
			unlisted = append(unlisted, fmt.Sprintf("%s in %s", term.Count(c.OrganicRows), term.Printable(c.Name)))
		}
	}
	text := fmt.Sprintf("%s: %s without labels, ", term.Count(all), term.Count(missing))
	if unlisted == nil {
		return text + "0 with organic labels"
	}
	return text + "with organic labels " + strings.Join(unlisted, ", ")
}

// printResults says where the results are.
func (g *flags) printResults(m *job.Manifest, r *stats.Result, std cli.Std) {
	for i, f := range r.Run.Files {
		if i == maxSavedFiles {
			std.Infof("%-9s  … and %s more: prism-stats --manifest %s lists them", "result", term.Count(int64(len(r.Run.Files)-i)), term.QuoteShell(g.Manifest))
			return
		}
		switch {
		case f.Output == "":
			std.Infof("%-9s  %s is not merged", "result", f.Label)
		case f.Missing > 0:
			std.Infof("%-9s  %s: %d of %d rows, %d without labels", "result", m.Path(f.Output), f.Rows-f.Missing, f.Rows, f.Missing)
		default:
			std.Infof("%-9s  %s: %s", "result", m.Path(f.Output), term.Plural(f.Rows, "row"))
		}
	}
}

// isComplete reports whether every file of a run is merged with all its rows.
func isComplete(run *stats.Run) bool {
	for _, f := range run.Files {
		if f.Status != string(job.Completed) || f.Missing > 0 {
			return false
		}
	}
	return true
}
