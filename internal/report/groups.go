package report

import (
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// groupHeads are the columns of tables of groups of calls, after their name.
var groupColumns = []string{"calls", "errors", "retries", "rows", "rows/s", "tokens", "wasted", "p50", "p99"}

func groupCells(g *stats.CallGroup) []string {
	return []string{
		term.Count(g.Calls), term.Count(g.Errors), term.Count(g.Retries), term.Count(g.RowsLabelled), term.Rate(g.RowsPerSec), term.Count(g.Tokens),
		term.Count(g.WastedTokens), quantileText(&g.Latency, g.Latency.P50), quantileText(&g.Latency, g.Latency.P99),
	}
}

// groupTable is the groups of one kind.
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

const maxGroupRows = 16 // of a kind in text; Markdown has 100, CSV and JSON all

func appendGroupTables(dst []byte, c *stats.Calls) []byte {
	for _, k := range groupKinds(c) {
		if len(k.groups) == 0 {
			continue
		}
		t := table{indent: "  ", columns: []column{{name: k.title, max: 24}}}
		for _, h := range groupColumns {
			t.columns = append(t.columns, column{name: h, right: true})
		}
		for i := range k.groups[:min(maxGroupRows, len(k.groups))] {
			t.add(append([]string{term.Printable(k.name(&k.groups[i]))}, groupCells(&k.groups[i])...)...)
		}
		if t.width() > textWidth {
			t.drop(3)
		}
		dst = t.appendTo(append(dst, '\n'))
		if more := int64(len(k.groups) - maxGroupRows); more > 0 {
			dst = append(dst, "  … and "+term.Count(more)+" more\n"...)
		}
	}
	return dst
}

func writeGroupsMarkdown(b *strings.Builder, c *stats.Calls) {
	for _, k := range groupKinds(c) {
		if len(k.groups) == 0 {
			continue
		}
		b.WriteString("\n")
		markdownRow(b, append([]string{k.title}, groupColumns...)...)
		b.WriteString("| --- |" + strings.Repeat(" ---: |", len(groupColumns)) + "\n")
		for i := range k.groups[:min(100, len(k.groups))] {
			markdownRow(b, append([]string{k.name(&k.groups[i])}, groupCells(&k.groups[i])...)...)
		}
	}
	if len(c.ErrorGroups) == 0 {
		return
	}
	b.WriteString("\n| calls | outcome | message |\n| ---: | --- | --- |\n")
	for _, t := range c.ErrorGroups[:min(50, len(c.ErrorGroups))] {
		markdownRow(b, term.Count(t.Calls), string(t.Outcome), t.Error)
	}
}

func appendGroupRecords(out [][]string, c *stats.Calls) [][]string {
	for _, k := range groupKinds(c) {
		section := "by_" + strings.ReplaceAll(k.title, " ", "_")
		for i := range k.groups {
			g := &k.groups[i]
			for _, f := range [][2]string{
				{"calls", formatInt(g.Calls)}, {"errors", formatInt(g.Errors)}, {"retries", formatInt(g.Retries)},
				{"rows_labelled", formatInt(g.RowsLabelled)}, {"rows_per_sec", formatFloat(g.RowsPerSec)}, {"tokens", formatInt(g.Tokens)},
				{"wasted_tokens", formatInt(g.WastedTokens)}, {"latency_p50", formatLatency(&g.Latency, g.Latency.P50)}, {"latency_p99", formatLatency(&g.Latency, g.Latency.P99)},
			} {
				out = append(out, []string{section, k.name(g) + " " + f[0], f[1], "", ""})
			}
		}
	}
	for _, t := range c.ErrorGroups {
		out = append(out, []string{"trouble", string(t.Outcome), t.Error, formatInt(t.Calls), formatShare(shareOf(t.Calls, c.Calls))})
	}
	return out
}
