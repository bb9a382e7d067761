package classify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"prism/internal/calllog"
	"prism/internal/ollama"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/table"
)

// maxDelay bounds the wait before a retry.
const maxDelay = time.Minute

type callCounter struct{ n atomic.Int64 }

// ask sends the rows of w until a reply comes, at most c.Retries times more, and
// reads the reply. If none comes, a probe tells whether the rows or the server
// are to blame; another host that works gets the rows as if they were new.
func (e *engine) ask(ctx context.Context, w *work) *result {
	text := e.texts.Get().(*texts)
	defer e.texts.Put(text)
	ids := text.of(w.rows)
	req := e.request(text, ids, w.tries)
	wait := newBackoff(e.c.Delay)
	res := &result{work: w}
	for attempt := 1; ; attempt++ {
		if res.err = e.gate(ctx); res.err != nil {
			return res
		}
		for _, r := range w.rows {
			r.calls++
		}
		call := &calllog.Call{Attempt: attempt, Rows: len(ids), RowIDs: ids}
		r, err := e.chat(ctx, req, call)
		if err == nil {
			return e.read(w, ids, r, call)
		}
		if ctx.Err() != nil {
			res.err = context.Cause(ctx)
			return res
		}
		res.why = err.Error()
		switch class := ollama.ClassOf(err); {
		case class == ollama.Overflow:
			res.why = fmt.Sprintf("the prompt does not fit the context of %d tokens (%s)", e.c.Request.NumCtx, err)
			res.final = len(w.rows) == 1
			return res
		case !class.Retryable():
			res.err = err
			return res
		case class == ollama.Transient:
			res.blamed = true
		}
		if attempt > e.retries(w, res.blamed) {
			if w.suspect && res.blamed && len(w.rows) > 1 {
				return res // halved; before a row is given up the server is probed
			}
			return e.probe(ctx, req, res, err)
		}
		if err := e.c.Sleep(ctx, wait.NextBackOff()); err != nil {
			res.err = context.Cause(ctx)
			return res
		}
	}
}

// retries is how often a call is made again after a transient error. Rows that
// went wrong while the server was up are not to cost much more.
func (e *engine) retries(w *work, blamed bool) int {
	switch {
	case !w.suspect || !blamed:
		return e.c.Retries
	case len(w.rows) > 1:
		return 0
	}
	return max(e.c.Retries-1, 0)
}

// probe tells an outage from rows that the server cannot take.
func (e *engine) probe(ctx context.Context, req *ollama.Request, res *result, failed error) *result {
	call := &calllog.Call{Attempt: 1, Outcome: calllog.Probe}
	var oe *ollama.Error
	if errors.As(failed, &oe) {
		call.Host = oe.Host
	}
	start := e.begin(call)
	found, err := e.model.Probe(ctx, req, call.Host)
	if err != nil {
		call.Error = err.Error()
	}
	if ctx.Err() != nil {
		res.err = context.Cause(ctx)
		return res
	}
	e.end(call, start)
	switch {
	case found == ollama.Down:
		res.err = failed
	case found == ollama.Elsewhere || !res.blamed:
		res.anew = true
	default:
		res.probed = true
	}
	return res
}

func newBackoff(first time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = first
	b.Multiplier = 2
	b.MaxInterval = max(maxDelay, first)
	b.Reset()
	return b
}

// texts are what a call is made of; calls that follow each other share them.
type texts struct {
	mentions     []prompt.Mention
	user, format []byte
}

// of takes the rows over and returns their RowIDs, which are the caller's.
func (t *texts) of(rows []*row) []int64 {
	t.mentions = t.mentions[:0]
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.RowID
		t.mentions = append(t.mentions, r.Mention)
	}
	return ids
}

// request builds the call for the rows of t, in whose memory it lives. When a
// single row is asked again, sampling is loosened a little: at temperature 0 the
// same prompt gives the same reply.
func (e *engine) request(t *texts, ids []int64, tries int) *ollama.Request {
	t.user = prompt.AppendUser(t.user[:0], t.mentions)
	t.format = e.c.Schema.AppendReplySchema(t.format[:0], ids, e.c.Strict)
	req := e.c.Request
	req.System, req.User, req.Format = e.c.Schema.System, t.user, t.format
	req.NumPredict = e.c.NumPredict
	if req.NumPredict == 0 {
		req.NumPredict = e.c.Schema.NumPredict(len(ids), e.c.Strict)
	}
	if tries > 0 {
		req.Seed += tries
		req.Temperature = max(req.Temperature, 0.2*float64(min(tries, 5)))
	}
	return &req
}

// chat makes one call; one that brought no reply it also logs.
func (e *engine) chat(ctx context.Context, req *ollama.Request, call *calllog.Call) (*ollama.Reply, error) {
	start := e.begin(call)
	r, err := e.model.Chat(ctx, req)
	call.Total = e.c.Now().Sub(start)
	if err == nil {
		call.Host = r.Host
		call.PromptTokens, call.CachedTokens, call.Tokens = r.PromptTokens, r.CachedTokens, r.Tokens
		call.Load, call.Prompt, call.Eval = r.Load, r.PromptEval, r.Eval
		return r, nil
	}
	if ctx.Err() != nil {
		return nil, err // an interrupt is no fault of the call
	}
	call.Error = err.Error()
	var oe *ollama.Error
	if errors.As(err, &oe) {
		call.Host = oe.Host
	}
	switch class := ollama.ClassOf(err); class {
	case ollama.Unreachable, ollama.Busy, ollama.Transient:
		call.Outcome = calllog.Transient
	case ollama.Overflow:
		call.Outcome = calllog.Overflow
	default:
		call.Outcome = calllog.Permanent
	}
	e.end(call, start)
	return nil, err
}

func (e *engine) begin(call *calllog.Call) time.Time {
	call.Time = e.c.Now()
	call.Call = e.calls.n.Add(1)
	call.PromptTokens, call.CachedTokens, call.Tokens = calllog.NotSaid, calllog.NotSaid, calllog.NotSaid
	call.Load, call.Prompt, call.Eval = -1, -1, -1
	return call.Time
}

func (e *engine) end(call *calllog.Call, start time.Time) {
	if call.Total == 0 {
		call.Total = e.c.Now().Sub(start)
	}
	e.meter.call(call)
	e.c.Log(call)
}

// read turns a reply into labelled rows.
func (e *engine) read(w *work, ids []int64, r *ollama.Reply, call *calllog.Call) *result {
	got := reply.Read(r.Text, ids, e.c.Schema, e.c.Strict)
	res := &result{work: w, rows: got.Rows, fault: got.Faults, text: r.Text}
	call.Labelled = len(got.Rows)
	switch {
	case len(got.Faults) == 0:
		call.Outcome = calllog.OK
	case r.DoneReason == "length":
		call.Outcome = calllog.Cut
		call.Error = "the reply was cut by its length"
		res.why = fmt.Sprintf("the reply was cut after %d tokens", r.Tokens)
	case len(got.Rows) > 0:
		call.Outcome = calllog.Partial
		call.Error = fmt.Sprintf("RowID %d: %s", got.Faults[0].RowID, got.Faults[0].Reason)
	default:
		call.Outcome = calllog.Bad
		call.Error = fmt.Sprintf("RowID %d: %s", got.Faults[0].RowID, got.Faults[0].Reason)
	}
	e.end(call, call.Time)
	return res
}

// record appends the finished row as a checkpoint holds it.
func (e *engine) record(dst []byte, r *row, l *reply.Row) []byte {
	dst = append(dst, r.kept...)
	for _, v := range l.Values {
		dst = table.AppendCSV(append(dst, ','), []byte(v))
	}
	return append(append(dst, ','), e.c.Tail...)
}

// recordTail is the cells that end each record.
func recordTail(model string, batchSize int, runID string) []byte {
	dst := table.AppendCSV(nil, []byte(model))
	dst = strconv.AppendInt(append(dst, ','), int64(batchSize), 10)
	return table.AppendCSV(append(dst, ','), []byte(runID))
}
