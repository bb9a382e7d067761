package report

import (
	"cmp"
	"slices"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// goldAccuracy is how right a column is, by the rows that people labelled.
type goldAccuracy struct {
	Name     string
	Sentence string // what the figures say
	Interval *interval
	Figures  []figure
	Labels   *grid
	Confused *grid
	Sure     *reliabilityPanel // nil: the results have no confidence
}

// interval is a share and its interval of 95%, as percent of the length of a scale.
type interval struct {
	Low, Width, At string
	Labelled       string // a second share, as labelled; empty: none
}

// newInterval returns nil for an undefined share, or one without an interval. The scale goes
// from 0 to a share.
func newInterval(at, low, high stats.Figure, scale float64) *interval {
	if !at.IsDefined() || !low.IsDefined() || !high.IsDefined() {
		return nil
	}
	from, to := onScale(low, scale), onScale(high, scale)
	return &interval{Low: coordinate(from), Width: coordinate(max(to-from, 0.5)), At: coordinate(onScale(at, scale))}
}

// onScale is where a share is on a scale, in percent of its length.
func onScale(share stats.Figure, scale float64) float64 {
	return 100 * min(max(float64(share)/scale, 0), 1)
}

const maxPageConfusion = 8 // of a column

// goldAccuracies says how right the columns are.
func goldAccuracies(g *stats.Gold) (out []goldAccuracy) {
	for i := range g.Columns {
		c := &g.Columns[i]
		r := goldAccuracy{Name: term.Printable(c.Column), Sentence: accuracySentence(c), Interval: newInterval(c.Accuracy, c.AccuracyLow, c.AccuracyHigh, 1), Sure: newReliabilityPanel(c)}
		for _, f := range goldFigures(c) {
			r.Figures = append(r.Figures, figure{f[0], f[1], f[2]})
		}
		isMeasure := c.NumberFigures != nil && len(c.Labels) > stats.MaxScale // single numbers tell nothing
		if len(c.Labels) > 0 && !isMeasure {
			r.Labels = labelGrid(c)
		}
		if !isMeasure {
			r.Confused = confusionGrid(c)
		}
		out = append(out, r)
	}
	return out
}

// goldGrid is the figures of all columns.
func goldGrid(g *stats.Gold) *grid {
	out := &grid{Name: "Compared with gold", Heads: []string{"column", "rows", "accuracy", "95%", "kappa", "95%", "macro-F1"}}
	for i := range g.Columns {
		c := &g.Columns[i]
		out.Lines = append(out.Lines, []string{
			term.Printable(c.Column), term.Count(c.Rows), formatPercent(c.Accuracy), intervalText(c.AccuracyLow, c.AccuracyHigh, formatPercent),
			formatScore(c.Kappa), intervalText(c.KappaLow, c.KappaHigh, formatScore), formatScore(c.MacroF1),
		})
	}
	return out
}

// accuracySentence says what accuracy is of a column.
func accuracySentence(c *stats.GoldColumn) string {
	if c.Rows == 0 {
		return "No row that people labelled has a result."
	}
	text := "Right in " + formatPercent(c.Accuracy) + " of the " + term.Plural(c.Rows, "row") + " that people labelled"
	if interval := intervalText(c.AccuracyLow, c.AccuracyHigh, formatPercent); interval != "" {
		text += "; of all rows probably " + interval
	}
	return text + "."
}

func labelGrid(c *stats.GoldColumn) *grid {
	out := &grid{Name: "Compared with gold: " + term.Printable(c.Column), Heads: []string{"label", "precision", "recall", "F1", "in gold"}}
	for _, l := range c.Labels[:min(len(c.Labels), maxPageValues)] {
		out.Lines = append(out.Lines, []string{labelOrEmpty(l.Label), formatScore(l.Precision), formatScore(l.Recall), formatScore(l.F1), term.Count(l.Support)})
	}
	if more := int64(len(c.Labels) - maxPageValues); more > 0 {
		out.Note = "… and " + term.Plural(more, "more label")
	}
	return out
}

// confusionGrid lists what is confused most; nil if nothing is.
func confusionGrid(c *stats.GoldColumn) *grid {
	wrong := slices.DeleteFunc(slices.Clone(c.Confusion), func(x stats.Confusion) bool { return x.Gold == x.Label })
	slices.SortStableFunc(wrong, func(a, b stats.Confusion) int { return cmp.Compare(b.Count, a.Count) })
	if len(wrong) == 0 {
		return nil
	}
	out := &grid{Name: "What " + term.Printable(c.Column) + " confuses", Heads: []string{"people say", "the result says", "rows"}, Texts: 2}
	for _, x := range wrong[:min(len(wrong), maxPageConfusion)] {
		out.Lines = append(out.Lines, []string{labelOrEmpty(x.Gold), labelOrEmpty(x.Label), term.Count(x.Count)})
	}
	if more := int64(len(wrong) - maxPageConfusion); more > 0 {
		out.Note = "… and " + term.Plural(more, "more pair")
	}
	return out
}

// correction is a column's shares, or means, as labelled and as corrected.
type correction struct {
	Name  string
	Scale string // where the scale of its intervals ends, in percent; empty: there are none
	Lines []correctedLine
	More  string
}

type correctedLine struct {
	Name, Labelled, Corrected, Range string
	Interval                         *interval // nil of means
}

func correctionsOf(e *stats.Estimate) (out []correction) {
	for _, t := range estimateTables(e) {
		if last := len(t.lines) - 1; last > stats.MaxScale && !t.lines[last].isShare {
			t.lines = t.lines[last:] // the mean: shares of single numbers tell nothing
		}
		c := correction{Name: term.Printable(t.title)}
		shown := t.lines[:min(len(t.lines), maxPageValues)]
		scale := scaleOf(shown)
		for _, l := range shown {
			line := correctedLine{Name: l.name, Labelled: l.labelled, Corrected: l.corrected, Range: l.interval}
			if l.isShare {
				c.Scale = coordinate(100 * scale)
				if line.Interval = newInterval(l.Corrected, l.Low, l.High, scale); line.Interval != nil && l.Labelled.IsDefined() {
					line.Interval.Labelled = coordinate(onScale(l.Labelled, scale))
				}
			}
			c.Lines = append(c.Lines, line)
		}
		if more := int64(len(t.lines) - maxPageValues); more > 0 {
			c.More = "… and " + term.Plural(more, "more line") + ": --format csv has all"
		}
		out = append(out, c)
	}
	return out
}

// scaleOf is the least round share that no share of a table exceeds.
func scaleOf(lines []estimateLine) float64 {
	most := 0.0
	for _, l := range lines {
		for _, f := range []stats.Figure{l.Labelled, l.High} {
			if l.isShare && f.IsDefined() {
				most = max(most, float64(f))
			}
		}
	}
	for _, scale := range []float64{0.05, 0.1, 0.2, 0.5} {
		if most <= scale {
			return scale
		}
	}
	return 1
}

func comparisonGrid(c *stats.Comparison) *grid {
	out := &grid{Name: "Compared with each other", Heads: []string{"column", "files", "rows", "alpha", "agreement", "kappa", "accuracy"}, Texts: 2}
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

// movedGrids list the labels that moved between two files.
func movedGrids(c *stats.Comparison) (out []grid) {
	for i := range c.Columns {
		column := &c.Columns[i]
		for k := range column.Pairs {
			p := &column.Pairs[k]
			if len(p.Moved) == 0 {
				continue
			}
			g := grid{Name: term.Printable(column.Column) + ": from " + term.Printable(p.A) + " to " + term.Printable(p.B), Heads: []string{"from", "to", "rows"}, Texts: 2}
			for _, m := range p.Moved[:min(len(p.Moved), maxPageConfusion)] {
				g.Lines = append(g.Lines, []string{labelOrEmpty(m.From), labelOrEmpty(m.To), term.Count(m.Count)})
			}
			if more := int64(len(p.Moved) - maxPageConfusion); more > 0 {
				g.Note = "… and " + term.Plural(more, "more pair")
			}
			out = append(out, g)
		}
	}
	return out
}

// accuracyTiles are the accuracies of the first columns, for the top of the page.
func accuracyTiles(g *stats.Gold) (out []tile) {
	for i := range g.Columns {
		c := &g.Columns[i]
		if c.Kind == stats.Text || !c.Accuracy.IsDefined() || len(out) == 4 {
			continue
		}
		note := strings.TrimSpace(intervalText(c.AccuracyLow, c.AccuracyHigh, formatPercent))
		out = append(out, tile{formatPercent(c.Accuracy), "right: " + term.Printable(c.Column), note})
	}
	return out
}
