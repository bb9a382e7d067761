package classify

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"prism/internal/calllog"
	"prism/internal/checkpoint"
	"prism/internal/confidence"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/server"
)

// maxReply bounds the reply that is kept of a failed row, in bytes.
const maxReply = 64 << 10

// maxWarnings bounds the organic labels that are warned of, once each, and the
// failed rows, where a file lists them. All are counted.
const maxWarnings = 5

// model is what the engine asks of a server.
type model interface {
	Chat(ctx context.Context, r *server.Request) (*server.Reply, error)
	Probe(ctx context.Context, r *server.Request, host string) (server.Health, error)
	ProveContract(ctx context.Context, r *server.Request, retries int, wait func(int, time.Duration) error) (*server.Contract, error)
	ProveLogProbs(ctx context.Context, r *server.Request, retries int, wait func(int, time.Duration) error) (*server.Contract, error)
	ProveRefusal(ctx context.Context, r *server.Request, always bool) error
}

// config is what the engine needs to know of the job.
type config struct {
	Prompt     *prompt.Prompt
	Strict     bool
	Options    job.CallOptions
	Request    server.Request
	Layout     *layout            // of records
	Confidence *confidence.Reader // of the values; nil: nobody asks for it
	Tail       []byte             // cells that end each record: model, batch size, run ID
	Blank      string             // what is done with blank rows, see job.InputColumns
	BlankTail  []byte             // Tail of a row that no call had
	BlankRows  int64              // rows of the input that need no call, as far as it is known
	PauseDir   string             // where pause.flag may be; empty: nowhere
	SaidRemote bool               // people know that the server passes calls on
	Rows       int64              // of the input; below 0: not known
	MaxWindow  int                // bytes of finished rows that may wait for one before them

	Limit func() int // calls that may be in flight now; it may change when calls end
	Sleep func(ctx context.Context, d time.Duration) error
	Now   func() time.Time
	Log   func(*calllog.Call)
	Warn  func(format string, args ...any) // to people and the log
	Note  func(format string, args ...any) // to the log
	Lists bool                             // failed rows are listed in a file
}

// engine labels the rows of a source. All that changes the state of rows happens
// in coordinate, in one goroutine. Beside it one reads the input, one a batch asks
// the model, and one writes the output.
type engine struct {
	c      config
	source *source
	store  *checkpoint.Store
	out    *outputWriter
	model  model // nil: a student labels the rows
	meter  *meter

	// runRound labels the rows of a batch, or finds out why it cannot: askModel, or what
	// labelByStudent returns.
	runRound func(ctx context.Context, b *batch) *round

	answers *answers // of the cache; nil: there is none
	held    int      // bytes of rows that wait for the answer of another, about

	batches          chan *batch // from the reader
	seen             chan int64  // from the reader: the last position read, if it grew
	rounds           chan *batch // to ask for, at most as many as calls may be in flight
	results          chan *round
	queue            []*batch // to be asked for next, the last one first
	inFlight         int
	reorder          *reorderBuffer
	organic          map[reply.Label]bool // that were warned of
	unlistedRows     map[string]int64     // rows with an organic label, by column
	failed           int                  // rows
	warnedConfidence bool                 // people were told that rows have no confidence
	heldRounds       []*round             // of whole batches, while no row is labelled
	resumed          bool                 // an earlier process finished rows
	answered         bool                 // a reply had labels for a row
	finished         []checkpoint.Row     // of commit

	contract   contract
	thinks     atomic.Bool  // the model thinks before it answers
	saidRemote atomic.Bool  // people were told that the server passes calls on
	calls      atomic.Int64 // made so far
	unpausedAt atomic.Int64 // when the run was last seen not to be paused, Unix ns
	buffers    sync.Pool    // of *callBuffers
}

// labelRows labels all rows. It returns nil when every row is finished or failed.
// cancel ends ctx, and with it whatever the reading of rows waits for.
func (e *engine) labelRows(ctx context.Context, cancel context.CancelCauseFunc) error {
	e.batches = make(chan *batch)
	e.seen = make(chan int64, 1)
	most := e.c.Options.MostParallel()
	e.rounds = make(chan *batch, most)
	e.results = make(chan *round, most)
	e.organic, e.unlistedRows = map[reply.Label]bool{}, map[string]int64{}
	e.resumed = e.store.FinishedRows() > e.c.BlankRows
	e.buffers.New = func() any { return new(callBuffers) }
	quit := make(chan struct{})
	for range most {
		go e.runRounds(ctx)
	}
	defer close(e.rounds)

	var side errgroup.Group
	var readErr, writeErr error // apart: the error of the coordinator comes first
	side.Go(func() error {
		readErr = e.readBatches(quit)
		return nil
	})
	side.Go(func() error {
		defer close(e.out.done)
		if err := e.out.writeChunks(); err != nil {
			writeErr = cmp.Or(context.Cause(ctx), fmt.Errorf("write output: %w", err))
			cancel(writeErr)
		}
		return nil
	})
	err := e.coordinate(ctx, cancel)
	close(quit)
	if err != nil {
		cancel(err)
	}
	for range e.batches { // let the reader see quit
	}
	e.reorder.read = e.source.last
	e.handOutRest()
	_ = side.Wait() // both keep their errors apart
	return cmp.Or(err, writeErr, readErr)
}

// coordinate keeps the calls in flight, settles what comes of them, and hands
// finished rows to the writer when it is their turn. It returns when there is
// nothing left to ask for, or what ended the work early.
func (e *engine) coordinate(ctx context.Context, cancel context.CancelCauseFunc) error {
	var ended error
	done := ctx.Done()
	for inputOpen := true; ; {
		mayCall := ended == nil && e.inFlight < e.c.Limit()
		if mayCall && len(e.queue) > 0 {
			last := len(e.queue) - 1
			e.startRound(e.queue[last])
			e.queue = e.queue[:last]
			continue
		}
		bufferFull := e.reorder.bytes+e.held > e.c.MaxWindow
		if e.inFlight == 0 && ended == nil && (!inputOpen || bufferFull) && len(e.heldRounds) > 0 {
			ended = e.settleHeldRounds()
			continue
		}
		if e.inFlight == 0 && (ended != nil || !inputOpen) {
			return ended
		}
		var chunks chan<- chunk
		if e.reorder.fillChunk() {
			chunks = e.out.chunks
		}
		allWaitForReader := e.inFlight == 0 && len(e.queue) == 0 && chunks == nil // all wait for a row that the reader has
		var batches <-chan *batch
		if inputOpen && (!bufferFull || allWaitForReader) && (mayCall || ended == nil && e.answers != nil && len(e.queue) == 0) {
			batches = e.batches
		}
		select {
		case b, open := <-batches:
			if inputOpen = open; open {
				if ended = e.takeBatch(b); ended != nil {
					cancel(ended)
				}
			}
		case pos := <-e.seen:
			e.reorder.read = pos
		case r := <-e.results:
			e.inFlight--
			if err := e.settleOrHold(r); err != nil && ended == nil {
				ended = err
				cancel(err)
			}
		case chunks <- e.reorder.ready:
			e.reorder.release()
		case <-done:
			done = nil
			if ended == nil {
				ended = context.Cause(ctx)
			}
		}
	}
}

// takeBatch settles the rows of a batch of the reader that need no call, and asks for the
// others, once a call may start.
func (e *engine) takeBatch(b *batch) error {
	if err := e.settleBlank(b.blank); err != nil {
		return err
	}
	if err := e.settleCached(b.cached); err != nil {
		return err
	}
	e.held += b.held
	b.whole = true
	switch {
	case len(b.rows) == 0:
	case e.inFlight < e.c.Limit():
		e.startRound(b)
	default:
		e.askNext(b)
	}
	return nil
}

func (e *engine) startRound(b *batch) {
	e.inFlight++
	e.rounds <- b
}

// runRounds asks for the batches of rounds, one after the other.
func (e *engine) runRounds(ctx context.Context) {
	for b := range e.rounds {
		e.results <- e.runRound(ctx, b)
	}
}

// handOutRest gives the writer the rows that are left, up to the first that is not
// finished, and then nothing more.
func (e *engine) handOutRest() {
	defer close(e.out.chunks)
	for e.reorder.fillChunk() {
		select {
		case e.out.chunks <- e.reorder.ready:
			e.reorder.release()
		case <-e.out.done: // it failed
			return
		}
	}
}
