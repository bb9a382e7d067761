package classify

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"prism/internal/checkpoint"
	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
)

// row is one row on its way through the model.
type row struct {
	prompt.Mention
	pos, line int64
	kept      []byte // cells that pass through, see layout.appendKept
	calls     int    // calls that had the row
}

// source yields the rows of the input in order.
type source struct {
	records *table.Reader
	layout  *layout
	ids     *table.UniqueIDs  // of a stream, which nobody checked before; nil for a checked file
	store   *checkpoint.Store // tells another input; nil: nobody asks
	file    string
	limit   int64 // rows to read at most; 0: all
	until   int64 // last position to read; 0: all
	read    int64 // rows read
	last    int64 // position of the last row read; at first: of the one before the first
	text    []byte
	rows    []row // to give out, made some at a time
}

// rowsAtOnce is how many rows are made together. They live as long as one of them.
const rowsAtOnce = 16

// next returns the next row, io.EOF after the last. The row is the caller's.
func (s *source) next() (*row, error) {
	if s.limit > 0 && s.read >= s.limit || s.until > 0 && s.last >= s.until {
		return nil, io.EOF
	}
	rec, err := s.records.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = cmp.Or(s.checkSameEnd(), err)
		}
		return nil, err
	}
	if len(s.rows) == 0 {
		s.rows = make([]row, rowsAtOnce)
	}
	r := &s.rows[0]
	s.rows = s.rows[1:]
	r.pos, r.line = rec.Pos, rec.Line
	s.text = rec.Text(s.text[:0], s.layout.id)
	if s.ids != nil {
		if err := rec.CheckUTF8(s.file); err != nil {
			return nil, err
		}
		if r.RowID, err = s.ids.Add(s.file, rec.Line, s.text); err != nil {
			return nil, err
		}
	} else if r.RowID, err = rowid.Parse(s.text); err != nil {
		return nil, &table.Error{File: s.file, Line: rec.Line, Msg: err.Error()}
	}
	s.readTexts(r, rec)
	if err := s.checkSameRow(rec); err != nil {
		return nil, err
	}
	r.kept = s.layout.appendKept(make([]byte, 0, len(rec.Raw())), rec)
	s.read++
	s.last = rec.Pos
	return r, nil
}

// readTexts gives the row its texts, in one piece of memory.
func (s *source) readTexts(r *row, rec *table.Record) {
	s.text = s.appendText(s.text[:0], rec, s.layout.title)
	title := len(s.text)
	s.text = s.appendText(s.text, rec, s.layout.message)
	message := len(s.text)
	s.text = s.appendText(s.text, rec, s.layout.sentiment)
	all := string(s.text)
	r.Title, r.Message, r.Sentiment = all[:title], all[title:message], all[message:]
}

func (s *source) appendText(dst []byte, rec *table.Record, column int) []byte {
	if column < 0 {
		return dst
	}
	return rec.Text(dst, column)
}

// readBatches sends the rows that are still to do, so many at a time, until the
// source ends or quit closes. A bad record ends it with an error after the rows before.
func (e *engine) readBatches(quit <-chan struct{}) error {
	defer close(e.batches)
	send := func(rows []*row) bool {
		select {
		case e.batches <- newBatch(rows, false):
			return true
		case <-quit:
			return false
		}
	}
	var rows []*row
	for {
		r, err := e.source.next()
		if err != nil {
			if len(rows) > 0 && !send(rows) {
				return nil
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		e.tellSeen(r.pos)
		if state := e.store.State(r.pos); state != checkpoint.Unfinished {
			e.meter.countSkipped(state == checkpoint.Finished)
			continue
		}
		if rows = append(rows, r); len(rows) == e.c.Options.BatchSize {
			if !send(rows) {
				return nil
			}
			rows = nil
		}
	}
}

// tellSeen tells the coordinator how far the input was read; what it was told
// before and has not looked at no longer counts.
func (e *engine) tellSeen(pos int64) {
	select {
	case <-e.seen:
	default:
	}
	e.seen <- pos
}

// checkSameRow refuses a stream that is not the one of earlier processes. The rows of
// a file were reconciled before.
func (s *source) checkSameRow(rec *table.Record) error {
	if s.store == nil {
		return nil
	}
	same, err := s.store.SameRow(rec.Pos, rec.Raw())
	if err != nil || same {
		return err
	}
	return &changedError{fmt.Sprintf("%s: row %d differs from the one of the run so far", s.file, rec.Pos), sameStreamHint}
}

// checkSameEnd refuses a stream that ends before the one of earlier processes did.
func (s *source) checkSameEnd() error {
	if s.store == nil || s.ids == nil || s.last >= s.store.StreamRows() {
		return nil
	}
	return &changedError{fmt.Sprintf("%s ends after row %d, the run so far had row %d", s.file, s.last, s.store.StreamRows()), sameStreamHint}
}

const sameStreamHint = "give the same input, or start over with --restart (the old parts are set aside)"
