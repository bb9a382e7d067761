package report

import (
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// estimateTable is a column's labels, or the cells of a cross table, as labelled and as
// corrected.
type estimateTable struct {
	title string
	lines []estimateLine
}

// estimateLine is a share, or a mean, in words and in figures.
type estimateLine struct {
	name, labelled, corrected, interval string
	isShare                             bool
	stats.EstimatedMean
}

func newEstimateLine(name string, m stats.EstimatedMean, isShare bool) estimateLine {
	format := formatScore
	if isShare {
		format = formatPercent
	}
	return estimateLine{name, format(m.Labelled), format(m.Corrected), intervalText(m.Low, m.High, format), isShare, m}
}

func estimateTables(e *stats.Estimate) (tables []estimateTable) {
	for i := range e.Columns {
		c := &e.Columns[i]
		t := estimateTable{title: c.Column}
		for _, l := range c.Labels {
			t.lines = append(t.lines, newEstimateLine(labelOrEmpty(l.Label), l.EstimatedMean, true))
		}
		if c.Mean != nil {
			t.lines = append(t.lines, newEstimateLine("mean", *c.Mean, false))
		}
		tables = append(tables, t)
	}
	for i := range e.Cross {
		x := &e.Cross[i]
		t := estimateTable{title: x.RowsColumn + " and " + x.ColumnsColumn}
		for _, cell := range x.Cells {
			t.lines = append(t.lines, newEstimateLine(labelOrEmpty(cell.Row)+", "+labelOrEmpty(cell.Column), cell.EstimatedMean, true))
		}
		tables = append(tables, t)
	}
	return tables
}

// appendEstimate shows corrected shares and means.
func appendEstimate(dst []byte, e *stats.Estimate) []byte {
	dst = append(dst, "Estimate: "+term.Plural(e.Rows, "row")+", corrected by "+term.Count(e.Sampled)+" that people labelled\n"...)
	return appendEstimateTables(dst, e)
}

// appendEstimateTables shows the shares and means of an estimate.
func appendEstimateTables(dst []byte, e *stats.Estimate) []byte {
	for _, x := range estimateTables(e) {
		dst = append(dst, "\n"+term.Truncate(term.Printable(x.title), 60)+"\n"...)
		t := term.Table{Indent: "  ", Columns: []term.Column{{Max: maxLabelWidth}, {Name: "labelled", Right: true}, {Name: "corrected", Right: true}, {Name: "95%"}}}
		for _, l := range x.lines[:min(len(x.lines), maxTextLabels)] {
			t.AddRow(l.name, l.labelled, l.corrected, l.interval)
		}
		dst = t.AppendTo(dst)
		if more := int64(len(x.lines) - maxTextLabels); more > 0 {
			dst = append(dst, "  … and "+term.Plural(more, "more label")+"\n"...)
		}
	}
	return dst
}

func writeEstimateMarkdown(b *strings.Builder, e *stats.Estimate) {
	b.WriteString("\n## Corrected\n\n" + term.Plural(e.Rows, "row") + ", corrected by " + term.Count(e.Sampled) + " that people labelled.\n")
	writeEstimateTablesMarkdown(b, e)
}

func writeEstimateTablesMarkdown(b *strings.Builder, e *stats.Estimate) {
	for _, x := range estimateTables(e) {
		b.WriteString("\n### " + markdownText(x.title) + "\n\n| | labelled | corrected | 95% |\n| --- | ---: | ---: | --- |\n")
		for _, l := range x.lines[:min(len(x.lines), maxMarkdownValues)] {
			markdownRow(b, l.name, l.labelled, l.corrected, l.interval)
		}
		writeMoreMarkdown(b, len(x.lines)-maxMarkdownValues, "label")
	}
}

// appendEstimateRecords adds a record for each figure of an estimate. The names of its sections begin with the prefix.
func appendEstimateRecords(out [][]string, prefix string, e *stats.Estimate) [][]string {
	add := func(section, name string, m stats.EstimatedMean) {
		for _, f := range []namedFigure{{"labelled", m.Labelled}, {"corrected", m.Corrected}, {"low", m.Low}, {"high", m.High}} {
			out = append(out, []string{section + "_" + f.name, name, formatFigure(f.value), "", ""})
		}
	}
	for i := range e.Columns {
		c := &e.Columns[i]
		for _, l := range c.Labels {
			add(prefix, c.Column+"="+l.Label, l.EstimatedMean)
		}
		if c.Mean != nil {
			add(prefix+"_mean", c.Column, *c.Mean)
		}
	}
	for i := range e.Cross {
		x := &e.Cross[i]
		for _, cell := range x.Cells {
			add(prefix+"_cross", x.RowsColumn+"="+cell.Row+" "+x.ColumnsColumn+"="+cell.Column, cell.EstimatedMean)
		}
	}
	return out
}
