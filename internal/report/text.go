package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prism/internal/calllog"
	"prism/internal/stats"
	"prism/internal/term"
)

const (
	textWidth      = 80 // of the table of statistics, in cells
	maxLabelWidth  = 30
	maxTextValues  = 20 // of a column at most; CSV and JSON have all
	maxTextOrganic = 5  // of these, organic labels
)

// Text shows statistics as a table for a terminal of 80 columns.
func Text(r *stats.Result) []byte {
	var b []byte
	if r.Run != nil {
		b = appendRunSection(b, r.Run)
	}
	if len(r.Files) > 0 {
		b = appendProperties(b, r)
	}
	width := labelColumnWidth(r)
	for i := range r.Columns {
		b = append(b, '\n')
		b = appendColumn(b, &r.Columns[i], width)
	}
	for i := range r.CrossTables {
		b = appendCrossTable(append(b, '\n'), &r.CrossTables[i])
	}
	if r.Calls != nil {
		if len(r.Files) > 0 {
			b = append(b, '\n')
		}
		b = appendGroupTables(appendCalls(b, r.Calls), r.Calls)
	}
	return b
}

func appendProperties(dst []byte, r *stats.Result) []byte {
	t := table{columns: []column{{}, {}}}
	rows := term.Count(r.Rows)
	if n := int64(len(r.Files)); n > 1 {
		rows += " in " + term.Plural(n, "file")
	}
	t.add("rows", rows)
	for _, f := range r.RunColumns {
		t.add(f.Column, term.Printable(runColumnText(f, 3)))
	}
	if g := r.Gate; g != nil {
		t.add("gate", fmt.Sprintf("%s says NOT_APPLICABLE for %s (%s)",
			term.Printable(g.Column), term.Plural(g.NotApplicable, "row"), term.Percent(g.NotApplicable, rowsOfColumn(r, g.Column))))
	}
	return t.appendTo(dst)
}

func rowsOfColumn(r *stats.Result, name string) int64 {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return r.Columns[i].Rows
		}
	}
	return 0
}

// factText lists at most n values of a fact, each with its rows where they differ.
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

// shown is the values of a column that a table lists: with a prompt schema all
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

// labelCells is one width for the labels of all columns, so that their bars stand in line.
func labelColumnWidth(r *stats.Result) int {
	width := 0
	for i := range r.Columns {
		for _, v := range listedValues(&r.Columns[i], maxTextValues, maxTextOrganic) {
			width = max(width, term.Width(labelText(v)))
		}
	}
	return min(width, maxLabelWidth)
}

func labelText(v stats.ValueCount) string {
	text := quoteBlanks(v.Value)
	if v.Class == stats.Organic {
		return "~ " + text
	}
	return text
}

func appendColumn(dst []byte, c *stats.Column, label int) []byte {
	dst = appendWrapped(dst, term.Truncate(term.Printable(c.Name), 40)+": ", columnNotes(c))
	if c.Kind == stats.Text {
		return dst
	}
	values := listedValues(c, maxTextValues, maxTextOrganic)
	var most int64
	for _, v := range values {
		most = max(most, v.Count)
	}
	t := table{indent: "  ", columns: []column{{min: label, max: label}, {right: true, min: 7}, {right: true, min: 6}, {}}}
	bar := textWidth - label - 2 - 2 - 7 - 2 - 6 - 2
	for _, v := range values {
		width := bar - max(0, len(term.Count(most))-7)
		t.add(labelText(v), term.Count(v.Count), term.Percent(v.Count, c.Rows), term.Bar(float64(v.Count)/float64(max(most, 1)), width))
	}
	dst = t.appendTo(dst)
	if more := int64(len(c.Values) - len(values)); more > 0 {
		dst = append(dst, "  … and "+term.Plural(more, "more value")+"\n"...)
	}
	return dst
}

// appendWrapped appends notes with commas between them, in lines of textWidth.
func appendWrapped(dst []byte, head string, notes []string) []byte {
	cells := term.Width(head)
	dst = append(dst, head...)
	for i, n := range notes {
		if i > 0 {
			dst = append(dst, ',')
			if cells += 2; cells+term.Width(n) < textWidth {
				dst = append(dst, ' ')
			} else {
				dst = append(dst, "\n  "...)
				cells = 2
			}
		}
		dst = append(dst, n...)
		cells += term.Width(n)
	}
	return append(dst, '\n')
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
		notes = append(notes, term.Plural(c.Distinct, "different value"))
		if c.OrganicRows > 0 {
			notes = append(notes, fmt.Sprintf("%s (%s) with an organic label", term.Plural(c.OrganicRows, "row"), term.Percent(c.OrganicRows, c.Rows)))
		}
		if c.OtherRows > 0 {
			notes = append(notes, term.Plural(c.OtherRows, "row")+" with still others")
		}
	}
	if c.MissingRows > 0 {
		notes = append(notes, term.Count(c.MissingRows)+" missing")
	}
	return notes
}

func appendCalls(dst []byte, c *stats.Calls) []byte {
	dst = append(dst, "Model calls\n"...)
	t := table{indent: "  ", columns: []column{{}, {right: true}, {}}}
	for _, l := range callFigures(c) {
		t.add(l.Name, l.Value, l.Note)
	}
	return t.appendTo(dst)
}

// figure is a line of the figures of calls.
type figure struct{ Name, Value, Note string }

func callFigures(c *stats.Calls) []figure {
	worked := "in " + term.Duration(toDuration(c.WorkSeconds)) + " of work"
	if c.IdleGaps > 0 {
		worked += ", " + term.Plural(c.IdleGaps, "rest") + " of more than a minute left out"
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

// quantile is seconds of a Latency; "-" where no call told its time.
func quantileText(l *stats.Latency, s float64) string {
	if l.Calls == 0 {
		return "-"
	}
	return term.Seconds(s)
}

func latencyNote(l *stats.Latency) string {
	if l.Calls == 0 {
		return ""
	}
	return fmt.Sprintf("median; p90 %s, p95 %s, p99 %s, max %s (±%.0f%%)",
		term.Seconds(l.P90), term.Seconds(l.P95), term.Seconds(l.P99), term.Seconds(l.Max), 100*stats.QuantileError)
}

func toDuration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// errorText lists the outcomes that are errors with their counts.
func outcomeNote(c *stats.Calls) string {
	var parts []string
	for _, o := range sortedOutcomes(c) {
		if o != calllog.OK && o != calllog.Probe {
			parts = append(parts, term.Printable(string(o))+" "+term.Count(c.Outcomes[o]))
		}
	}
	if n := c.Outcomes[calllog.Probe]; n > 0 {
		parts = append(parts, term.Plural(n, "probe")+" beside")
	}
	return strings.Join(parts, ", ")
}

// outcomes are those that there were, by name.
func sortedOutcomes(c *stats.Calls) []calllog.Outcome {
	names := make([]calllog.Outcome, 0, len(c.Outcomes))
	for o := range c.Outcomes {
		names = append(names, o)
	}
	slices.Sort(names)
	return names
}
