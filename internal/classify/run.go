package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"prism/internal/calllog"
	"prism/internal/checkpoint"
	"prism/internal/confidence"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/server"
	"prism/internal/table"
	"prism/internal/term"
)

// Messages are for people, on stderr.
type Messages interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	Debugf(format string, args ...any)
}

// Streams are what Run reads, writes and tells.
type Streams struct {
	In       io.Reader
	Out      io.Writer
	Messages Messages
	Progress func(Progress) // called several times a second; nil: not
	Now      func() time.Time
	Sleep    func(ctx context.Context, d time.Duration) error
}

// Progress is how far a worker is.
type Progress struct {
	Counts
	Total        int64 // rows; -1: unknown
	BestParallel int   // calls in flight that work best so far, with --parallel auto; 0: without it
	Paused       bool
	Done         bool // the last call
}

// Result is what a worker did. Without a RunID it ended before it began.
type Result struct {
	Counts
	RunID        string
	Resume       string // command that goes on; empty: nothing was kept
	Failures     string // file that lists the failed rows; empty: none
	Unlisted     []Unlisted
	BestParallel int // calls in flight that worked best, with --parallel auto; 0: without it
}

// Unlisted is a column with unlisted (organic) labels.
type Unlisted struct {
	Column string
	Rows   int64 // of those labelled by this process
}

// Run does a worker's job. The error, if any, says what ended it early: all
// finished rows are saved then, if there is a checkpoint folder.
func Run(outer context.Context, s WorkerOptions, io Streams) (Result, error) {
	p, err := s.checkAndLoadPrompts(outer, io)
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	if s.Model.UsesStudent() {
		if err := s.loadStudent(ctx, p.Schema, io.Messages); err != nil {
			return Result{}, err
		}
	}
	in, err := s.openInput(ctx, io.In, p.Schema)
	if err != nil {
		return Result{}, err
	}
	defer in.close()
	for _, line := range p.Warnings() {
		io.Messages.Warnf("%s: %s", s.Prompts.ConfigFile, line)
	}
	for _, line := range in.warnings {
		io.Messages.Warnf("%s", line)
	}
	w := &worker{s: &s, io: io, prompt: p, in: in, layout: in.layout}
	w.interruption = func() error { return context.Cause(outer) }
	if s.student != nil {
		w.digest = s.student.Digest()
	} else {
		if err := w.findModel(ctx); err != nil {
			return Result{}, err
		}
		defer w.client.Close()
	}
	if err := w.nameRun(); err != nil {
		return Result{}, err
	}
	defer w.closeLogs()
	if err := w.openStore(); err != nil {
		return Result{}, err
	}
	err = w.labelInput(ctx, cancel)
	if closeErr := w.store.Close(); !errors.Is(err, closeErr) { // an error of the disk is told once
		err = errors.Join(err, closeErr)
	}
	r := Result{Counts: w.counts(), RunID: s.RunID, Resume: w.resume(), Unlisted: w.unlisted, BestParallel: w.chosen()}
	if w.store.FailedRows() > 0 {
		r.Failures = w.failuresPath()
	}
	return r, err
}

// findModel finds the model on the servers, and what a call asks for.
func (w *worker) findModel(ctx context.Context) error {
	client, found, err := w.s.connect(ctx)
	if err != nil {
		return err
	}
	w.client, w.digest = client, found.Digest
	for _, err := range found.LeftOut {
		w.io.Messages.Warnf("%v; working without it", err)
	}
	w.whereRowsGo, w.saidRemote = append(client.Proxies(), found.Remote...), len(found.Remote) > 0
	for _, line := range w.whereRowsGo {
		w.io.Messages.Warnf("%s", line)
	}
	if w.request, err = w.s.newRequest(found); err != nil {
		client.Close()
		return err
	}
	if w.s.Model.AsksConfidence() {
		w.confidence = confidence.NewReader(w.prompt.Schema, w.s.Model.AllowFreeReplies, w.s.strict(w.prompt.Schema))
		w.request.LogProbs = true
		if !w.s.Model.FastConfidence {
			w.request.Alternatives = w.confidence.Alternatives()
		}
	}
	return nil
}

// chosen is how many calls in flight worked best; 0: nobody tried.
func (w *worker) chosen() int {
	if w.client == nil {
		return 0
	}
	return w.client.BestParallel()
}

// worker is one run of the engine with all that surrounds it.
type worker struct {
	s          *WorkerOptions
	io         Streams
	prompt     *prompt.Prompt
	in         *input
	layout     *layout
	client     *server.Client // nil: a student labels the rows
	request    server.Request
	digest     string             // of the model
	confidence *confidence.Reader // nil: nobody asks for it
	store      *checkpoint.Store
	meter      meter
	calls      *calllog.Writer
	log        *workerLog
	started    time.Time

	whereRowsGo []string // proxies and other servers on the way, a line each
	saidRemote  bool     // servers are among them
	blankRows   int64    // rows of a file that need no call, counted where an earlier process finished rows
	changes     []string // of the input since an earlier process, a line each
	unlisted    []Unlisted

	out *fsutil.AtomicFile // nil: the stream

	unlogged     atomic.Bool  // a call could not be logged
	interruption func() error // what ended the work from outside; nil: nothing did
}

// labelInput labels the rows, with the output, the logs and the heartbeat around it.
func (w *worker) labelInput(ctx context.Context, cancel context.CancelCauseFunc) error {
	w.started = w.io.Now()
	if err := w.openLogs(); err != nil {
		return err
	}
	out, err := w.openOutput(ctx)
	if err != nil {
		return err
	}
	beat, err := w.startHeartbeat()
	if err != nil {
		return errors.Join(err, w.closeOutput(false))
	}
	e := w.newEngine(out)
	closeCache := w.openCache(ctx, e)
	w.log.printf("started: %s, rows %s, model %s, %s prompts, batches of %d, %s in flight", w.in.name, w.rowsText(), w.s.Model.Name, w.prompt.Style, w.s.Model.BatchSize, w.s.Model.Parallel)
	for _, line := range w.whereRowsGo {
		w.log.printf("warning: %s", line)
	}
	for _, line := range w.changes {
		w.log.printf("warning: %s", line)
	}
	err = onlyChange(e.labelRows(ctx, cancel))
	closeCache()
	w.unlisted = e.listUnlisted()
	if err == nil && e.out.rows != w.counts().Rows {
		err = fmt.Errorf("bug: %d rows are finished, %d were written", w.counts().Rows, e.out.rows)
	}
	err = errors.Join(err, w.closeOutput(err == nil), w.writeFailures())
	if n := w.chosen(); n > 0 {
		w.log.printf("best with %s in parallel", term.Plural(int64(n), "call"))
	}
	w.log.printf("ended: %s", endText(err, w.counts()))
	if serr := beat.finish(err, w.interruption()); serr != nil {
		w.warn("%v", serr)
	}
	return err
}

func (w *worker) counts() Counts {
	c, _, _ := w.meter.state()
	return c
}

func (w *worker) rowsText() string {
	if w.in.rows < 0 {
		return "of a stream"
	}
	return strconv.FormatInt(w.in.rows, 10)
}

func endText(err error, c Counts) string {
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%d rows finished, %d failed", c.Rows, c.Failed)
	if c.Blank > 0 {
		text += fmt.Sprintf(", %d blank and not sent", c.Blank)
	}
	if c.NoConfidence > 0 {
		text += fmt.Sprintf(", %d without confidence", c.NoConfidence)
	}
	return text
}

func (w *worker) newEngine(out io.Writer) *engine {
	s := w.s
	first := max(s.RowStart, 1)
	src := s.newSource(w.in)
	src.store = w.store
	form := s.outputFormat(w.in)
	if s.SafeCSV && form == table.JSONL {
		w.warn("--safe-csv marks nothing: JSONL has no formulas")
	}
	e := &engine{
		c: config{
			Prompt: w.prompt, Strict: s.strict(w.prompt.Schema), Options: s.Model, Request: w.request,
			Layout: w.layout, Confidence: w.confidence,
			Tail:  recordTail(s.Model.Name, s.Model.BatchSize, s.RunID),
			Blank: s.Columns.Blank(), BlankTail: recordTail(s.Model.Name, 0, s.RunID), BlankRows: w.blankRows,
			PauseDir: job.RunDir(s.Monitoring.StatusDir, s.RunID), MaxWindow: cmp.Or(s.maxWindow, maxWindow),
			Sleep: w.io.Sleep, Now: w.io.Now, Log: w.logCall, Warn: w.warn, Note: w.log.printf,
			SaidRemote: w.saidRemote, Rows: w.in.rows,
			Lists: s.Monitoring.LogsDir != "" || s.Output.Checkpoints.Directory != "",
		},
		source: src, store: w.store, meter: &w.meter,
		out: s.newOutputWriter(w.store, w.layout, form, out), reorder: newReorderBuffer(w.store, first),
	}
	if s.student != nil {
		e.runRound, e.c.Limit = e.labelByStudent(s.student), s.Model.MostParallel
	} else {
		e.runRound, e.c.Limit, e.model = e.askModel, w.client.Limit, w.client
	}
	return e
}

// newSource makes the source of an input's rows.
func (s *WorkerOptions) newSource(in *input) *source {
	return &source{
		records: in.records, layout: in.layout, file: in.name, limit: s.Limit, until: s.RowEnd, last: max(s.RowStart, 1) - 1,
		stream: in.stable == nil, ids: table.UniqueIDs{Column: s.Columns.ID()},
	}
}
