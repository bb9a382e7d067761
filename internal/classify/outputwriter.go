package classify

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"prism/internal/checkpoint"
	"prism/internal/table"
)

// outputWriter writes finished rows, which come to it in input order.
type outputWriter struct {
	store  *checkpoint.Store
	layout *layout
	form   table.Format
	out    *bufio.Writer

	streams bool          // somebody may read the output while it is written
	chunks  chan chunk    // from the coordinator; it closes it after the last one
	done    chan struct{} // closed when nothing more will be written
	queue   [][]byte      // records of the chunk at hand, not yet taken by convertRecords
	rest    []byte        // of a record that is being taken
	rows    int64         // written
}

func (s *WorkerOptions) newOutputWriter(store *checkpoint.Store, l *layout, form table.Format, out io.Writer) *outputWriter {
	w := &outputWriter{store: store, layout: l, form: form, chunks: make(chan chunk), done: make(chan struct{})}
	_, w.streams = out.(*cancelWriter)
	if s.SafeCSV && form != table.JSONL {
		out = table.NewFormulaGuard(out, form) // it keeps nothing back, as each record has its line ending
	}
	w.out = bufio.NewWriterSize(out, 64<<10)
	return w
}

// writeChunks writes the header and all rows; it returns after the last chunk.
func (w *outputWriter) writeChunks() error {
	if _, err := w.out.Write(w.layout.header(w.form)); err != nil {
		return err
	}
	write := w.convertRecords
	if w.layout.form == table.CSV && w.form == table.CSV {
		write = w.copyRecords
	}
	if err := write(); err != nil {
		_ = w.out.Flush() // the rows before; the first error tells
		return err
	}
	return w.out.Flush()
}

// nextRecords returns the records of the next chunk, io.EOF after the last. While
// it waits, all that was written to a stream is flushed, so that its reader sees
// each row when it is finished.
func (w *outputWriter) nextRecords() ([][]byte, error) {
	var c chunk
	open := true
	select {
	case c, open = <-w.chunks:
	default:
		if w.streams {
			if err := w.out.Flush(); err != nil {
				return nil, err
			}
		}
		c, open = <-w.chunks
	}
	switch {
	case !open:
		return nil, io.EOF
	case c.last == 0:
		return c.records, nil
	}
	return w.store.ReadResumed(c.first, c.last)
}

// copyRecords writes the records as the checkpoint has them.
func (w *outputWriter) copyRecords() error {
	for {
		records, err := w.nextRecords()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		for _, r := range records {
			if _, err := w.out.Write(r); err != nil {
				return err
			}
		}
		w.rows += int64(len(records))
	}
}

// convertRecords writes the records in another format than CSV, or from one.
func (w *outputWriter) convertRecords() error {
	header := table.NewEncoder(table.CSV, w.layout.names).Header(nil)
	rows, err := table.NewReader(io.MultiReader(bytes.NewReader(header), w), table.Options{Name: "checkpoint", Format: table.CSV})
	if err != nil {
		return err
	}
	encoder := table.NewIDEncoder(w.form, w.layout.names, w.layout.id)
	cells := make([]table.Cell, len(w.layout.names))
	var line, texts []byte
	for {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		texts = w.setCells(cells, rec, texts[:0])
		line = encoder.Record(line[:0], cells)
		if _, err := w.out.Write(line); err != nil {
			return err
		}
		w.rows++
	}
}

// setCells fills cells from a record of the checkpoint: what passed through as the
// token the input had, values of the model in JSONL as what their types say, the rest as it is.
func (w *outputWriter) setCells(cells []table.Cell, rec *table.Record, texts []byte) []byte {
	for i := range cells {
		if c := w.layout.typedColumn(i); c != nil && w.form == table.JSONL && c.NeedsJSON() {
			start := len(texts)
			texts = c.AppendJSON(texts, string(rec.Text(nil, i)))
			cells[i] = table.Cell{Bytes: texts[start:], Form: table.JSONL}
			continue
		}
		if i >= len(w.layout.kept) || w.layout.form == table.CSV {
			cells[i] = table.Cell{Bytes: rec.Field(i), Form: table.CSV}
			continue
		}
		start := len(texts)
		texts = rec.Text(texts, i)
		cells[i] = table.Cell{Form: w.layout.form}
		if len(texts) > start { // else the key was absent
			cells[i].Bytes = texts[start:]
		}
	}
	return texts
}

// Read gives the records one after the other.
func (w *outputWriter) Read(p []byte) (int, error) {
	for len(w.rest) == 0 {
		if len(w.queue) > 0 {
			w.rest, w.queue = w.queue[0], w.queue[1:]
			continue
		}
		var err error
		if w.queue, err = w.nextRecords(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}
