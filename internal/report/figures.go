// Package report shows what was counted: statistics as a table for a terminal,
// Markdown, CSV, JSON, a page of HTML and metrics. What the figures mean is counted
// elsewhere.
package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prism/internal/calllog"
	"prism/internal/stats"
	"prism/internal/term"
)

func runProperties(r *stats.Run) [][2]string {
	return [][2]string{
		{"run", r.ID}, {"project", r.Project + ", version " + r.Version}, {"model", r.Model + ", " + term.Plural(int64(r.BatchSize), "row") + " a call"},
		{"planned", r.CreatedAt + ", " + term.Plural(int64(r.Units), "unit") + " of " + term.Plural(int64(len(r.Files)), "file")},
	}
}

// runColumnText lists at most n values of a fact, each with its rows where they differ.
func runColumnText(f stats.RunColumn, n int) string {
	if len(f.Values) == 1 {
		return f.Values[0].Value
	}
	var parts []string
	for i, v := range f.Values {
		if i == n {
			parts = append(parts, term.Count(int64(len(f.Values)-n))+" more")
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", v.Value, term.Plural(v.Count, "row")))
	}
	return strings.Join(parts, ", ")
}

func rowsOfColumn(r *stats.Result, name string) int64 {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return r.Columns[i].Rows
		}
	}
	return 0
}

// listedValues is the values of a column that a table lists: with a prompt schema all
// but the less frequent organic labels, else the most frequent values.
func listedValues(c *stats.Column, most, organic int) []stats.ValueCount {
	n := slices.IndexFunc(c.Values, func(v stats.ValueCount) bool { return v.Class == stats.Organic })
	switch {
	case n >= 0:
		n += organic
	case len(c.Values) > 0 && c.Values[0].Class == "":
		n = most
	default:
		n = len(c.Values)
	}
	return c.Values[:min(n, len(c.Values))]
}

// columnNotes says what a column holds.
func columnNotes(c *stats.Column) []string {
	var notes []string
	if c.Kind == stats.Text {
		differ := term.Count(c.Distinct) + " different"
		if c.Overflow {
			differ = "more than " + differ
		}
		notes = append(notes, "free text", differ)
		if l := c.Length; l != nil {
			notes = append(notes, fmt.Sprintf("%s to %s characters, %s on average", term.Count(l.Min), term.Count(l.Max), term.Rate(l.Mean)))
		}
	} else {
		if c.Overflow && c.Numbers != nil && len(c.Values) == 0 {
			notes = append(notes, "more than "+term.Count(c.Distinct)+" different values")
		} else {
			notes = append(notes, term.Plural(c.Distinct, "different value"))
		}
		if c.Kind == stats.Labels {
			notes = append(notes, "several a row")
		}
		if n := c.Numbers; n != nil {
			notes = append(notes, "mean "+numberText(n.Mean), fmt.Sprintf("median %s (quartiles %s and %s)", numberText(n.Median), numberText(n.P25), numberText(n.P75)),
				numberText(n.Min)+" to "+numberText(n.Max))
		}
		if c.OrganicRows > 0 {
			notes = append(notes, fmt.Sprintf("%s (%s) with an organic label", term.Plural(c.OrganicRows, "row"), term.Percent(c.OrganicRows, c.Rows)))
		}
		if c.OtherRows > 0 && len(c.Values) > 0 {
			notes = append(notes, term.Plural(c.OtherRows, "row")+" with still others")
		}
	}
	if c.MissingRows > 0 {
		notes = append(notes, term.Count(c.MissingRows)+" missing")
	}
	return notes
}

// showsHistogram reports whether a column is shown as a histogram: its numbers are no scale,
// whose values are listed one by one.
func showsHistogram(c *stats.Column) bool {
	return c.Numbers != nil && len(c.Numbers.Histogram) > 0 && (len(c.Values) == 0 || len(c.Values) > stats.MaxScale)
}

// binText names a bin by its bounds: the second one is not part of it.
func binText(b stats.NumberBin) string {
	return numberText(b.From) + " to " + numberText(b.To)
}

// numberText shows a number with at most four digits that count.
func numberText(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// figure is a line of the figures of calls.
type figure struct{ Name, Value, Note string }

func callFigures(c *stats.Calls) []figure {
	worked := "in " + term.Duration(toDuration(c.WorkSeconds)) + " of work"
	if c.IdleGaps > 0 {
		worked += ", " + term.Plural(c.IdleGaps, "idle gap") + " of more than a minute left out"
	}
	lines := []figure{
		{"calls", term.Count(c.Calls), "by " + term.Plural(c.Workers, "worker") + averageNote(c)},
		{"retries", term.Count(c.Retries), ""},
		{"errors", term.Count(c.Errors), outcomeNote(c)},
		{"rows labelled", term.Count(c.RowsLabelled), term.Plural(c.RowsAsked, "row") + " asked for"},
		{"rows/s", term.Rate(c.RowsPerSec), worked},
		{"tokens/s", term.Rate(c.TokensPerSec), "generated; one call " + term.Rate(c.EvalTokensPerSec)},
		{"tokens a row", term.Rate(c.TokensPerRow), "generated; prompt " + term.Rate(c.PromptTokensPerRow)},
		{"call took", quantileText(&c.Latency, c.Latency.P50), latencyNote(&c.Latency)},
		{"wasted", term.Count(c.WastedTokens), "tokens for rows without a valid answer (" + term.Percent(c.WastedTokens, c.Tokens) + "); prompt " + term.Count(c.WastedPromptTokens)},
		{"tokens", term.Count(c.Tokens), "generated; prompt " + term.Count(c.PromptTokens) + ", of these cached " + term.Count(c.CachedTokens)},
	}
	if c.RowsCached > 0 {
		lines = append(lines, figure{"rows cached", term.Count(c.RowsCached), "labelled without a call, with the answer of the cache or of a row of the same content"})
	}
	if c.UnreadableLines > 0 {
		lines = append(lines, figure{"unreadable", term.Count(c.UnreadableLines), "lines of call logs, not counted"})
	}
	return lines
}

func averageNote(c *stats.Calls) string {
	if c.Latency.Calls == 0 {
		return ""
	}
	return ", " + term.Duration(toDuration(c.CallSeconds)) + " each on average"
}

// outcomeNote lists the outcomes that are errors with their counts.
func outcomeNote(c *stats.Calls) string {
	var parts []string
	for _, o := range sortedOutcomes(c) {
		if o != calllog.OK && o != calllog.Probe {
			parts = append(parts, term.Printable(string(o))+" "+term.Count(c.Outcomes[o]))
		}
	}
	if n := c.Outcomes[calllog.Probe]; n > 0 {
		parts = append(parts, term.Plural(n, "probe")+" besides")
	}
	return strings.Join(parts, ", ")
}

// sortedOutcomes are those that there were, by name.
func sortedOutcomes(c *stats.Calls) []calllog.Outcome {
	names := make([]calllog.Outcome, 0, len(c.Outcomes))
	for o := range c.Outcomes {
		names = append(names, o)
	}
	slices.Sort(names)
	return names
}

func latencyNote(l *stats.Latency) string {
	if l.Calls == 0 {
		return ""
	}
	return fmt.Sprintf("median; p90 %s, p95 %s, p99 %s, max %s (±%.0f%%)",
		term.Seconds(l.P90), term.Seconds(l.P95), term.Seconds(l.P99), term.Seconds(l.Max), 100*stats.QuantileError)
}

// quantileText is seconds of a Latency; "-" where no call told its time.
func quantileText(l *stats.Latency, s float64) string {
	if l.Calls == 0 {
		return "-"
	}
	return term.Seconds(s)
}

// groupColumns are the columns of tables of groups of calls, after their name.
var groupColumns = []string{"calls", "errors", "retries", "rows", "rows/s", "tokens", "wasted", "p50", "p99"}

func groupCells(g *stats.CallGroup) []string {
	return []string{
		term.Count(g.Calls), term.Count(g.Errors), term.Count(g.Retries), term.Count(g.RowsLabelled), term.Rate(g.RowsPerSec), term.Count(g.Tokens),
		term.Count(g.WastedTokens), quantileText(&g.Latency, g.Latency.P50), quantileText(&g.Latency, g.Latency.P99),
	}
}

// groupKind is the groups of one kind.
type groupKind struct {
	title  string
	groups []stats.CallGroup
	name   func(*stats.CallGroup) string
}

func groupKinds(c *stats.Calls) []groupKind {
	return []groupKind{
		{"worker", c.ByWorker, func(g *stats.CallGroup) string { return strconv.Itoa(*g.Worker) }},
		{"host", c.ByHost, func(g *stats.CallGroup) string { return *g.Host }},
		{"rows a call", c.ByBatchSize, func(g *stats.CallGroup) string { return strconv.Itoa(*g.BatchSize) }},
	}
}

// crossCells is a cross table with its heads, cut to a number of rows and
// columns, and what to say beside it. Each line begins with its value and the rows that
// have it; cells are counts with their share of these rows.
func crossCells(c *stats.CrossTable, rows, columns int) (heads []string, body [][]string, notes []string) {
	if len(c.RowAxis)+len(c.ColAxis) == 0 && c.OtherRows > 0 {
		return nil, nil, []string{"one of the two is free text: not tabulated"}
	}
	heads = append(heads, c.Rows, "rows")
	for _, v := range c.ColAxis[:min(columns, len(c.ColAxis))] {
		heads = append(heads, quoteBlanks(valueOrOthers(v)))
	}
	for i, v := range c.RowAxis[:min(rows, len(c.RowAxis))] {
		line := []string{quoteBlanks(valueOrOthers(v)), term.Count(c.RowTotals[i])}
		for _, n := range c.Counts[i][:min(columns, len(c.ColAxis))] {
			line = append(line, crossCell(n, c.RowTotals[i]))
		}
		body = append(body, line)
	}
	if more := int64(len(c.ColAxis) - columns); more > 0 {
		notes = append(notes, term.Plural(more, "more column"))
	}
	if more := int64(len(c.RowAxis) - rows); more > 0 {
		notes = append(notes, term.Plural(more, "more line"))
	}
	if c.MissingRows > 0 {
		notes = append(notes, term.Plural(c.MissingRows, "row")+" without a value in one of the two")
	}
	if c.OtherRows > 0 {
		notes = append(notes, term.Plural(c.OtherRows, "row")+" with values that are not counted separately")
	}
	return heads, body, notes
}

// crossCell is the rows of a cell with their share of the rows of its line.
func crossCell(n, all int64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%s (%.0f%%)", term.Count(n), 100*shareOf(n, all))
}

func valueOrOthers(v string) string {
	if v == "" {
		return "(others)"
	}
	return v
}

// quoteBlanks is Printable for a value, in quotes where blanks at its ends, or nothing
// but blanks, could not be seen.
func quoteBlanks(s string) string {
	text := term.Printable(s)
	if strings.TrimSpace(text) != text {
		return `"` + text + `"`
	}
	return text
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func toDuration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func shareOf(n, total int64) float64 {
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}
