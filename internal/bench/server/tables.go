package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"

	"prism/internal/prompt"
)

// writeReport writes everything that was measured, as Markdown.
func (c *config) writeReport(out io.Writer, rows int, results []result) {
	all := summarizeAll(results)
	fmt.Fprintf(out, "%d rows, model %s, %d cores, %s", rows, c.model, runtime.NumCPU(), runtime.Version())
	if c.about != "" {
		fmt.Fprintf(out, ", %s", c.about)
	}
	fmt.Fprintf(out, ". Medians of %d interleaved rounds. Accuracy in percent, Cohen's kappa in brackets.\n\n", c.rounds)
	writeSettings(out, "PRISM and peers on the table", selectSettings(all, func(m *measured) bool { return !m.repeats }))
	writeSettings(out, fmt.Sprintf("A table in which %.0f%% of the rows repeat others", 100*repeatedShare), selectSettings(all, func(m *measured) bool { return m.repeats }))
	writeBatchTable(out, all, slices.Max(c.parallels))
	writeParallelTable(out, all, usualBatch(c.batches))
	fmt.Fprint(out, "### Verdict\n\n")
	for _, line := range c.leftOut {
		fmt.Fprintf(out, "- LEFT OUT: %s\n", line)
	}
	writeVerdict(out, matchPeers(all))
}

func selectSettings(all []measured, isWanted func(*measured) bool) []measured {
	var some []measured
	for i := range all {
		if isWanted(&all[i]) {
			some = append(some, all[i])
		}
	}
	return some
}

// writeSettings writes a row for each setting.
func writeSettings(out io.Writer, title string, all []measured) {
	if len(all) == 0 {
		return
	}
	header := []string{"program", "style", "rows a call", "in flight", "rows/s", "generated tokens, a row", "prompt tokens, a row", "client's CPU, ms a row"}
	for _, c := range all[0].columns {
		header = append(header, c.column)
	}
	rows := [][]string{append(header, "rows without labels")}
	for i := range all {
		m := &all[i]
		row := []string{m.client(), string(m.style), fmt.Sprint(m.batch), fmt.Sprint(m.parallel), fmt.Sprintf("%.1f", m.rowsPerSec),
			fmt.Sprintf("%.1f", m.generated), fmt.Sprintf("%.1f", m.prompt), fmt.Sprintf("%.2f", 1000*m.cpu)}
		for _, c := range m.columns {
			row = append(row, formatAccuracy(c))
		}
		rows = append(rows, append(row, fmt.Sprint(m.missing)))
	}
	writeTable(out, title, rows, 2)
}

func formatAccuracy(c columnAccuracy) string {
	return fmt.Sprintf("%s (%s)", formatShare(c.accuracy), formatFigure("%.2f", c.kappa))
}

// formatShare is a share in percent.
func formatShare(share float64) string { return formatFigure("%.1f", 100*share) }

func formatFigure(format string, figure float64) string {
	if math.IsNaN(figure) {
		return unknown
	}
	return fmt.Sprintf(format, figure)
}

// unknown stands for a figure that there is not.
const unknown = "–"

// formatRate is the rows/s of a setting, which may be nil: not measured.
func formatRate(m *measured) string {
	if m == nil {
		return unknown
	}
	return fmt.Sprintf("%.1f", m.rowsPerSec)
}

// formatRatio is the rows/s of a setting in those of another one, each of which may be nil.
func formatRatio(m, base *measured) string {
	if m == nil || base == nil {
		return unknown
	}
	return fmt.Sprintf("%.2f", m.rowsPerSec/base.rowsPerSec)
}

// writeTable writes rows, the first of which is the header, as a table whose first columns are texts.
func writeTable(out io.Writer, title string, rows [][]string, texts int) {
	fmt.Fprintf(out, "### %s\n\n", title)
	for i, row := range rows {
		fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(out, "|%s%s\n", strings.Repeat(" --- |", texts), strings.Repeat(" --: |", len(row)-texts))
		}
	}
	fmt.Fprintln(out)
}

// stylesOf lists the styles of prism-classify that were measured, in order.
func stylesOf(all []measured) []prompt.Style {
	var styles []prompt.Style
	for i := range all {
		if m := &all[i]; m.isGrid() && !slices.Contains(styles, m.style) {
			styles = append(styles, m.style)
		}
	}
	return styles
}

// findGrid returns a setting of prism-classify on the table itself, or nil.
func findGrid(all []measured, style prompt.Style, batch, parallel int) *measured {
	for i := range all {
		if m := &all[i]; m.isGrid() && m.style == style && m.batch == batch && m.parallel == parallel {
			return m
		}
	}
	return nil
}

// gridCounts lists the rows a call, or the calls in flight, that were measured, in ascending order.
func gridCounts(all []measured, count func(*measured) int) []int {
	var counts []int
	for i := range all {
		if all[i].isGrid() {
			counts = append(counts, count(&all[i]))
		}
	}
	slices.Sort(counts)
	return slices.Compact(counts)
}

func batchOf(m *measured) int    { return m.batch }
func parallelOf(m *measured) int { return m.parallel }

// writeBatchTable writes what more rows a call do to speed and accuracy.
func writeBatchTable(out io.Writer, all []measured, parallel int) {
	header := []string{"rows a call"}
	for _, style := range stylesOf(all) {
		header = append(header, fmt.Sprintf("%s, rows/s", style), "× least", "accuracy, mean of the columns", "rows without labels")
	}
	rows := [][]string{header}
	batches := gridCounts(all, batchOf)
	for _, batch := range batches {
		row := []string{fmt.Sprint(batch)}
		for _, style := range stylesOf(all) {
			m, least := findGrid(all, style, batch, parallel), findGrid(all, style, batches[0], parallel)
			row = append(row, formatRate(m), formatRatio(m, least))
			if m == nil {
				row = append(row, unknown, unknown)
				continue
			}
			row = append(row, formatShare(m.meanAccuracy()), fmt.Sprint(m.missing))
		}
		rows = append(rows, row)
	}
	writeTable(out, fmt.Sprintf("Batch size, with %d calls in flight", parallel), rows, 0)
}

// writeParallelTable writes what more calls in flight do to speed.
func writeParallelTable(out io.Writer, all []measured, batch int) {
	header := []string{"calls in flight"}
	for _, style := range stylesOf(all) {
		header = append(header, fmt.Sprintf("%s, rows/s", style), "× least")
	}
	rows := [][]string{header}
	parallels := gridCounts(all, parallelOf)
	for _, parallel := range parallels {
		row := []string{fmt.Sprint(parallel)}
		for _, style := range stylesOf(all) {
			m, least := findGrid(all, style, batch, parallel), findGrid(all, style, batch, parallels[0])
			row = append(row, formatRate(m), formatRatio(m, least))
		}
		rows = append(rows, row)
	}
	writeTable(out, fmt.Sprintf("Calls in flight, with %d rows a call", batch), rows, 0)
}
