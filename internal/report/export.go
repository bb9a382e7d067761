package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"prism/internal/stats"
	"prism/internal/status"
)

// JSON writes statistics, or the view of a run, as indented JSON.
func JSON(v any) ([]byte, error) { return encode(v, "  ") }

// Line writes the same as one line of JSON.
func Line(v any) ([]byte, error) { return encode(v, "") }

func encode(v any, indent string) ([]byte, error) {
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
		out = append(out, []string{section, name, value, whole(n), fraction(share)})
	}
	if r.Run != nil {
		out = runRecords(out, r.Run)
	}
	for _, f := range r.Files {
		out = append(out, []string{"file", f.Name, "", whole(f.Rows), ""})
	}
	for _, f := range r.Facts {
		for _, v := range f.Values {
			counted("run", f.Column, v.Value, v.Count, v.Share)
		}
	}
	if g := r.Gate; g != nil {
		counted("gate", g.Column, "NOT_APPLICABLE", g.NotApplicable, g.Share)
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		counted("missing", c.Name, "", c.Missing, ratio(c.Missing, c.Rows))
		for _, v := range c.Values {
			section := "label"
			if v.Class != "" {
				section = string(v.Class)
			}
			counted(section, c.Name, v.Value, v.Count, v.Share)
		}
		if c.Rest > 0 {
			counted("other", c.Name, "", c.Rest, ratio(c.Rest, c.Rows))
		}
		if l := c.Length; l != nil {
			figure("length_min", c.Name, whole(l.Min))
			figure("length_mean", c.Name, number(l.Mean))
			figure("length_max", c.Name, whole(l.Max))
		}
	}
	for i := range r.Crosses {
		out = crossRecords(out, &r.Crosses[i])
	}
	if r.Calls != nil {
		out = groupRecords(callRecords(out, r.Calls), r.Calls)
	}
	return out
}

func callRecords(out [][]string, c *stats.Calls) [][]string {
	l := &c.Latency
	for _, f := range [][2]string{
		{"calls", whole(c.Calls)}, {"retries", whole(c.Retries)}, {"errors", whole(c.Errors)},
		{"rows_asked", whole(c.RowsAsked)}, {"rows_labelled", whole(c.RowsLabelled)},
		{"prompt_tokens", whole(c.PromptTokens)}, {"cached_tokens", whole(c.CachedTokens)}, {"tokens", whole(c.Tokens)},
		{"tokens_per_row", number(c.TokensPerRow)}, {"prompt_tokens_per_row", number(c.PromptTokensPerRow)},
		{"rows_per_sec", number(c.RowsPerSec)}, {"tokens_per_sec", number(c.TokensPerSec)},
		{"eval_tokens_per_sec", number(c.EvalTokensPerSec)}, {"call_seconds", timed(l, c.CallSeconds)},
		{"work_seconds", number(c.WorkSeconds)}, {"rests", whole(c.Rests)},
		{"started_at", instant(c.StartedAt)}, {"ended_at", instant(c.EndedAt)},
		{"wasted_tokens", whole(c.WastedTokens)}, {"wasted_prompt_tokens", whole(c.WastedPromptTokens)},
		{"latency_min", timed(l, l.Min)}, {"latency_p50", timed(l, l.P50)}, {"latency_p90", timed(l, l.P90)},
		{"latency_p95", timed(l, l.P95)}, {"latency_p99", timed(l, l.P99)}, {"latency_max", timed(l, l.Max)},
		{"workers", whole(c.Workers)}, {"unreadable_lines", whole(c.Unreadable)},
	} {
		out = append(out, []string{"calls", f[0], f[1], "", ""})
	}
	for _, o := range outcomes(c) {
		out = append(out, []string{"outcome", string(o), "", whole(c.Outcomes[o]), fraction(ratio(c.Outcomes[o], c.Calls))})
	}
	return out
}

func ratio(n, total int64) float64 {
	if total == 0 {
		return 0
	}
	return float64(n) / float64(total)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// number writes four decimals at most.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
}

// timed is seconds of a Latency; empty where no call told its time.
func timed(l *stats.Latency, s float64) string {
	if l.Calls == 0 {
		return ""
	}
	return number(s)
}

func fraction(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

func instant(t status.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
