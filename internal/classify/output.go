package classify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"prism/internal/checkpoint"
	"prism/internal/table"
)

// emitter writes finished rows to the output in input order, however they come.
// It reads them from the checkpoint, so that rows that wait for an earlier one
// wait on disk.
type emitter struct {
	store  *checkpoint.Store
	layout *layout
	form   table.Format
	out    *bufio.Writer

	streams  bool          // somebody may read the output while it is written
	next     atomic.Int64  // position that comes next
	end      atomic.Int64  // last position, once the input was read; before: -1
	waited   atomic.Bool   // somebody waits for rows to go out
	advanced chan struct{} // told then, when some did
	ready    []byte        // what Read lent, not yet taken by the record reader
	queue    [][]byte
	rows     int64
}

func newEmitter(store *checkpoint.Store, l *layout, form table.Format, out io.Writer, first int64) *emitter {
	e := &emitter{store: store, layout: l, form: form, out: bufio.NewWriterSize(out, 64<<10), advanced: make(chan struct{}, 1)}
	_, e.streams = out.(*endableWriter)
	e.next.Store(first)
	e.end.Store(-1)
	return e
}

// run writes all rows; it returns when the last one is out or ctx ends. ended
// is done when e.end is set.
func (e *emitter) run(ctx context.Context, ended context.Context) error {
	if _, err := e.out.Write(table.NewEncoder(e.form, e.layout.names).Header(nil)); err != nil {
		return err
	}
	rows := &finished{e, ctx, ended}
	write := e.convert
	if e.layout.form == table.CSV && e.form == table.CSV {
		write = e.pass
	}
	if err := write(rows); err != nil {
		return errors.Join(err, e.out.Flush())
	}
	return e.out.Flush()
}

// pass writes the records as the checkpoint has them.
func (e *emitter) pass(rows *finished) error {
	for {
		if err := rows.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for _, r := range e.queue {
			if _, err := e.out.Write(r); err != nil {
				return err
			}
		}
		e.rows += int64(len(e.queue))
		e.queue = nil
	}
}

// convert writes the records in another format than CSV or from one.
func (e *emitter) convert(finished *finished) error {
	header := table.NewEncoder(table.CSV, e.layout.names).Header(nil)
	rows, err := table.NewReader(io.MultiReader(bytes.NewReader(header), finished), table.Options{Name: "checkpoint", Format: table.CSV})
	if err != nil {
		return err
	}
	encoder := table.NewEncoder(e.form, e.layout.names)
	cells := make([]table.Cell, len(e.layout.names))
	var line, texts []byte
	for {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		texts = e.cells(cells, rec, texts[:0])
		line = encoder.Record(line[:0], cells)
		if _, err := e.out.Write(line); err != nil {
			return err
		}
		e.rows++
	}
}

// cells fills cells from a record of the checkpoint: what passed through as the
// token the input had, the rest as it is.
func (e *emitter) cells(cells []table.Cell, rec *table.Record, texts []byte) []byte {
	for i := range cells {
		if i >= len(e.layout.kept) || e.layout.form == table.CSV {
			cells[i] = table.Cell{Bytes: rec.Field(i), Form: table.CSV}
			continue
		}
		start := len(texts)
		texts = rec.Text(texts, i)
		cells[i] = table.Cell{Form: e.layout.form}
		if len(texts) > start { // else the key was absent
			cells[i].Bytes = texts[start:]
		}
	}
	return texts
}

// finished is the stream of the checkpoint's records in input order.
type finished struct {
	e          *emitter
	ctx, ended context.Context
}

func (f *finished) Read(p []byte) (int, error) {
	e := f.e
	for len(e.ready) == 0 {
		if len(e.queue) > 0 {
			e.ready, e.queue = e.queue[0], e.queue[1:]
			break
		}
		if err := f.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	return n, nil
}

// fill waits for the rows that come next and queues them. Meanwhile what was
// written to a stream is flushed, so that its reader sees each row when it is
// finished.
func (f *finished) fill() error {
	e := f.e
	pos, end := e.next.Load(), e.end.Load()
	if end >= 0 && pos > end {
		return io.EOF
	}
	if e.streams && !e.store.Ready(pos) {
		if err := e.out.Flush(); err != nil {
			return err
		}
	}
	wait := f.ctx
	if end < 0 {
		wait = f.ended
	}
	records, err := e.store.Read(wait, pos)
	if err != nil {
		if wait.Err() != nil && f.ctx.Err() == nil {
			return nil // the input's end is known now: look again
		}
		return err
	}
	e.queue = records
	e.next.Store(pos + int64(max(len(records), 1)))
	if e.waited.Load() {
		select {
		case e.advanced <- struct{}{}:
		default:
		}
	}
	return nil
}
