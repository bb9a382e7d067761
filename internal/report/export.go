package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"prism/internal/stats"
	"prism/internal/status"
)

// JSON writes statistics, or the view of a run, as indented JSON.
func JSON(v any) ([]byte, error) { return marshalJSON(v, "  ") }

// JSONLine writes the same as one line of JSON.
func JSONLine(v any) ([]byte, error) { return marshalJSON(v, "") }

func marshalJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// CSV writes statistics as records of section, name, value, count, share:
// figures of the whole have a value, values of columns a count and a share.
func CSV(r *stats.Result) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(csvRecords(r)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func csvRecords(r *stats.Result) [][]string {
	out := [][]string{{"section", "name", "value", "count", "share"}}
	figure := func(section, name, value string) { out = append(out, []string{section, name, value, "", ""}) }
	counted := func(section, name, value string, n int64, share float64) {
		out = append(out, []string{section, name, value, formatInt(n), formatShare(share)})
	}
	if r.Run != nil {
		out = appendRunRecords(out, r.Run)
	}
	for _, f := range r.Files {
		out = append(out, []string{"file", f.Name, "", formatInt(f.Rows), ""})
	}
	for _, f := range r.RunColumns {
		for _, v := range f.Values {
			counted("run", f.Column, v.Value, v.Count, v.Share)
		}
	}
	if g := r.Gate; g != nil {
		counted("gate", g.Column, "NOT_APPLICABLE", g.NotApplicable, g.Share)
	}
	out = appendAgreementRecords(out, r)
	for i := range r.Columns {
		c := &r.Columns[i]
		counted("missing", c.Name, "", c.MissingRows, shareOf(c.MissingRows, c.Rows))
		for _, v := range c.Values {
			section := "label"
			if v.Class != "" {
				section = string(v.Class)
			}
			counted(section, c.Name, v.Value, v.Count, v.Share)
		}
		if c.OtherRows > 0 {
			counted("other", c.Name, "", c.OtherRows, shareOf(c.OtherRows, c.Rows))
		}
		if c.Numbers != nil {
			out = appendNumberRecords(out, c)
		}
		if l := c.Length; l != nil {
			figure("length_min", c.Name, formatInt(l.Min))
			figure("length_mean", c.Name, formatFloat(l.Mean))
			figure("length_max", c.Name, formatInt(l.Max))
		}
	}
	out = appendCertaintyRecords(out, r.Columns)
	for i := range r.CrossTables {
		out = appendCrossRecords(out, &r.CrossTables[i])
	}
	if r.Calls != nil {
		out = appendGroupRecords(appendCallRecords(out, r.Calls), r.Calls)
	}
	return out
}

// appendAgreementRecords adds how right the labels are, and how far results agree.
func appendAgreementRecords(out [][]string, r *stats.Result) [][]string {
	if r.Gold != nil {
		out = appendGoldRecords(out, r.Gold)
	}
	if r.Estimate != nil {
		out = appendEstimateRecords(out, "estimate", r.Estimate)
	}
	for i := range r.Cascades {
		out = appendCascadeRecords(out, &r.Cascades[i])
	}
	if r.Compare != nil {
		out = appendComparisonRecords(out, r.Compare)
	}
	return out
}

func appendRunRecords(out [][]string, r *stats.Run) [][]string {
	for _, f := range r.Files {
		out = append(out, []string{"file_status", f.Label, f.Status, formatInt(f.Rows), ""},
			[]string{"file_missing", f.Label, "", formatInt(f.Missing), formatShare(shareOf(f.Missing, f.Rows))})
	}
	return append(out, []string{"run", "units", strconv.Itoa(r.Units), "", ""})
}

// appendNumberRecords adds the description of numbers, and a record for each bin.
func appendNumberRecords(out [][]string, c *stats.Column) [][]string {
	n := c.Numbers
	out = append(out, []string{"number_count", c.Name, formatInt(n.Count), "", ""})
	for _, f := range []struct {
		name  string
		value float64
	}{{"mean", n.Mean}, {"min", n.Min}, {"p25", n.P25}, {"median", n.Median}, {"p75", n.P75}, {"max", n.Max}} {
		out = append(out, []string{"number_" + f.name, c.Name, formatFigure(stats.Figure(f.value)), "", ""})
	}
	for _, b := range n.Histogram {
		name := formatFigure(stats.Figure(b.From)) + " to " + formatFigure(stats.Figure(b.To))
		out = append(out, []string{"histogram", c.Name, name, formatInt(b.Rows), formatShare(shareOf(b.Rows, n.Count))})
	}
	return out
}

// appendCrossRecords adds the cells of a cross table: with their share of the rows that have
// both values, and of those of their line.
func appendCrossRecords(out [][]string, c *stats.CrossTable) [][]string {
	for _, section := range []string{"cross", "cross_row"} {
		for i, line := range c.Counts {
			for k, n := range line {
				share := shareOf(n, c.PairedRows)
				if section == "cross_row" {
					share = c.RowShares[i][k]
				}
				out = append(out, []string{section, c.Rows + "=" + valueOrOthers(c.RowAxis[i]), c.Columns + "=" + valueOrOthers(c.ColAxis[k]), formatInt(n), formatShare(share)})
			}
		}
	}
	return out
}

func appendCallRecords(out [][]string, c *stats.Calls) [][]string {
	l := &c.Latency
	for _, f := range [][2]string{
		{"calls", formatInt(c.Calls)}, {"retries", formatInt(c.Retries)}, {"errors", formatInt(c.Errors)},
		{"rows_asked", formatInt(c.RowsAsked)}, {"rows_labelled", formatInt(c.RowsLabelled)}, {"rows_cached", formatInt(c.RowsCached)},
		{"prompt_tokens", formatInt(c.PromptTokens)}, {"cached_tokens", formatInt(c.CachedTokens)}, {"tokens", formatInt(c.Tokens)},
		{"tokens_per_row", formatFloat(c.TokensPerRow)}, {"prompt_tokens_per_row", formatFloat(c.PromptTokensPerRow)},
		{"rows_per_sec", formatFloat(c.RowsPerSec)}, {"tokens_per_sec", formatFloat(c.TokensPerSec)},
		{"eval_tokens_per_sec", formatFloat(c.EvalTokensPerSec)}, {"call_seconds", formatLatency(l, c.CallSeconds)},
		{"work_seconds", formatFloat(c.WorkSeconds)}, {"rests", formatInt(c.IdleGaps)},
		{"started_at", formatTime(c.StartedAt)}, {"ended_at", formatTime(c.EndedAt)},
		{"wasted_tokens", formatInt(c.WastedTokens)}, {"wasted_prompt_tokens", formatInt(c.WastedPromptTokens)},
		{"latency_min", formatLatency(l, l.Min)}, {"latency_p50", formatLatency(l, l.P50)}, {"latency_p90", formatLatency(l, l.P90)},
		{"latency_p95", formatLatency(l, l.P95)}, {"latency_p99", formatLatency(l, l.P99)}, {"latency_max", formatLatency(l, l.Max)},
		{"workers", formatInt(c.Workers)}, {"unreadable_lines", formatInt(c.UnreadableLines)},
	} {
		out = append(out, []string{"calls", f[0], f[1], "", ""})
	}
	for _, o := range sortedOutcomes(c) {
		out = append(out, []string{"outcome", string(o), "", formatInt(c.Outcomes[o]), formatShare(shareOf(c.Outcomes[o], c.Calls))})
	}
	return out
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

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// formatFloat writes four decimals at most.
func formatFloat(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
}

// formatLatency is seconds of a Latency; empty where no call told its time.
func formatLatency(l *stats.Latency, s float64) string {
	if l.Calls == 0 {
		return ""
	}
	return formatFloat(s)
}

func formatShare(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

func formatTime(t status.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
