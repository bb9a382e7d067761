package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"prism/internal/checkpoint"
	"prism/internal/ollama"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/status"
)

// maxBacklog bounds the finished rows that wait for an earlier one, in the weight
// that the checkpoint gives them: about 100 bytes of memory and at most 4 KiB of
// disk each.
const maxBacklog = 1 << 16

// maxAnew is how often rows are asked for as if they were new, because the probe
// found the server back or another one up, before they are suspected after all.
const maxAnew = 3

// maxReply bounds the reply that is kept of a failed row, in bytes.
const maxReply = 64 << 10

// maxOrganic bounds the organic labels that are warned of, once each; all are counted.
const maxOrganic = 5

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
	Log   func(*status.Call)
	Warn  func(format string, args ...any)
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

	results  chan *result
	waiting  []*work // to do again, next last
	inFlight int
	organic  map[reply.Label]bool
	calls    callCounter
	ungated  atomic.Int64     // when the run was last seen not to be paused, Unix ns
	texts    sync.Pool        // of *texts
	finished []checkpoint.Row // commit's
	records  []byte           // commit's
}

// result is what came of the rows of one model call, its retries included.
type result struct {
	work   *work
	rows   []reply.Row
	fault  []reply.Fault
	text   string // the reply; empty: none came
	why    string // no reply: why not
	final  bool   // asking again for a single row is in vain
	blamed bool   // no reply, and the rows may be the reason
	probed bool   // blamed, and then the probe went well
	anew   bool   // the server is back, or another one took its place
	err    error  // ends the worker: outage, missing model, interrupt
}

// run labels all rows. It returns nil when every row is finished or failed.
// cancel ends ctx, and with it whatever the reading of rows waits for.
func (e *engine) run(ctx context.Context, cancel context.CancelCauseFunc) error {
	e.results = make(chan *result, e.c.Parallel)
	e.organic = map[reply.Label]bool{}
	e.texts.New = func() any { return new(texts) }
	batches := make(chan *work)
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
func (e *engine) coordinate(ctx context.Context, cancel context.CancelCauseFunc, batches <-chan *work) error {
	var stop error
	done := ctx.Done()
	backlog := cmp.Or(e.c.Backlog, maxBacklog)
	for more := true; ; {
		free := stop == nil && e.inFlight < e.c.Parallel
		if free && len(e.waiting) > 0 {
			last := len(e.waiting) - 1
			e.start(ctx, e.waiting[last])
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
				e.start(ctx, w)
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

func (e *engine) start(ctx context.Context, w *work) {
	e.inFlight++
	go func() { e.results <- e.ask(ctx, w) }()
}

// settle saves the rows that a call finished and decides about the others.
func (e *engine) settle(r *result) error {
	if len(r.rows) > 0 {
		if err := e.commit(r.work.rows, r.rows); err != nil {
			return err
		}
	}
	if r.err != nil {
		return r.err
	}
	w := r.work
	if r.anew {
		if w.anew++; w.anew <= maxAnew {
			e.again(w)
			return nil
		}
		r.blamed, r.probed = true, true
	}
	e.tryRest(w.rest, r.blamed)
	switch {
	case len(r.rows) == len(w.rows):
		return nil
	case len(r.rows) > 0:
		e.again(&work{rows: without(w.rows, r.rows), suspect: w.suspect})
		return nil
	case r.blamed && len(w.rows) > 1:
		e.onTrial(w.rows)
		return nil
	case len(w.rows) > 1:
		half := len(w.rows) / 2
		e.again(&work{rows: w.rows[half:], suspect: w.suspect})
		e.again(&work{rows: w.rows[:half], suspect: w.suspect})
		return nil
	case r.probed && !w.suspect:
		e.again(&work{rows: w.rows, suspect: true})
		return nil
	}
	if w.tries++; w.tries < e.c.Retries && !r.final && !r.probed {
		e.again(w)
		return nil
	}
	return e.fail(w.rows[0], r)
}

// onTrial halves rows of which one at least goes wrong while the server is up. The
// first half tells about the second: if it is well the second is not, and need
// not be sent as it is.
func (e *engine) onTrial(rows []*row) {
	half := len(rows) / 2
	e.again(&work{rows: rows[:half], rest: rows[half:], suspect: true})
}

// tryRest goes on with the second half of rows on trial.
func (e *engine) tryRest(rest []*row, firstBlamed bool) {
	switch {
	case len(rest) == 0:
	case firstBlamed || len(rest) == 1:
		e.again(&work{rows: rest, suspect: true})
	default:
		e.onTrial(rest)
	}
}

func (e *engine) again(w *work) { e.waiting = append(e.waiting, w) }

// without returns the rows whose RowID is not among the labelled.
func without(rows []*row, labelled []reply.Row) []*row {
	var rest []*row
	for _, r := range rows {
		if !slices.ContainsFunc(labelled, func(l reply.Row) bool { return l.RowID == r.RowID }) {
			rest = append(rest, r)
		}
	}
	return rest
}

func (e *engine) commit(asked []*row, labelled []reply.Row) error {
	rows, buf := e.finished[:0], e.records[:0]
	organic := 0
	for _, l := range labelled {
		i := slices.IndexFunc(asked, func(r *row) bool { return r.RowID == l.RowID })
		if i < 0 {
			return fmt.Errorf("bug: the reply reader gave RowID %d, which was not asked for", l.RowID)
		}
		start := len(buf)
		buf = e.record(buf, asked[i], &l) // where it moves, the records before stay where they are
		rows = append(rows, checkpoint.Row{Pos: asked[i].pos, Record: buf[start:]})
		organic += len(l.Organic)
		e.warnOrganic(&l)
	}
	e.finished, e.records = rows, buf
	if err := e.store.Append(rows); err != nil {
		return err
	}
	e.meter.finish(len(rows), organic)
	return nil
}

func (e *engine) warnOrganic(l *reply.Row) {
	for _, o := range l.Organic {
		if e.organic[o] || len(e.organic) > maxOrganic {
			continue
		}
		e.organic[o] = true
		if len(e.organic) <= maxOrganic {
			e.c.Warn("organic label %q in %s (RowID %d)", o.Label, o.Column, l.RowID)
		} else {
			e.c.Warn("more organic labels follow, which are only counted; prism-stats lists them")
		}
	}
}

// fail gives a row up.
func (e *engine) fail(r *row, why *result) error {
	reason := why.why
	if reason == "" && len(why.fault) > 0 {
		reason = why.fault[0].Reason
	}
	f := checkpoint.Failure{
		Position: r.pos, RowID: r.RowID, Line: r.line, Reason: reason, Attempts: r.calls,
		Reply: strings.ToValidUTF8(why.text[:min(len(why.text), maxReply)], "�"),
	}
	if err := e.store.Fail(f); err != nil {
		return err
	}
	e.meter.fail(reason)
	e.c.Warn("%s failed after %s: %s", e.source.place(r), Plural(int64(r.calls), "call"), reason)
	return nil
}

func (s *source) place(r *row) string {
	if r.line > 0 {
		return fmt.Sprintf("%s:%d: RowID %d", s.file, r.line, r.RowID)
	}
	return fmt.Sprintf("%s: row %d: RowID %d", s.file, r.pos, r.RowID)
}

// Plural is a count with its noun.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
