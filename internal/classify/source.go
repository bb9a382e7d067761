package classify

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"prism/internal/checkpoint"
	"prism/internal/columns"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/rowid"
	"prism/internal/table"
)

// row is one row on its way through the model.
type row struct {
	prompt.Mention
	pos, line int64
	blank     bool          // neither text nor title
	kept      []byte        // cells that pass through, see layout.appendKept
	calls     int           // calls that had the row
	answer    *sharedAnswer // of the rows with its content; nil without a cache
	votes     []reply.Row   // answers so far, with several votes
	sameVotes int           // of these, answers to the same question
}

// source yields the rows of the input in order.
type source struct {
	records *table.Reader
	layout  *layout
	stream  bool              // nobody checked it before
	ids     table.UniqueIDs   // of a stream
	store   *checkpoint.Store // tells another input; nil: nobody asks
	file    string
	limit   int64 // rows to read at most; 0: all
	until   int64 // last position to read; 0: all
	read    int64 // rows read
	last    int64 // position of the last row read; at first: of the one before the first
	text    []byte
	key     []byte // of rowIdentity
	rows    []row  // to give out, made some at a time
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
	if s.stream {
		if err := rec.CheckUTF8(s.file); err != nil {
			return nil, err
		}
	}
	if r.RowID, err = s.readID(rec); err != nil {
		return nil, err
	}
	s.readTexts(r, rec)
	r.blank = columns.IsBlank(r.Message) && columns.IsBlank(r.Title)
	if err := s.checkSameRow(rec); err != nil {
		return nil, err
	}
	r.kept = s.layout.appendKept(make([]byte, 0, len(rec.Raw())), rec)
	s.read++
	s.last = rec.Pos
	return r, nil
}

// readID reads the RowID of a record.
func (s *source) readID(rec *table.Record) (int64, error) {
	if s.layout.numbered {
		return rec.Pos, nil
	}
	s.text = rec.Text(s.text[:0], s.layout.places.ID)
	if s.stream {
		return s.ids.Add(s.file, rec.Line, s.text)
	}
	id, err := rowid.Parse(s.text)
	if err != nil {
		err = &table.Error{File: s.file, Line: rec.Line, Msg: err.Error()}
	}
	return id, err
}

// readTexts gives the row its texts, in one piece of memory.
func (s *source) readTexts(r *row, rec *table.Record) {
	p := &s.layout.places
	s.text = s.appendText(s.text[:0], rec, p.Title)
	title := len(s.text)
	s.text = s.appendText(s.text, rec, p.Text)
	message := len(s.text)
	s.text = s.appendText(s.text, rec, p.Sentiment)
	all := string(s.text)
	r.Title, r.Message, r.Sentiment = all[:title], all[title:message], all[message:]
	if len(p.Context) == 0 {
		return
	}
	r.Context = make([]prompt.ContextLine, len(p.Context))
	for i, column := range p.Context {
		s.text = rec.Text(s.text[:0], column)
		r.Context[i] = prompt.ContextLine{Label: s.layout.context[i], Text: string(s.text)}
	}
}

// isBlank reports whether a record has neither text nor title.
func (s *source) isBlank(rec *table.Record) bool {
	s.text = s.appendText(s.text[:0], rec, s.layout.places.Text)
	s.text = s.appendText(s.text, rec, s.layout.places.Title)
	return columns.IsBlank(string(s.text))
}

func (s *source) appendText(dst []byte, rec *table.Record, column int) []byte {
	if column < 0 {
		return dst
	}
	return rec.Text(dst, column)
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
	s.key = s.layout.rowIdentity(s.key, rec)
	same, err := s.store.MatchOrRecord(rec.Pos, s.key)
	if err != nil || same {
		return err
	}
	return &changedError{fmt.Sprintf("%s: row %d differs from the one of the run so far", s.file, rec.Pos), sameStreamHint}
}

// checkSameEnd refuses a stream that ends before the one of earlier processes did.
func (s *source) checkSameEnd() error {
	if s.store == nil || !s.stream || s.last >= s.store.StreamRows() {
		return nil
	}
	return &changedError{fmt.Sprintf("%s ends after row %d, the run so far had row %d", s.file, s.last, s.store.StreamRows()), sameStreamHint}
}

const sameStreamHint = "give the same input, or start over with --restart (the old parts are set aside)"
