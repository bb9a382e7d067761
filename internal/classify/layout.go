package classify

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/table"
	"prism/internal/term"
)

// layout is which input columns are kept and what the output's columns are.
type layout struct {
	form     table.Format // of the input
	places   columns.Places
	id       string          // name of the column of the IDs
	numbered bool            // RowID is the row's position, and the first column of the output
	context  []string        // labels of the context's lines
	kept     []int           // indices of the input columns that pass through; rowNumber: the position
	coded    []int           // indices of the schema's columns that the output has, behind kept
	sure     []int           // those of them whose confidence it has
	voted    []int           // those of them whose agreement it has
	columns  []prompt.Column // of the schema
	gate     int             // of the schema
	names    []string        // of the output
	mark     bool            // the input begins with a byte order mark
}

// rowNumber stands for the column that numbers the rows.
const rowNumber = -1

// columnError is an input or a --drop that does not fit the job.
type columnError struct {
	file, what, hint string
}

func (e *columnError) Error() string { return e.file + ":1: " + e.what }

// Hint says what to do about it.
func (e *columnError) Hint() string { return e.hint }

// newLayout finds the columns of a table that has all that are needed. The error has all
// that is wrong with those of the output.
func newLayout(file string, h *table.Header, form table.Format, schema *prompt.Schema, drop []string, c *job.InputColumns, calls *job.CallOptions) (*layout, error) {
	drop = table.MatchNames(drop, h.Names)
	l := &layout{
		form: form, id: c.ID(), mark: h.Mark, places: columns.Find(h.Names, *c), numbered: c.NumberRows && h.Index(table.RowID) < 0, columns: schema.Columns, gate: schema.Gate,
	}
	l.coded, drop = schema.WrittenColumns(h.Names, drop)
	for _, i := range l.places.Context {
		if i >= 0 {
			l.context = append(l.context, prompt.ContextLabel(h.Names[i]))
		}
	}
	var errs []error
	for _, d := range drop {
		switch {
		case d == c.ID():
			errs = append(errs, &columnError{file, c.ID() + " cannot be dropped", "prism-merge requires it; remove it from the result instead"})
		case h.Index(d) < 0:
			errs = append(errs, &columnError{file, fmt.Sprintf("unknown column %q to drop", d),
				"the columns are " + strings.Join(h.Names, ", ")})
		}
	}
	if l.numbered {
		l.kept, l.names = append(l.kept, rowNumber), append(l.names, table.RowID)
	}
	for i, n := range h.Names {
		if !slices.Contains(drop, n) {
			l.kept = append(l.kept, i)
			l.names = append(l.names, n)
		}
	}
	for _, i := range l.coded {
		l.names = append(l.names, l.columns[i].OutputName(h.Names))
	}
	for _, i := range l.coded {
		if calls.AsksConfidence() && l.columns[i].IsClosed() {
			l.sure = append(l.sure, i)
			l.names = append(l.names, l.columns[i].OutputName(h.Names)+prompt.ConfidenceSuffix)
		}
	}
	for _, i := range l.coded {
		if calls.Votes > 1 && l.columns[i].Type != prompt.TypeText {
			l.voted = append(l.voted, i)
			l.names = append(l.names, l.columns[i].OutputName(h.Names)+prompt.AgreementSuffix)
		}
	}
	l.names = append(l.names, prompt.RunColumns()...)
	return l, errors.Join(append(errs, l.checkClashes(file))...)
}

// hasConfidence reports whether a labelled row has all the confidences that the output has of it.
func (l *layout) hasConfidence(r *reply.Row) bool {
	return !slices.ContainsFunc(l.sure, func(i int) bool {
		asked := !r.Gate || i == l.gate
		return asked && (r.Confidence == nil || math.IsNaN(r.Confidence[i]))
	})
}

// typedColumn is what output column i holds that the model said or that tells how sure it was;
// nil: another column.
func (l *layout) typedColumn(i int) *prompt.Column {
	switch i -= len(l.kept); {
	case i < 0:
		return nil
	case i < len(l.coded):
		return &l.columns[l.coded[i]]
	case i < len(l.coded)+len(l.sure)+len(l.voted):
		return &prompt.Share
	}
	return nil
}

// checkClashes refuses an output with several columns of one name. It tells all of
// them, with the flag that leaves the input's out.
func (l *layout) checkClashes(file string) error {
	var shown, dropped []string
	for i, n := range l.names {
		if slices.Contains(l.names[:i], n) {
			shown = append(shown, strconv.Quote(n))
			dropped = append(dropped, strings.ReplaceAll(n, ",", `\,`))
		}
	}
	if len(shown) == 0 {
		return nil
	}
	return &columnError{file, "the output would have two columns " + strings.Join(shown, ", two "),
		"leave the input's out with --drop " + term.QuoteShell(strings.Join(dropped, ","))}
}

// header is what the output begins with.
func (l *layout) header(form table.Format) []byte {
	var head []byte
	if l.mark && form != table.JSONL {
		head = []byte(table.ByteOrderMark)
	}
	return table.NewEncoder(form, l.names).Header(head)
}

// appendKept appends the cells of the kept columns as a checkpoint holds them:
// the raw tokens of the input, as CSV.
func (l *layout) appendKept(dst []byte, rec *table.Record) []byte {
	for i, k := range l.kept {
		if i > 0 {
			dst = append(dst, ',')
		}
		if k == rowNumber {
			dst = strconv.AppendInt(dst, rec.Pos, 10)
			continue
		}
		token := rec.Field(k)
		if l.form == table.CSV {
			dst = append(dst, token...)
		} else {
			dst = table.AppendCSV(dst, token)
		}
	}
	return dst
}

// rowIdentity is what tells a row of the input from another: its record, and its RowID
// where the record does not have it. It lives until the next call with dst.
func (l *layout) rowIdentity(dst []byte, rec *table.Record) []byte {
	if !l.numbered {
		return rec.Raw()
	}
	dst = append(strconv.AppendInt(dst[:0], rec.Pos, 10), ',')
	return append(dst, rec.Raw()...)
}
