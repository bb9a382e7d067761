package classify

import (
	"errors"
	"fmt"
	"io"

	"prism/internal/checkpoint"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// reconcile keeps the finished rows that the input still has, and says how many it
// has not. The rows of a stream are compared as they come.
func (w *worker) reconcile() error {
	if n := w.store.DroppedRows(); n > 0 {
		w.changes = []string{fmt.Sprintf("discarded %s at the end of the checkpoint (incomplete write); labelling them again", term.Plural(n, "row"))}
	}
	if w.in.stable != nil {
		changes, err := w.store.Reconcile(max(w.s.RowStart, 1), w.eachInputRow)
		if err != nil {
			return err
		}
		w.changes = append(w.changes, changesText(w.in.name, w.store.PreviousFolder(), changes)...)
	}
	for _, line := range w.changes {
		w.io.Messages.Warnf("%s", line)
	}
	return nil
}

func changesText(name, previous string, c checkpoint.Changes) (lines []string) {
	switch n := c.Changed; {
	case n == 1:
		lines = append(lines, name+": 1 row changed since it was labelled: labelling it again")
	case n > 1:
		lines = append(lines, fmt.Sprintf("%s: %s changed since they were labelled: labelling them again", name, term.Plural(n, "row")))
	}
	switch n := c.Gone; {
	case n == 1:
		lines = append(lines, name+": 1 finished row is gone from the input")
	case n > 1:
		lines = append(lines, fmt.Sprintf("%s: %s are gone from the input", name, term.Plural(n, "finished row")))
	}
	if len(lines) > 0 {
		lines = append(lines, "the previous checkpoint was kept in "+previous)
	}
	return lines
}

// eachInputRow reads the rows to label of a file, as source does.
func (w *worker) eachInputRow(each func(checkpoint.InputRow) error) (toEnd bool, err error) {
	s := w.s
	records, err := table.OpenRange(w.in.stable, w.in.size, w.in.options, s.rows())
	if err != nil {
		return false, err
	}
	var key []byte
	w.blankRows = 0
	src := s.newSource(w.in)
	src.records = records
	for n := int64(0); s.Limit == 0 || n < s.Limit; n++ {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			return s.RowEnd == 0 && s.ByteEnd == 0, nil
		}
		if err != nil {
			return false, err
		}
		key = w.layout.rowIdentity(key, rec)
		row := checkpoint.InputRow{Pos: rec.Pos, Line: rec.Line, Record: key}
		if row.RowID, err = src.readID(rec); err != nil {
			return false, err
		}
		if s.Columns.Blank() == job.BlankNotApplicable && src.isBlank(rec) {
			w.blankRows++
		}
		if err := each(row); err != nil {
			return false, err
		}
	}
	return false, nil
}
