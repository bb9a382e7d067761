package classify

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"prism/internal/job"
	"prism/internal/rate"
	"prism/internal/status"
)

// progressEvery is how often the progress is told.
const progressEvery = 200 * time.Millisecond

// listedParts is how many names of parts a status file has: it is rewritten every
// second, and a worker can have many thousands of parts.
const listedParts = 16

// heartbeat replaces the status file and tells the progress while the engine works.
type heartbeat struct {
	w      *worker
	base   status.Worker
	rows   rate.Meter
	tokens rate.Meter
	paused bool
	warned bool
	quit   chan struct{}
	done   sync.WaitGroup
}

// startHeartbeat writes the first status and starts beating.
func (w *worker) startHeartbeat() (*heartbeat, error) {
	s := w.s
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("host name: %w", err)
	}
	b := &heartbeat{w: w, quit: make(chan struct{}), base: status.Worker{
		WorkerID: s.WorkerID, RunID: s.RunID, State: status.Starting, StartedAt: status.At(w.started),
		RowStart: s.RowStart, RowEnd: s.RowEnd, TotalRows: max(w.in.rows, 0),
		PID: os.Getpid(), ProcessStart: status.ProcessStart(os.Getpid()), Host: host, Label: s.label(), Model: s.Model.Name, Resume: w.resume(),
	}}
	if w.in.rows >= 0 {
		b.base.RowStart = max(b.base.RowStart, 1)
		b.base.RowEnd = b.base.RowStart + w.in.rows - 1
	}
	if s.Monitoring.LogsDir != "" {
		if b.base.Log, err = filepath.Abs(w.logPath()); err != nil {
			return nil, err
		}
	}
	if err := b.writeStatus(status.Starting, "", nil); err != nil {
		return nil, err
	}
	b.done.Add(1)
	go b.beatUntilQuit()
	return b, nil
}

func (b *heartbeat) beatUntilQuit() {
	defer b.done.Done()
	every := progressEvery
	if b.w.io.Progress == nil {
		every = status.HeartbeatEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := b.w.io.Now()
	for {
		select {
		case <-b.quit:
			return
		case <-tick.C:
		}
		b.reportProgress(false)
		now := b.w.io.Now()
		if now.Sub(last) < status.HeartbeatEvery {
			continue
		}
		last = now
		if err := b.writeStatus(b.logPauses(), "", nil); err != nil && !b.warned {
			b.warned = true
			b.w.warn("%v", err)
		}
	}
}

// logPauses tells running from paused and logs the change.
func (b *heartbeat) logPauses() status.State {
	_, paused, _ := b.w.meter.state()
	if paused != b.paused {
		b.paused = paused
		if paused {
			b.w.log.printf("Paused... waiting to resume")
			b.w.io.Messages.Infof("Paused... waiting to resume")
		} else {
			b.w.log.printf("resumed")
			b.w.io.Messages.Infof("resumed")
		}
	}
	if paused {
		return status.Paused
	}
	return status.Running
}

func (b *heartbeat) reportProgress(done bool) {
	if b.w.io.Progress != nil {
		c, paused, _ := b.w.meter.state()
		b.w.io.Progress(Progress{Counts: c, Total: b.w.in.rows, BestParallel: b.w.chosen(), Paused: paused, Done: done})
	}
}

// listServers says what each of several servers did.
func (w *worker) listServers() []status.Server {
	if w.client == nil {
		return nil
	}
	loads := w.client.Loads()
	if len(loads) == 1 {
		return nil
	}
	out := make([]status.Server, len(loads))
	for i, l := range loads {
		out[i] = status.Server{Host: l.Name, Calls: l.Calls, Errors: l.Errors, InFlight: l.InFlight, Parallel: l.Limit, SetAside: l.Avoided}
	}
	return out
}

func (b *heartbeat) writeStatus(state status.State, reason status.Reason, end error) error {
	w := b.w
	if w.s.Monitoring.StatusDir == "" {
		return nil
	}
	c, _, lastErr := w.meter.state()
	now := w.io.Now()
	b.rows.Observe(now, float64(c.Labelled+c.Failed))
	b.tokens.Observe(now, float64(c.Tokens))
	if state == status.Paused {
		b.rows.Reset(now)
		b.tokens.Reset(now)
	}
	st := b.base
	st.State = state
	st.UpdatedAt = status.At(now)
	st.RowsProcessed = c.Rows + c.Failed
	st.RowsFailed = c.Failed
	st.RowsResumed, st.RowsBlank, st.RowsCached, st.RowsWithoutConfidence = c.Resumed, c.Blank, c.Cached, c.NoConfidence
	st.APICalls, st.Retries, st.Errors = c.Calls, c.Retries, c.Errors
	st.Tokens, st.PromptTokens = c.Tokens, c.PromptTokens
	st.RowsPerSec, st.TokensPerSec = b.rows.Rate(now), b.tokens.Rate(now)
	st.Checkpoints, st.CheckpointCount = w.store.PartNames(listedParts)
	st.Parallel, st.Servers = w.chosen(), w.listServers()
	st.LastError = lastErr
	if end != nil {
		st.LastError, st.Hint = end.Error(), Hint(end, w.s.Model.Name)
		st.StopReason = reason
		if reason == status.Unreachable {
			st.Cause, st.Permanent = ServerCause(end), IsPermanent(end)
		}
	}
	return st.WriteFile(job.RunDir(w.s.Monitoring.StatusDir, w.s.RunID))
}

// finish ends the beating with a last status. end is what ended the work early,
// interruption what ended the context from outside.
func (b *heartbeat) finish(end, interruption error) error {
	close(b.quit)
	b.done.Wait()
	b.reportProgress(true)
	switch {
	case end == nil:
		return b.writeStatus(status.Completed, "", nil)
	case interruption != nil && errors.Is(end, interruption):
		return b.writeStatus(status.Stopped, status.Interrupted, end)
	case IsServer(end):
		return b.writeStatus(status.Stopped, status.Unreachable, end)
	case IsUsage(end):
		return b.writeStatus(status.Failed, status.BadInput, end)
	}
	return b.writeStatus(status.Failed, status.InternalError, end)
}
