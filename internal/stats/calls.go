package stats

import (
	"time"

	"prism/internal/calllog"
	"prism/internal/status"
)

// Calls is what call logs say. Averages and rates are 0 where nothing was said.
type Calls struct {
	Calls        int64                     `json:"calls"`
	Outcomes     map[calllog.Outcome]int64 `json:"outcomes"`
	Errors       int64                     `json:"errors"`        // calls that did not bring every row, probes left out
	Retries      int64                     `json:"retries"`       // calls that asked for the same rows again
	RowsAsked    int64                     `json:"rows_asked"`    // each as often as it was
	RowsLabelled int64                     `json:"rows_labelled"` // with a valid answer
	PromptTokens int64                     `json:"prompt_tokens"` // those from the server's cache included
	CachedTokens int64                     `json:"cached_tokens"` // of PromptTokens
	Tokens       int64                     `json:"tokens"`        // generated

	TokensPerRow       float64 `json:"tokens_per_row"`        // generated, a labelled row; wasted ones included
	PromptTokensPerRow float64 `json:"prompt_tokens_per_row"` // likewise
	RowsPerSec         float64 `json:"rows_per_sec"`          // labelled, over WorkSeconds
	TokensPerSec       float64 `json:"tokens_per_sec"`        // generated, over WorkSeconds
	EvalTokensPerSec   float64 `json:"eval_tokens_per_sec"`   // generated, over the time that the server generated: of one call
	CallSeconds        float64 `json:"call_seconds"`          // mean, from sending to the last byte; probes left out

	StartedAt   status.Time `json:"started_at"`   // first call sent
	EndedAt     status.Time `json:"ended_at"`     // last call ended
	WorkSeconds float64     `json:"work_seconds"` // from start to end without the rests
	Rests       int64       `json:"rests"`        // silences of more than a minute: pauses, until a resume

	Workers    int64 `json:"workers"`
	Unreadable int64 `json:"unreadable_lines"`

	WastedPromptTokens int64 `json:"wasted_prompt_tokens"` // of calls' tokens the share of the rows without a valid answer
	WastedTokens       int64 `json:"wasted_tokens"`

	Latency       Latency      `json:"latency"` // probes left out
	QuantileError float64      `json:"quantile_error"`
	Histogram     []LatencyBar `json:"latency_histogram"`
	ByWorker      []Group      `json:"by_worker"`
	ByHost        []Group      `json:"by_host"`
	ByBatch       []Group      `json:"by_batch_size"`
	Troubles      []Trouble    `json:"troubles"` // calls that went wrong, by outcome and message
	Timeline      *Timeline    `json:"timeline,omitempty"`
}

// CallCounter sums up call logs. The zero CallCounter is ready.
type CallCounter struct {
	c           Calls
	spans       spans
	eval        time.Duration
	evalTokens  int64
	first, last int64
	workers     map[int]bool

	took                     durations
	byWorker, byHost, byRows groups
	troubles                 troubles
	timeline                 timeline
}

// Unreadable counts a line that is no call.
func (a *CallCounter) Unreadable() { a.c.Unreadable++ }

// Add counts a call.
func (a *CallCounter) Add(c *calllog.Call) {
	if a.c.Outcomes == nil {
		a.c.Outcomes, a.workers = map[calllog.Outcome]int64{}, map[int]bool{}
	}
	n := &a.c
	n.Calls++
	n.Outcomes[c.Outcome]++
	if c.Outcome != calllog.OK && c.Outcome != calllog.Probe {
		n.Errors++
	}
	if c.Attempt > 1 {
		n.Retries++
	}
	n.RowsAsked += int64(c.Rows)
	n.RowsLabelled += int64(c.Labelled)
	n.PromptTokens += int64(max(c.PromptTokens, 0))
	n.CachedTokens += int64(max(c.CachedTokens, 0))
	n.Tokens += int64(max(c.Tokens, 0))
	if c.Tokens >= 0 && c.Eval > 0 {
		a.eval += c.Eval
		a.evalTokens += int64(c.Tokens)
	}
	a.workers[c.Worker] = true
	a.span(c)
	if c.Outcome != calllog.Probe {
		a.group(c)
	}
}

func (a *CallCounter) group(c *calllog.Call) {
	prompt, generated := waste(c)
	a.c.WastedPromptTokens += prompt
	a.c.WastedTokens += generated
	if c.Total >= 0 {
		a.took.add(c.Total)
	}
	a.byWorker.add(groupKey{worker: c.Worker}, c)
	a.byHost.add(groupKey{host: c.Host}, c)
	a.byRows.add(groupKey{rows: c.Rows}, c)
	a.troubles.add(c)
	a.timeline.add(c)
}

func (a *CallCounter) span(c *calllog.Call) {
	from, took := c.Time.UnixNano(), max(c.Total, 0)
	to := from + int64(took)
	if a.c.Calls == 1 || from < a.first {
		a.first, a.c.StartedAt = from, status.At(c.Time)
	}
	if a.c.Calls == 1 || to > a.last {
		a.last, a.c.EndedAt = to, status.At(c.Time.Add(took))
	}
	a.spans.add(from, to)
}

// Result sums up.
func (a *CallCounter) Result() *Calls {
	c := a.c
	if c.Outcomes == nil {
		c.Outcomes = map[calllog.Outcome]int64{}
	}
	c.Workers = int64(len(a.workers))
	c.Rests = max(0, int64(len(a.spans.all))-1)
	c.WorkSeconds = time.Duration(a.spans.worked()).Seconds()
	c.TokensPerRow = per(float64(c.Tokens), float64(c.RowsLabelled))
	c.PromptTokensPerRow = per(float64(c.PromptTokens), float64(c.RowsLabelled))
	c.RowsPerSec = per(float64(c.RowsLabelled), c.WorkSeconds)
	c.TokensPerSec = per(float64(c.Tokens), c.WorkSeconds)
	c.EvalTokensPerSec = per(float64(a.evalTokens), a.eval.Seconds())
	c.Latency, c.Histogram, c.QuantileError = a.took.result(), a.took.histogram(), QuantileError
	c.CallSeconds = c.Latency.Mean
	c.ByWorker = a.byWorker.result(func(g *Group, k groupKey) { g.Worker = &k.worker })
	c.ByHost = a.byHost.result(func(g *Group, k groupKey) { g.Host = &k.host })
	c.ByBatch = a.byRows.result(func(g *Group, k groupKey) { g.BatchSize = &k.rows })
	c.Troubles, c.Timeline = a.troubles.result(), a.timeline.result()
	return &c
}

func per(n, of float64) float64 {
	if of <= 0 {
		return 0
	}
	return n / of
}
