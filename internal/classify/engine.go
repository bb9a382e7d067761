package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"prism/internal/calllog"
	"prism/internal/checkpoint"
	"prism/internal/ollama"
	"prism/internal/prompt"
	"prism/internal/reply"
)

// maxBacklog bounds the finished rows that wait for an earlier one, in the weight
// that the checkpoint gives them: about 100 bytes of memory and at most 4 KiB of
// disk each.
const maxBacklog = 1 << 16

// maxReply bounds the reply that is kept of a failed row, in bytes.
const maxReply = 64 << 10

// maxWarnings bounds the organic labels that are warned of, once each, and the
// failed rows, where a file lists them. All are counted.
const maxWarnings = 5

// model is what the engine asks of a server.
type model interface {
	Chat(ctx context.Context, r *ollama.Request) (*ollama.Reply, error)
	Probe(ctx context.Context, r *ollama.Request, host string) (ollama.Health, error)
}

// config is what the engine needs to know of the job.
type config struct {
	Schema     *prompt.Schema
	Strict     bool
	BatchSize  int
	Parallel   int // calls in flight
	Retries    int
	Delay      time.Duration // before the first retry
	NumPredict int           // 0: from the schema
	Request    ollama.Request
	Tail       []byte // cells that end each record: model, batch size, run ID
	PauseDir   string // where pause.flag may be; empty: nowhere
	Backlog    int    // 0: maxBacklog

	Sleep func(ctx context.Context, d time.Duration) error
	Now   func() time.Time
	Log   func(*calllog.Call)
	Warn  func(format string, args ...any) // to people and the log
	Note  func(format string, args ...any) // to the log
	Lists bool                             // failed rows are listed in a file
}

// engine labels the rows of a source. One goroutine reads rows, one per call
// asks the model, one writes the output; all that changes the state of rows
// happens in coordinate.
type engine struct {
	c      config
	source *source
	store  *checkpoint.Store
	out    *emitter
	model  model
	meter  *meter

	results    chan *round
	waiting    []*batch // to do again, next last
	inFlight   int
	organic    map[reply.Label]bool
	failed     int // rows
	calls      callCounter
	unpausedAt atomic.Int64     // when the run was last seen not to be paused, Unix ns
	buffers    sync.Pool        // of *callBuffers
	finished   []checkpoint.Row // commit's
	records    []byte           // commit's
}

// run labels all rows. It returns nil when every row is finished or failed.
// cancel ends ctx, and with it whatever the reading of rows waits for.
func (e *engine) run(ctx context.Context, cancel context.CancelCauseFunc) error {
	e.results = make(chan *round, e.c.Parallel)
	e.organic = map[reply.Label]bool{}
	e.buffers.New = func() any { return new(callBuffers) }
	batches := make(chan *batch)
	quit := make(chan struct{})
	ended, end := context.WithCancel(ctx)
	defer end()

	var side errgroup.Group
	var readErr error
	side.Go(func() error {
		readErr = e.batches(batches, quit)
		e.out.end.Store(e.source.last)
		end()
		return nil
	})
	var outErr error
	side.Go(func() error {
		err := e.out.run(ctx, ended)
		switch {
		case err != nil && errors.Is(err, ctx.Err()):
			outErr = context.Cause(ctx)
		case err != nil:
			outErr = fmt.Errorf("write output: %w", err)
			cancel(outErr)
		}
		return nil
	})
	err := e.coordinate(ctx, cancel, batches)
	close(quit)
	if err != nil {
		cancel(err)
	}
	for range batches { // let the reader see quit
	}
	_ = side.Wait() // both keep their errors apart
	switch {
	case err != nil:
		return err
	case outErr != nil:
		return outErr
	}
	return readErr
}

// coordinate keeps the calls in flight and settles what comes of them. It
// returns when there is nothing left to do, or what ended the work early.
func (e *engine) coordinate(ctx context.Context, cancel context.CancelCauseFunc, batches <-chan *batch) error {
	var stop error
	done := ctx.Done()
	backlog := cmp.Or(e.c.Backlog, maxBacklog)
	for more := true; ; {
		free := stop == nil && e.inFlight < e.c.Parallel
		if free && len(e.waiting) > 0 {
			last := len(e.waiting) - 1
			e.startRound(ctx, e.waiting[last])
			e.waiting = e.waiting[:last]
			continue
		}
		if e.inFlight == 0 && (stop != nil || !more) {
			return stop
		}
		in := batches
		if !free || !more || e.tooFarAhead(backlog) {
			in = nil
		}
		select {
		case w, open := <-in:
			if more = open; open {
				e.startRound(ctx, w)
			}
		case r := <-e.results:
			e.inFlight--
			if err := e.settle(r); err != nil && stop == nil {
				stop = err
				cancel(err)
			}
		case <-e.out.advanced:
		case <-done:
			done = nil
			if stop == nil {
				stop = context.Cause(ctx)
			}
		}
	}
}

// tooFarAhead tells whether too many finished rows wait for an earlier one; the
// emitter tells when that may have changed.
func (e *engine) tooFarAhead(backlog int) bool {
	if e.store.Backlog() <= backlog {
		e.out.waited.Store(false)
		return false
	}
	e.out.waited.Store(true)
	return e.store.Backlog() > backlog // some may have gone out before the emitter knew
}

func (e *engine) startRound(ctx context.Context, b *batch) {
	e.inFlight++
	go func() { e.results <- e.runRound(ctx, b) }()
}
