package selection

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"

	"prism/internal/fsutil"
	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
)

// writer writes the rows of one table that are taken.
type writer struct {
	in      Table
	options Options
	header  *table.Header
	out     io.Writer
	filters []func(id int64) bool
	rows    int64 // of the table

	id      int            // place of the RowID
	cut     []int          // columns that are cut of each record
	kept    []int          // columns that are written, where some are not; nil: records are copied
	encoder *table.Encoder // of kept

	ids   []int64
	cells []table.Cell
	line  []byte
}

// planColumns decides what is written of a record.
func (w *writer) planColumns() {
	h := w.header
	w.id = h.Index(w.options.id())
	w.cut = table.IDColumns(w.id, h.Format)
	if w.options.Blind == nil {
		return
	}
	var names []string
	for i, name := range h.Names {
		if name == w.options.id() || !isFilled(w.options.Blind, name, h.Names) {
			w.kept, names = append(w.kept, i), append(names, name)
		}
	}
	if len(w.kept) == len(h.Names) {
		w.kept = nil
		return
	}
	w.cut = w.kept
	w.encoder = table.NewIDEncoder(h.Format, names, w.options.id())
	w.cells = make([]table.Cell, len(w.kept))
}

// isFilled reports whether a column of a table with these columns is one that a model fills, or tells of
// its labels or of the run that made them. What comes with a label has its name in front.
func isFilled(s *prompt.Schema, name string, columns []string) bool {
	return s.FindOutput(name, columns) != nil || override.IsDescribing(name) || slices.Contains(prompt.RunColumns(), name)
}

// writeSelected writes the header and the rows that are taken.
func (w *writer) writeSelected(ctx context.Context) (s Summary, err error) {
	s.Rows = w.rows
	fitting, err := w.countFitting(ctx)
	if err != nil {
		return s, err
	}
	rng := newRand(w.options.Seed)
	d := &drawing{rng: rng, left: fitting, wanted: w.options.Draw.of(fitting)}
	buffered := bufio.NewWriterSize(w.out, bufferSize)
	if err := w.writeHeader(buffered); err != nil {
		return s, err
	}
	if w.options.Shuffle {
		s.Taken, err = w.writeShuffled(ctx, d, buffered)
	} else {
		s.Taken, err = w.writeTaken(ctx, d, func(record []byte) error {
			_, err := buffered.Write(record)
			return err
		})
	}
	return s, errors.Join(err, buffered.Flush())
}

const bufferSize = 256 << 10

// newRand is the generator of a seed. Generators of neighbouring seeds have nothing in common.
func newRand(seed uint64) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.New(rand.NewChaCha8(key))
}

// drawing decides row by row which ones are drawn, so that each set of them is equally likely: Knuth,
// The Art of Computer Programming, volume 2, 3.4.2, algorithm S.
type drawing struct {
	rng          *rand.Rand
	left, wanted int64
}

func (d *drawing) take() bool {
	taken := d.wanted == d.left || d.rng.Int64N(d.left) < d.wanted
	d.left--
	if taken {
		d.wanted--
	}
	return taken
}

// eachFitting calls visit with each row that may be taken: record i of a block.
func (w *writer) eachFitting(ctx context.Context, visit func(b *table.Block, i int) error) error {
	o := table.ScanOptions{Options: w.in.Options, Columns: w.cut}
	at := slices.Index(w.cut, w.id)
	return table.Scan(ctx, w.in.File, w.in.File.Size, w.header, o, func(b *table.Block) error {
		if len(w.filters) > 0 {
			w.ids = b.IDs(w.ids[:0], w.header.Format, max(at, 0), len(w.cut), w.options.id())
		}
		for i := range b.Recs {
			if len(w.filters) > 0 && !w.fits(w.ids[i]) {
				continue
			}
			if err := visit(b, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// countFitting counts the rows that may be taken.
func (w *writer) countFitting(ctx context.Context) (n int64, err error) {
	if len(w.filters) == 0 {
		return w.rows, nil
	}
	if w.options.Draw.isAll() {
		return 0, nil // nobody asks
	}
	err = w.eachFitting(ctx, func(*table.Block, int) error {
		n++
		return nil
	})
	return n, err
}

// writeTaken calls put with each record that is taken, its line ending included, and counts them.
func (w *writer) writeTaken(ctx context.Context, d *drawing, put func(record []byte) error) (n int64, err error) {
	isDrawn := !w.options.Draw.isAll()
	err = w.eachFitting(ctx, func(b *table.Block, i int) error {
		if isDrawn && !d.take() {
			return nil
		}
		n++
		return put(w.record(b, i))
	})
	return n, err
}

// record is record i of a block as it is written. It lives until the next call.
func (w *writer) record(b *table.Block, i int) []byte {
	if w.kept == nil {
		rec := b.Recs[i]
		w.line = w.endLine(append(w.line[:0], b.Data[rec.From:rec.End]...))
		return w.line
	}
	for k := range w.kept {
		w.cells[k] = table.Cell{Bytes: b.Token(b.Spans[i*len(w.cut)+k]), Form: w.header.Format}
	}
	w.line = w.encoder.Record(w.line[:0], w.cells)
	if w.header.CRLF {
		w.line = w.endLine(w.line[:len(w.line)-1])
	}
	return w.line
}

// endLine ends a line as those of the table do.
func (w *writer) endLine(line []byte) []byte {
	if w.header.CRLF && w.header.Format != table.JSONL {
		line = append(line, '\r')
	}
	return append(line, '\n')
}

// writeHeader writes the header as it stands, or with the columns that are kept.
func (w *writer) writeHeader(out io.Writer) error {
	h := w.header
	if h.Format == table.JSONL {
		return nil
	}
	var head []byte
	if w.kept == nil {
		head = make([]byte, h.Size)
		if _, err := w.in.File.ReadAt(head, 0); err != nil {
			return fmt.Errorf("read %s: %w", w.in.Options.Name, err)
		}
	} else {
		if h.Mark {
			head = append(head, table.ByteOrderMark...)
		}
		head = w.encoder.Header(head)
	}
	_, err := out.Write(w.endLine(bytes.TrimRight(head, "\r\n")))
	return err
}

// span is where a record is in the temporary file.
type span struct{ at, size int64 }

// writeShuffled writes the rows that are taken in random order.
func (w *writer) writeShuffled(ctx context.Context, d *drawing, out io.Writer) (n int64, err error) {
	tmp, err := fsutil.CreateTemp("prism-shuffle-*.tmp")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, fsutil.CloseTemp(tmp)) }()
	most := w.rows
	if !w.options.Draw.isAll() {
		most = d.wanted
	}
	spans := make([]span, 0, most)
	end := int64(0)
	buffered := bufio.NewWriterSize(tmp, bufferSize)
	n, err = w.writeTaken(ctx, d, func(record []byte) error {
		spans = append(spans, span{end, int64(len(record))})
		end += int64(len(record))
		_, err := buffered.Write(record)
		return err
	})
	if err = errors.Join(err, buffered.Flush()); err != nil {
		return n, err
	}
	d.rng.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return n, copySpans(ctx, tmp, spans, out)
}

// copySpans copies pieces of a file one after the other.
func copySpans(ctx context.Context, from *os.File, spans []span, out io.Writer) error {
	var record []byte
	for _, s := range spans {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		record = slices.Grow(record[:0], int(s.size))[:s.size]
		if _, err := from.ReadAt(record, s.at); err != nil {
			return fmt.Errorf("read a temporary file: %w", err)
		}
		if _, err := out.Write(record); err != nil {
			return err
		}
	}
	return nil
}
