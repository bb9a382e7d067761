// Package calllog is the call log of a worker: a file with one line of JSON for
// each model call. A Writer appends a line as a call ends, a Reader returns the
// calls of a file one by one. What the calls of a run add up to is left to
// package stats.
package calllog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Outcome is how a model call ended.
type Outcome string

// The outcomes.
const (
	OK        Outcome = "ok"        // every row asked for got a valid answer
	Partial   Outcome = "partial"   // some rows did
	Bad       Outcome = "bad"       // a reply without a valid row
	Cut       Outcome = "cut"       // a reply cut by its length
	Overflow  Outcome = "overflow"  // the prompt does not fit the context
	Transient Outcome = "transient" // refused, reset, timeout, 5xx
	Probe     Outcome = "probe"     // a tiny call that asks whether the server works
	Permanent Outcome = "permanent" // missing model, bad option
	Cached    Outcome = "cached"    // no call: the rows have the answer of the cache, or of another row
)

// NotSaid is the value of a token count or a server's duration that the
// server's reply lacked; the call log leaves the field out.
const NotSaid = -1

// Call is one line of a call log calls_w{id}.jsonl: one model call.
type Call struct {
	Time     time.Time // when it was sent
	Worker   int
	Host     string // of Ollama, as a URL
	Call     int64  // 1-based number of the call in its worker
	Attempt  int    // 1-based, in its round; more than 1: the same request again, after a transient error
	Rows     int    // asked for
	RowIDs   []int64
	Style    string // of the prompt; empty: a probe, or not said
	Outcome  Outcome
	Error    string // why it was not OK
	Labelled int    // rows that got a valid answer

	PromptTokens int // those from the cache included; or NotSaid
	CachedTokens int // of PromptTokens; or NotSaid
	Tokens       int // generated; or NotSaid

	Total  time.Duration // from sending to the last byte, on the worker's clock
	Load   time.Duration // of the model, as the server says; negative: not said
	Prompt time.Duration // evaluating the prompt, likewise
	Eval   time.Duration // generating, likewise
}

// callJSON is a Call as its line has it: these fields, in this order. A nil
// pointer is a field that is absent.
type callJSON struct {
	Time         time.Time `json:"time"`
	Worker       int       `json:"worker"`
	Host         string    `json:"host"`
	Call         int64     `json:"call"`
	Attempt      int       `json:"attempt"`
	Rows         int       `json:"rows"`
	RowIDs       []int64   `json:"row_ids"`
	Style        string    `json:"style,omitempty"`
	Outcome      Outcome   `json:"outcome"`
	Error        string    `json:"error,omitempty"`
	Labelled     int       `json:"labelled"`
	PromptTokens *int      `json:"prompt_tokens,omitempty"`
	CachedTokens *int      `json:"cached_tokens,omitempty"`
	Tokens       *int      `json:"tokens,omitempty"`
	TotalMS      *float64  `json:"total_ms,omitempty"`
	LoadMS       *float64  `json:"load_ms,omitempty"`
	PromptMS     *float64  `json:"prompt_ms,omitempty"`
	EvalMS       *float64  `json:"eval_ms,omitempty"`
}

// encodeCall writes the line of c, with its line feed, to w in one write.
func encodeCall(w io.Writer, c *Call) error {
	j := callJSON{
		Time: c.Time, Worker: c.Worker, Host: c.Host, Call: c.Call, Attempt: c.Attempt,
		Rows: c.Rows, RowIDs: c.RowIDs, Style: c.Style, Outcome: c.Outcome, Error: c.Error, Labelled: c.Labelled,
		PromptTokens: countJSON(c.PromptTokens), CachedTokens: countJSON(c.CachedTokens), Tokens: countJSON(c.Tokens),
		TotalMS: millisJSON(c.Total), LoadMS: millisJSON(c.Load), PromptMS: millisJSON(c.Prompt), EvalMS: millisJSON(c.Eval),
	}
	if j.RowIDs == nil {
		j.RowIDs = []int64{} // else it is null
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(&j)
}

func countJSON(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

// millisJSON returns milliseconds with up to three decimals.
func millisJSON(d time.Duration) *float64 {
	if d < 0 {
		return nil
	}
	ms := float64(d.Microseconds()) / 1000
	return &ms
}

// decodeCall reads a line into c. Numbers that the line lacks become NotSaid. It
// reuses the memory of c.RowIDs.
func decodeCall(line []byte, c *Call) error {
	j := callJSON{RowIDs: c.RowIDs[:0]}
	if err := json.Unmarshal(line, &j); err != nil {
		return fmt.Errorf("invalid call: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if j.Outcome == "" || j.Time.IsZero() {
		return errors.New("invalid call: missing time or outcome")
	}
	if y := j.Time.Year(); y < 1970 || y > 2200 { // nanoseconds of 64 bits
		return errors.New("invalid call: time out of range")
	}
	if j.Rows < 0 || j.Labelled < 0 || j.Labelled > j.Rows || j.Attempt < 0 {
		return errors.New("invalid call: counts out of range")
	}
	*c = Call{
		Time: j.Time, Worker: j.Worker, Host: j.Host, Call: j.Call, Attempt: j.Attempt,
		Rows: j.Rows, RowIDs: j.RowIDs, Style: j.Style, Outcome: j.Outcome, Error: j.Error, Labelled: j.Labelled,
		PromptTokens: countOf(j.PromptTokens), CachedTokens: countOf(j.CachedTokens), Tokens: countOf(j.Tokens),
		Total: durationOf(j.TotalMS), Load: durationOf(j.LoadMS), Prompt: durationOf(j.PromptMS), Eval: durationOf(j.EvalMS),
	}
	return nil
}

func countOf(n *int) int {
	if n == nil {
		return NotSaid
	}
	return max(*n, NotSaid)
}

// maxMillis (ten years) keeps sums of durations far from overflow.
const maxMillis = 10 * 366 * 24 * 3600 * 1000

func durationOf(ms *float64) time.Duration {
	if ms == nil || *ms < 0 || *ms >= maxMillis {
		return NotSaid
	}
	return time.Duration(*ms * float64(time.Millisecond))
}
