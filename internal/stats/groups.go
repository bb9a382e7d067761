package stats

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"prism/internal/calllog"
	"prism/internal/status"
)

// CallGroup is the calls of one worker, one host or one batch size, without probes.
type CallGroup struct {
	Worker       *int    `json:"worker,omitempty"` // exactly one of these three is set
	Host         *string `json:"host,omitempty"`
	BatchSize    *int    `json:"batch_size,omitempty"`
	Calls        int64   `json:"calls"`
	Errors       int64   `json:"errors"`
	Retries      int64   `json:"retries"`
	RowsAsked    int64   `json:"rows_asked"`
	RowsLabelled int64   `json:"rows_labelled"`
	PromptTokens int64   `json:"prompt_tokens"`
	Tokens       int64   `json:"tokens"`
	WastedTokens int64   `json:"wasted_tokens"`
	WorkSeconds  float64 `json:"work_seconds"` // from its first call to its last, without idle gaps
	RowsPerSec   float64 `json:"rows_per_sec"`
	Latency      Latency `json:"latency"`
}

// maxGroups limits the groups of one kind; further calls are in no group.
const maxGroups = 4096

type groupKey struct {
	worker int
	host   string
	rows   int
}

// callGroups counts calls by a key.
type callGroups struct {
	byKey map[groupKey]*groupCounter
}

type groupCounter struct {
	CallGroup
	latencies latencySketch
	work      workIntervals
}

func (g *callGroups) addCall(k groupKey, c *calllog.Call) {
	if g.byKey == nil {
		g.byKey = map[groupKey]*groupCounter{}
	}
	s := g.byKey[k]
	if s == nil {
		if len(g.byKey) >= maxGroups {
			return
		}
		s = &groupCounter{}
		g.byKey[k] = s
	}
	s.Calls++
	if c.Outcome != calllog.OK {
		s.Errors++
	}
	if c.Attempt > 1 {
		s.Retries++
	}
	s.RowsAsked += int64(c.Rows)
	s.RowsLabelled += int64(c.Labelled)
	s.PromptTokens += int64(max(c.PromptTokens, 0))
	s.Tokens += int64(max(c.Tokens, 0))
	_, wasted := wastedTokens(c)
	s.WastedTokens += wasted
	if c.Total >= 0 {
		s.latencies.observe(c.Total)
	}
	from := c.Time.UnixNano()
	s.work.addInterval(from, from+int64(max(c.Total, 0)))
}

// sorted returns the groups in the order of their keys; setName sets the field for the key.
func (g *callGroups) sorted(setName func(*CallGroup, groupKey)) []CallGroup {
	out := make([]CallGroup, 0, len(g.byKey))
	for _, k := range slices.SortedFunc(maps.Keys(g.byKey), compareKeys) {
		s := g.byKey[k]
		setName(&s.CallGroup, k)
		s.WorkSeconds = time.Duration(s.work.total()).Seconds()
		s.RowsPerSec = quotient(float64(s.RowsLabelled), s.WorkSeconds)
		s.Latency = s.latencies.summarize()
		out = append(out, s.CallGroup)
	}
	return out
}

func compareKeys(a, b groupKey) int {
	return cmp.Or(cmp.Compare(a.worker, b.worker), cmp.Compare(a.host, b.host), cmp.Compare(a.rows, b.rows))
}

// wastedTokens is the share of a call's tokens for rows without a valid answer.
func wastedTokens(c *calllog.Call) (prompt, generated int64) {
	if c.Outcome == calllog.Probe || c.Rows <= 0 {
		return 0, 0
	}
	lost := int64(c.Rows - c.Labelled)
	return int64(max(c.PromptTokens, 0)) * lost / int64(c.Rows), int64(max(c.Tokens, 0)) * lost / int64(c.Rows)
}

// ErrorGroup is failed calls with the same outcome and message.
type ErrorGroup struct {
	Outcome calllog.Outcome `json:"outcome"`
	Error   string          `json:"error"`
	Calls   int64           `json:"calls"`
	Rows    int64           `json:"rows"` // without a valid answer
	First   status.Time     `json:"first_at"`
	Last    status.Time     `json:"last_at"`
}

const (
	maxErrorGroups = 200
	maxErrorText   = 300
)

// errorGroups counts failed calls by outcome and message (without its RowID). Of
// too many messages only the first have groups of their own.
type errorGroups struct{ byKey map[errorKey]*ErrorGroup }

type errorKey struct {
	outcome calllog.Outcome
	text    string
}

func (t *errorGroups) addCall(c *calllog.Call) {
	if c.Outcome == calllog.OK || c.Outcome == calllog.Probe {
		return
	}
	if t.byKey == nil {
		t.byKey = map[errorKey]*ErrorGroup{}
	}
	k := errorKey{c.Outcome, truncateText(withoutRowID(c.Error))}
	if t.byKey[k] == nil && len(t.byKey) >= maxErrorGroups {
		k.text = "other messages"
	}
	s := t.byKey[k]
	if s == nil {
		s = &ErrorGroup{Outcome: c.Outcome, Error: k.text, First: status.At(c.Time), Last: status.At(c.Time)}
		t.byKey[k] = s
	}
	s.Calls++
	s.Rows += int64(c.Rows - c.Labelled)
	if c.Time.Before(s.First.Time) {
		s.First = status.At(c.Time)
	}
	if c.Time.After(s.Last.Time) {
		s.Last = status.At(c.Time)
	}
}

func (t *errorGroups) sorted() []ErrorGroup {
	out := make([]ErrorGroup, 0, len(t.byKey))
	for _, s := range t.byKey {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b ErrorGroup) int {
		switch {
		case a.Calls != b.Calls:
			return int(min(max(b.Calls-a.Calls, -1), 1))
		case a.Outcome != b.Outcome:
			return cmp.Compare(a.Outcome, b.Outcome)
		}
		return cmp.Compare(a.Error, b.Error)
	})
	return out
}

// withoutRowID makes the messages about different rows equal.
func withoutRowID(s string) string {
	rest, ok := strings.CutPrefix(s, "RowID ")
	if !ok {
		return s
	}
	return "RowID …" + strings.TrimLeft(rest, "-0123456789")
}

func truncateText(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	for i := range s {
		if i > maxErrorText-4 {
			return s[:i] + "…"
		}
	}
	return s
}
