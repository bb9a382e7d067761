package classify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"prism/internal/calllog"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/server"
	"prism/internal/table"
)

// callBuffers is the memory that a call is made in. Calls that follow each other
// share it.
type callBuffers struct {
	mentions     []prompt.Mention
	user, format []byte
}

// setRows sets the rows of the call and returns their RowIDs, which are the caller's.
func (b *callBuffers) setRows(rows []*row) []int64 {
	b.mentions = b.mentions[:0]
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.RowID
		b.mentions = append(b.mentions, r.Mention)
	}
	return ids
}

// buildRequest builds the call for the rows of b, in whose memory it lives; vote is how many
// answers they have, with several votes. When a
// single row is asked for again, sampling is loosened a little: at temperature 0
// the same prompt gives the same reply.
func (e *engine) buildRequest(b *callBuffers, ids []int64, vote, rowRetries int) *server.Request {
	b.user = e.c.Prompt.AppendUser(b.user[:0], b.mentions)
	b.format = e.c.Prompt.AppendReplySchema(b.format[:0], ids, e.c.Strict)
	req := e.c.Request
	req.System, req.User, req.Format = e.c.Prompt.System, b.user, b.format
	req.Seed += vote * seedStep
	req.NumPredict = e.c.Options.NumPredict
	switch {
	case req.NumPredict > 0:
	case e.thinks.Load(): // for as long as the context lasts
		req.NumPredict = req.NumCtx
	default:
		req.NumPredict = e.c.Prompt.NumPredict(len(ids), e.c.Strict)
	}
	if rowRetries > 0 {
		req.Seed += rowRetries
		req.Temperature = max(req.Temperature, 0.2*float64(min(rowRetries, 5)))
	}
	return &req
}

// callsLeft is about how many calls are on their way or to come; 0: not known.
func (e *engine) callsLeft() int {
	c, _, _ := e.meter.state()
	rows := e.c.Rows - c.Rows - c.Failed
	if rows <= 0 {
		return 0
	}
	return (int((rows-1)/int64(e.c.Options.BatchSize)) + 1) * max(e.c.Options.Votes, 1)
}

// sendCall makes one call and, if no reply came, logs it.
func (e *engine) sendCall(ctx context.Context, req *server.Request, call *calllog.Call) (*server.Reply, error) {
	e.startCall(call)
	req.Left = e.callsLeft()
	r, err := e.model.Chat(ctx, req)
	call.Total = e.c.Now().Sub(call.Time)
	if err == nil {
		call.Host = r.Host
		call.PromptTokens, call.CachedTokens, call.Tokens = r.PromptTokens, r.CachedTokens, r.Tokens
		call.Load, call.Prompt, call.Eval = r.Load, r.PromptEval, r.Eval
		if r.RemoteHost != "" {
			e.warnRemote(server.RemoteText(r.Host, req.Model, r.RemoteHost, ""))
		}
		return r, nil
	}
	if ctx.Err() != nil {
		return nil, err // an interrupt is not a fault of the call
	}
	call.Error = err.Error()
	var oe *server.Error
	if errors.As(err, &oe) {
		call.Host = oe.Host
	}
	switch class := server.ClassOf(err); {
	case class.Retryable():
		call.Outcome = calllog.Transient
	case class == server.Overflow:
		call.Outcome = calllog.Overflow
	default:
		call.Outcome = calllog.Permanent
	}
	e.logCall(call)
	return nil, err
}

// startCall gives the call its number and its time.
func (e *engine) startCall(call *calllog.Call) {
	e.clearCall(call)
	call.Call = e.calls.Add(1)
}

// clearCall gives the call its time and no figures.
func (e *engine) clearCall(call *calllog.Call) {
	call.Time = e.c.Now()
	call.PromptTokens, call.CachedTokens, call.Tokens = calllog.NotSaid, calllog.NotSaid, calllog.NotSaid
	call.Load, call.Prompt, call.Eval = -1, -1, -1
}

// logCall counts and logs a call that is over.
func (e *engine) logCall(call *calllog.Call) {
	if call.Total == 0 {
		call.Total = e.c.Now().Sub(call.Time)
	}
	e.meter.countCall(call)
	e.c.Log(call)
}

// noteReply reads a reply and notes which of the rows have labels, and why others
// have none; package reply matches it to their RowIDs.
func (e *engine) noteReply(r *round, req *server.Request, ids []int64, answer *server.Reply, call *calllog.Call) {
	got := reply.Read(answer.Text, ids, e.c.Prompt, e.c.Strict)
	if e.c.Confidence != nil && len(got.Rows) > 0 {
		e.c.Confidence.SetConfidence(got.Rows, answer.Text, answer.LogProbs)
	}
	r.labelled, r.text, r.reason = got.Rows, answer.Text, ""
	r.cut = answer.DoneReason == server.Length
	if len(got.Faults) > 0 {
		r.reason = got.Faults[0].Reason
		call.Error = fmt.Sprintf("RowID %d: %s", got.Faults[0].RowID, r.reason)
	}
	switch {
	case len(got.Rows) == len(ids):
		r.outcome, call.Outcome = allLabelled, calllog.OK
	case len(got.Rows) > 0:
		r.outcome, call.Outcome = someLabelled, calllog.Partial
	default:
		r.outcome, call.Outcome = noneLabelled, calllog.Bad
	}
	switch {
	case r.outcome == allLabelled || answer.DoneReason != server.Length:
	case r.outcome == noneLabelled && answer.CutWhileThinking():
		r.outcome, r.reason = cutThinking, fmt.Sprintf("the reply was truncated while thinking, after %d tokens", answer.Tokens)
		call.Outcome, call.Error = calllog.Cut, "the reply was truncated while thinking"
		if !e.thinks.Swap(true) && req.NumPredict < req.NumCtx && e.c.Options.NumPredict == 0 {
			r.outcome = needsRoom
		}
	default:
		call.Outcome, call.Error = calllog.Cut, "the reply was truncated by its length limit"
		r.reason = fmt.Sprintf("the reply was truncated after %d tokens", answer.Tokens)
	}
	call.Labelled = len(got.Rows)
	e.logCall(call)
}

// appendRecord appends the labelled row as a checkpoint holds it: with those of its values
// that the output has, and how sure they are.
func (l *layout) appendRecord(dst []byte, r *row, labelled *reply.Row, tail []byte) []byte {
	dst = append(dst, r.kept...)
	for _, i := range l.coded {
		dst = table.AppendCSV(append(dst, ','), []byte(labelled.Values[i]))
	}
	dst = appendShares(dst, l.sure, labelled.Confidence)
	dst = appendShares(dst, l.voted, labelled.Agreement)
	return append(append(dst, ','), tail...)
}

// shareDigits are those of a share behind the point; with 0. it takes longestShare bytes
// and a comma.
const shareDigits, longestShare = 6, 9

// appendShares appends the cells of some columns' shares, from 0 to 1; NaN and nil are empty ones.
func appendShares(dst []byte, columns []int, shares []float64) []byte {
	for _, i := range columns {
		dst = append(dst, ',')
		if shares != nil && !math.IsNaN(shares[i]) {
			const unit = 1e6 // of the last digit
			dst = strconv.AppendFloat(dst, math.Round(shares[i]*unit)/unit, 'f', -1, 64)
		}
	}
	return dst
}

// recordTail is the cells that end each record.
func recordTail(model string, batchSize int, runID string) []byte {
	dst := table.AppendCSV(nil, []byte(model))
	dst = strconv.AppendInt(append(dst, ','), int64(batchSize), 10)
	return table.AppendCSV(append(dst, ','), []byte(runID))
}
