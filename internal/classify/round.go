package classify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"prism/internal/calllog"
	"prism/internal/reply"
	"prism/internal/server"
	"prism/internal/status"
)

// maxDelay bounds the wait before a call is resent.
const maxDelay = time.Minute

// A paused worker looks every pausePoll whether it may go on; one that is not
// paused looks again after pauseRecheck.
const (
	pausePoll    = 250 * time.Millisecond
	pauseRecheck = 10 * time.Millisecond
)

// batch is rows that are asked for together.
type batch struct {
	rows       []*row
	secondHalf []*row // of bisected rows, if rows is the first half and its round is not over
	blank      []*row // rows beside these that are not to be asked for
	cached     []*row // rows beside these with an answer of the cache
	held       int    // bytes of rows that wait for the answer of another, and came since the last batch
	whole      bool   // as the reader sent it
	history    history
}

func newBatch(rows []*row, bisecting bool) *batch {
	return &batch{rows: rows, history: history{rows: len(rows), bisecting: bisecting}}
}

// round is what came of a batch: of its call, resent where that was worth it,
// and of the probe.
type round struct {
	batch    *batch
	outcome  outcome // the last one
	action   action  // what the coordinator does now
	labelled []reply.Row
	reason   string // why the other rows have no labels
	text     string // the reply; empty: none came
	cut      bool   // it ended at its length
	err      error  // of the last call; or of the worker, with stop
}

// askModel asks the model for the rows of a batch until the policy ends the round.
func (e *engine) askModel(ctx context.Context, b *batch) *round {
	buffers := e.buffers.Get().(*callBuffers)
	defer e.buffers.Put(buffers)
	ids := buffers.setRows(b.rows)
	req := e.buildRequest(buffers, ids, len(b.rows[0].votes), b.history.rowRetries)
	delay := newBackoff(time.Duration(e.c.Options.Delay))
	h := &b.history
	h.attempts, h.sawTransient = 0, false
	r := &round{batch: b}
	for {
		if err := e.waitWhilePaused(ctx); err != nil {
			return r.stopped(err)
		}
		if err := e.proveContract(ctx); err != nil {
			return r.stopped(err)
		}
		h.attempts++
		e.callModel(ctx, r, req, ids)
		h.sawTransient = h.sawTransient || r.outcome == transient
		r.action = nextAction(r.outcome, *h, e.c.Options.Retries)
		if r.action == probe {
			r.outcome = e.probeServer(ctx, req, r.err)
			r.action = nextAction(r.outcome, *h, e.c.Options.Retries)
		}
		if r.err != nil && ctx.Err() != nil {
			return r.stopped(context.Cause(ctx))
		}
		if r.action.endsRound() {
			return r
		}
		if err := e.c.Sleep(ctx, max(delay.NextBackOff(), e.askedWait(r.err))); err != nil {
			return r.stopped(context.Cause(ctx))
		}
	}
}

// askedWait is how long the only server wants to be left alone; of several, the
// call goes to another.
func (e *engine) askedWait(err error) time.Duration {
	if e.contract.hosts > 1 {
		return 0
	}
	return min(server.RetryAfter(err), server.LongestAskedWait)
}

// stopped ends the round, and the worker, with an error that is not of a call.
func (r *round) stopped(err error) *round {
	r.action, r.err = stop, err
	return r
}

// callModel makes one call for the rows of a round and notes what came of it.
func (e *engine) callModel(ctx context.Context, r *round, req *server.Request, ids []int64) {
	for _, row := range r.batch.rows {
		row.calls++
	}
	call := &calllog.Call{Attempt: r.batch.history.attempts, Rows: len(ids), RowIDs: ids, Style: string(e.c.Prompt.Style)}
	answer, err := e.sendCall(ctx, req, call)
	if e.asksForTooMuch(req, err) {
		req.NumPredict = req.NumCtx
		answer, err = e.sendCall(ctx, req, call)
	}
	r.err = err
	if err == nil {
		e.noteReply(r, req, ids, answer, call)
		return
	}
	r.outcome, r.reason = outcomeOf(err), err.Error()
	if r.outcome == overflow {
		r.reason = fmt.Sprintf("the prompt does not fit the context of %d tokens (%s)", e.c.Request.NumCtx, err)
	}
}

// asksForTooMuch tells a call that was refused because prompt and longest reply together
// do not fit the context, as servers of OpenAI's API count. The longest reply that the
// schema allows is many times the usual one, so the reply gets what the prompt leaves.
func (e *engine) asksForTooMuch(req *server.Request, err error) bool {
	return e.c.Options.API == server.OpenAI && server.ClassOf(err) == server.Overflow &&
		e.c.Options.NumPredict == 0 && req.NumPredict < req.NumCtx
}

// outcomeOf is the outcome of a call that failed with err.
func outcomeOf(err error) outcome {
	switch server.ClassOf(err) {
	case server.Overflow:
		return overflow
	case server.Unreachable:
		return unreachable
	case server.Busy:
		return busy
	case server.Transient:
		return transient
	}
	return permanent
}

// probeServer tells an outage from rows that the server cannot take. failed is
// the error of the last call.
func (e *engine) probeServer(ctx context.Context, req *server.Request, failed error) outcome {
	call := &calllog.Call{Attempt: 1, Outcome: calllog.Probe}
	var said *server.Error
	if errors.As(failed, &said) {
		call.Host = said.Host
	}
	e.startCall(call)
	found, err := e.model.Probe(ctx, req, call.Host)
	if err != nil {
		call.Error = err.Error()
	}
	if ctx.Err() != nil {
		return serverDown
	}
	e.logCall(call)
	switch found {
	case server.Answers:
		return serverUp
	case server.Elsewhere:
		return otherHostUp
	}
	return serverDown
}

func newBackoff(first time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = first
	b.Multiplier = 2
	b.MaxInterval = max(maxDelay, first)
	b.Reset()
	return b
}

// waitWhilePaused returns when the run is not paused, or with the cause of ctx.
func (e *engine) waitWhilePaused(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	now := e.c.Now()
	if e.c.PauseDir == "" || now.Sub(time.Unix(0, e.unpausedAt.Load())).Abs() < pauseRecheck {
		return nil
	}
	for waiting := false; ; {
		paused, err := status.IsPaused(e.c.PauseDir)
		if err != nil {
			err = fmt.Errorf("look for the pause flag: %w", err)
		}
		if waiting != paused {
			e.meter.countPaused(paused)
			waiting = paused
		}
		if err != nil || !paused {
			e.unpausedAt.Store(now.UnixNano())
			return err
		}
		if err := e.c.Sleep(ctx, pausePoll); err != nil {
			e.meter.countPaused(false)
			return context.Cause(ctx)
		}
		now = e.c.Now()
	}
}
