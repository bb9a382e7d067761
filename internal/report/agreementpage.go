package report

import (
	"prism/internal/stats"
	"prism/internal/term"
)

// agreementGrids are the tables of a page that say how right results are, how far they
// agree, and what a sample tells of all rows.
func agreementGrids(r *stats.Result) (grids []grid) {
	if g := r.Gold; g != nil {
		grids = append(grids, goldGrid(g))
		for i := range g.Columns {
			if c := &g.Columns[i]; len(c.Labels) > 0 {
				grids = append(grids, labelGrid(c))
			}
		}
	}
	if r.Estimate != nil {
		for _, t := range estimateTables(r.Estimate) {
			g := grid{Name: "Corrected shares: " + term.Printable(t.title), Heads: []string{"", "labelled", "corrected", "95%"}}
			for _, l := range t.lines[:min(len(t.lines), maxPageValues)] {
				g.Lines = append(g.Lines, l[:])
			}
			grids = append(grids, g)
		}
	}
	if r.Compare != nil {
		grids = append(grids, comparisonGrid(r.Compare))
	}
	return grids
}

func goldGrid(g *stats.Gold) grid {
	out := grid{
		Name: "Compared with gold", Heads: []string{"column", "rows", "accuracy", "95%", "kappa", "95%", "macro-F1"},
		Note: term.Plural(g.Rows, "row") + " of gold, " + term.Count(g.Missing) + " without a result",
	}
	for i := range g.Columns {
		c := &g.Columns[i]
		out.Lines = append(out.Lines, []string{
			term.Printable(c.Column), term.Count(c.Rows), formatPercent(c.Accuracy), intervalText(c.AccuracyLow, c.AccuracyHigh, formatPercent),
			formatScore(c.Kappa), intervalText(c.KappaLow, c.KappaHigh, formatScore), formatScore(c.MacroF1),
		})
	}
	return out
}

func labelGrid(c *stats.GoldColumn) grid {
	out := grid{Name: "Compared with gold: " + term.Printable(c.Column), Heads: []string{"label", "precision", "recall", "F1", "in gold"}}
	for _, l := range c.Labels[:min(len(c.Labels), maxPageValues)] {
		out.Lines = append(out.Lines, []string{labelOrEmpty(l.Label), formatScore(l.Precision), formatScore(l.Recall), formatScore(l.F1), term.Count(l.Support)})
	}
	return out
}

func comparisonGrid(c *stats.Comparison) grid {
	out := grid{Name: "Compared with each other", Heads: []string{"column", "files", "rows", "alpha", "agreement", "kappa", "accuracy"}}
	for i := range c.Columns {
		column := &c.Columns[i]
		for k := range column.Pairs {
			p := &column.Pairs[k]
			change := "-"
			if p.AccuracyDifference.IsDefined() {
				change = accuracyChange(p)
			}
			out.Lines = append(out.Lines, []string{
				term.Printable(column.Column), term.Printable(p.A) + " and " + term.Printable(p.B), term.Count(p.Rows),
				formatScore(column.Alpha), formatPercent(p.Agreement), formatScore(p.Kappa), change,
			})
		}
	}
	return out
}
