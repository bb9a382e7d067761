package report

import (
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// groupHeads are the columns of tables of groups of calls, after their name.
var groupHeads = []string{"calls", "errors", "retries", "rows", "rows/s", "tokens", "wasted", "p50", "p99"}

func groupCells(g *stats.Group) []string {
	return []string{
		term.Count(g.Calls), term.Count(g.Errors), term.Count(g.Retries), term.Count(g.RowsLabelled), term.Rate(g.RowsPerSec), term.Count(g.Tokens),
		term.Count(g.WastedTokens), quantile(&g.Latency, g.Latency.P50), quantile(&g.Latency, g.Latency.P99),
	}
}

// groupTable is the groups of one kind.
type groupTable struct {
	name   string
	groups []stats.Group
	of     func(*stats.Group) string
}

func groupTables(c *stats.Calls) []groupTable {
	return []groupTable{
		{"worker", c.ByWorker, func(g *stats.Group) string { return strconv.Itoa(*g.Worker) }},
		{"host", c.ByHost, func(g *stats.Group) string { return *g.Host }},
		{"rows a call", c.ByBatch, func(g *stats.Group) string { return strconv.Itoa(*g.BatchSize) }},
	}
}

const groupRows = 16 // of a kind in text; Markdown has 100, CSV and JSON all

func appendGroups(dst []byte, c *stats.Calls) []byte {
	for _, k := range groupTables(c) {
		if len(k.groups) == 0 {
			continue
		}
		t := table{indent: "  ", columns: []column{{name: k.name, max: 24}}}
		for _, h := range groupHeads {
			t.columns = append(t.columns, column{name: h, right: true})
		}
		for i := range k.groups[:min(groupRows, len(k.groups))] {
			t.add(append([]string{term.Plain(k.of(&k.groups[i]))}, groupCells(&k.groups[i])...)...)
		}
		if t.width() > textWidth {
			t.drop(3)
		}
		dst = t.appendTo(append(dst, '\n'))
		if more := int64(len(k.groups) - groupRows); more > 0 {
			dst = append(dst, "  … and "+term.Count(more)+" more\n"...)
		}
	}
	return dst
}

func groupsMarkdown(b *strings.Builder, c *stats.Calls) {
	for _, k := range groupTables(c) {
		if len(k.groups) == 0 {
			continue
		}
		b.WriteString("\n")
		row(b, append([]string{k.name}, groupHeads...)...)
		b.WriteString("| --- |" + strings.Repeat(" ---: |", len(groupHeads)) + "\n")
		for i := range k.groups[:min(100, len(k.groups))] {
			row(b, append([]string{k.of(&k.groups[i])}, groupCells(&k.groups[i])...)...)
		}
	}
	if len(c.Troubles) == 0 {
		return
	}
	b.WriteString("\n| calls | outcome | message |\n| ---: | --- | --- |\n")
	for _, t := range c.Troubles[:min(50, len(c.Troubles))] {
		row(b, term.Count(t.Calls), string(t.Outcome), t.Error)
	}
}

func groupRecords(out [][]string, c *stats.Calls) [][]string {
	for _, k := range groupTables(c) {
		section := "by_" + strings.ReplaceAll(k.name, " ", "_")
		for i := range k.groups {
			g := &k.groups[i]
			for _, f := range [][2]string{
				{"calls", whole(g.Calls)}, {"errors", whole(g.Errors)}, {"retries", whole(g.Retries)},
				{"rows_labelled", whole(g.RowsLabelled)}, {"rows_per_sec", number(g.RowsPerSec)}, {"tokens", whole(g.Tokens)},
				{"wasted_tokens", whole(g.WastedTokens)}, {"latency_p50", timed(&g.Latency, g.Latency.P50)}, {"latency_p99", timed(&g.Latency, g.Latency.P99)},
			} {
				out = append(out, []string{section, k.of(g) + " " + f[0], f[1], "", ""})
			}
		}
	}
	for _, t := range c.Troubles {
		out = append(out, []string{"trouble", string(t.Outcome), t.Error, whole(t.Calls), fraction(ratio(t.Calls, c.Calls))})
	}
	return out
}
