package stats

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"prism/internal/calllog"
)

// Group is the calls that have something in common: a worker, a host, or a
// number of rows asked for. Probes are left out.
type CallGroup struct {
	Worker       *int    `json:"worker,omitempty"` // one of these three says what they have in common
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
	WorkSeconds  float64 `json:"work_seconds"` // from its first call to its last, without rests
	RowsPerSec   float64 `json:"rows_per_sec"`
	Latency      Latency `json:"latency"`
}

// maxGroups of a kind are told apart; the calls of more are in no group.
const maxGroups = 4096

type groupKey struct {
	worker int
	host   string
	rows   int
}

// groups sums up calls by a key.
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

// result is the groups in the order of their keys, each with what name makes of its key.
func (g *callGroups) sorted(name func(*CallGroup, groupKey)) []CallGroup {
	out := make([]CallGroup, 0, len(g.byKey))
	for _, k := range slices.SortedFunc(maps.Keys(g.byKey), compareKeys) {
		s := g.byKey[k]
		name(&s.CallGroup, k)
		s.WorkSeconds = time.Duration(s.work.total()).Seconds()
		s.RowsPerSec = quotient(float64(s.RowsLabelled), s.WorkSeconds)
		s.Latency = s.latencies.summarize()
		out = append(out, s.CallGroup)
	}
	return out
}

func compareKeys(a, b groupKey) int {
	return cmp.Or(compare(a.worker, b.worker), compare(a.host, b.host), compare(a.rows, b.rows))
}

func compare[T cmp.Ordered](a, b T) int { return cmp.Compare(a, b) }

// waste is the tokens of a call, of its prompt and generated, that went for
// rows without a valid answer: the share of these rows.
func wastedTokens(c *calllog.Call) (prompt, generated int64) {
	if c.Outcome == calllog.Probe || c.Rows <= 0 {
		return 0, 0
	}
	lost := int64(c.Rows - c.Labelled)
	return int64(max(c.PromptTokens, 0)) * lost / int64(c.Rows), int64(max(c.Tokens, 0)) * lost / int64(c.Rows)
}
