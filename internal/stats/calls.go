package stats

import (
	"time"

	"prism/internal/calllog"
	"prism/internal/status"
)

// Calls is the statistics of call logs. Averages and rates are 0 if unknown.
type Calls struct {
	Calls        int64                     `json:"calls"`
	Outcomes     map[calllog.Outcome]int64 `json:"outcomes"`
	Errors       int64                     `json:"errors"`        // calls without a valid answer for every row, except probes
	Retries      int64                     `json:"retries"`       // calls repeated after a transient error
	RowsAsked    int64                     `json:"rows_asked"`    // a row counts each time it was asked for
	RowsLabelled int64                     `json:"rows_labelled"` // with a valid answer
	RowsCached   int64                     `json:"rows_cached"`   // labelled without a call; not among the others
	PromptTokens int64                     `json:"prompt_tokens"` // including those from the server's cache
	CachedTokens int64                     `json:"cached_tokens"` // of PromptTokens
	Tokens       int64                     `json:"tokens"`        // generated

	TokensPerRow       float64 `json:"tokens_per_row"`        // generated tokens per labelled row, including wasted tokens
	PromptTokensPerRow float64 `json:"prompt_tokens_per_row"` // the same for prompts
	RowsPerSec         float64 `json:"rows_per_sec"`          // labelled, over WorkSeconds
	TokensPerSec       float64 `json:"tokens_per_sec"`        // generated, over WorkSeconds
	EvalTokensPerSec   float64 `json:"eval_tokens_per_sec"`   // generated, over the time the server generated: the speed of one call
	CallSeconds        float64 `json:"call_seconds"`          // mean, from sending to the last byte; without probes

	StartedAt   status.Time `json:"started_at"`   // first call sent
	EndedAt     status.Time `json:"ended_at"`     // last call ended
	WorkSeconds float64     `json:"work_seconds"` // from start to end without idle gaps
	IdleGaps    int64       `json:"rests"`        // more than a minute without a call: a pause, or the time until a resume

	Workers         int64 `json:"workers"`
	UnreadableLines int64 `json:"unreadable_lines"`

	WastedPromptTokens int64 `json:"wasted_prompt_tokens"` // the share of tokens for rows without a valid answer
	WastedTokens       int64 `json:"wasted_tokens"`

	Latency       Latency      `json:"latency"` // without probes
	QuantileError float64      `json:"quantile_error"`
	Histogram     []LatencyBar `json:"latency_histogram"`
	ByWorker      []CallGroup  `json:"by_worker"`
	ByHost        []CallGroup  `json:"by_host"`
	ByBatchSize   []CallGroup  `json:"by_batch_size"`
	ErrorGroups   []ErrorGroup `json:"troubles"` // failed calls by outcome and message
	Timeline      *Timeline    `json:"timeline,omitempty"`
}

// CallCounter counts the calls of call logs. The zero value is ready to use.
type CallCounter struct {
	totals              Calls
	work                workIntervals
	evalTime            time.Duration
	evalTokens          int64
	firstStart, lastEnd int64
	workers             map[int]bool

	latencies                     latencySketch
	byWorker, byHost, byBatchSize callGroups
	errors                        errorGroups
	timeline                      timeline
}

// AddUnreadableLine counts a line that is not a call.
func (c *CallCounter) AddUnreadableLine() { c.totals.UnreadableLines++ }

// AddCall counts a call.
func (c *CallCounter) AddCall(call *calllog.Call) {
	n := &c.totals
	if call.Outcome == calllog.Cached { // no call
		n.RowsCached += int64(call.Labelled)
		return
	}
	if n.Outcomes == nil {
		n.Outcomes, c.workers = map[calllog.Outcome]int64{}, map[int]bool{}
	}
	n.Calls++
	n.Outcomes[call.Outcome]++
	if call.Outcome != calllog.OK && call.Outcome != calllog.Probe {
		n.Errors++
	}
	if call.Attempt > 1 {
		n.Retries++
	}
	n.RowsAsked += int64(call.Rows)
	n.RowsLabelled += int64(call.Labelled)
	n.PromptTokens += int64(max(call.PromptTokens, 0))
	n.CachedTokens += int64(max(call.CachedTokens, 0))
	n.Tokens += int64(max(call.Tokens, 0))
	if call.Tokens >= 0 && call.Eval > 0 {
		c.evalTime += call.Eval
		c.evalTokens += int64(call.Tokens)
	}
	c.workers[call.Worker] = true
	c.addWorkTime(call)
	if call.Outcome != calllog.Probe {
		c.addToGroups(call)
	}
}

func (c *CallCounter) addWorkTime(call *calllog.Call) {
	from, took := call.Time.UnixNano(), max(call.Total, 0)
	to := from + int64(took)
	if c.totals.Calls == 1 || from < c.firstStart {
		c.firstStart, c.totals.StartedAt = from, status.At(call.Time)
	}
	if c.totals.Calls == 1 || to > c.lastEnd {
		c.lastEnd, c.totals.EndedAt = to, status.At(call.Time.Add(took))
	}
	c.work.addInterval(from, to)
}

func (c *CallCounter) addToGroups(call *calllog.Call) {
	prompt, generated := wastedTokens(call)
	c.totals.WastedPromptTokens += prompt
	c.totals.WastedTokens += generated
	if call.Total >= 0 {
		c.latencies.observe(call.Total)
	}
	c.byWorker.addCall(groupKey{worker: call.Worker}, call)
	c.byHost.addCall(groupKey{host: call.Host}, call)
	c.byBatchSize.addCall(groupKey{rows: call.Rows}, call)
	c.errors.addCall(call)
	c.timeline.addCall(call)
}

// Result returns the sums, rates and groups of all calls so far.
func (c *CallCounter) Result() *Calls {
	out := c.totals
	if out.Outcomes == nil {
		out.Outcomes = map[calllog.Outcome]int64{}
	}
	out.Workers = int64(len(c.workers))
	out.IdleGaps = max(0, int64(len(c.work.intervals))-1)
	out.WorkSeconds = time.Duration(c.work.total()).Seconds()
	out.TokensPerRow = quotient(float64(out.Tokens), float64(out.RowsLabelled))
	out.PromptTokensPerRow = quotient(float64(out.PromptTokens), float64(out.RowsLabelled))
	out.RowsPerSec = quotient(float64(out.RowsLabelled), out.WorkSeconds)
	out.TokensPerSec = quotient(float64(out.Tokens), out.WorkSeconds)
	out.EvalTokensPerSec = quotient(float64(c.evalTokens), c.evalTime.Seconds())
	out.Latency, out.Histogram, out.QuantileError = c.latencies.summarize(), c.latencies.bars(), QuantileError
	out.CallSeconds = out.Latency.Mean
	out.ByWorker = c.byWorker.sorted(func(g *CallGroup, k groupKey) { g.Worker = &k.worker })
	out.ByHost = c.byHost.sorted(func(g *CallGroup, k groupKey) { g.Host = &k.host })
	out.ByBatchSize = c.byBatchSize.sorted(func(g *CallGroup, k groupKey) { g.BatchSize = &k.rows })
	out.ErrorGroups, out.Timeline = c.errors.sorted(), c.timeline.summarize()
	return &out
}

// quotient is n / of, 0 if of is not positive.
func quotient(n, of float64) float64 {
	if of <= 0 {
		return 0
	}
	return n / of
}
