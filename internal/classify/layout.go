package classify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// Columns of the input that the engine knows.
const (
	titleColumn     = "Title"
	messageColumn   = "Message"
	sentimentColumn = "Sentiment"
)

// layout is which input columns are kept and what the output's columns are.
type layout struct {
	form                          table.Format // of the input
	id, title, message, sentiment int          // indices of input columns; -1: not there
	kept                          []int        // indices of the input columns that pass through
	names                         []string     // of the output
	mark                          bool         // the input begins with a byte order mark
}

// columnError is an input or a --drop that does not fit the job.
type columnError struct {
	file, what, hint string
}

func (e *columnError) Error() string { return e.file + ":1: " + e.what }

// Hint says what to do about it.
func (e *columnError) Hint() string { return e.hint }

func newLayout(file string, h *table.Header, form table.Format, schema *prompt.Schema, drop []string) (*layout, error) {
	drop = table.MatchNames(drop, h.Names)
	l := &layout{
		form: form, mark: h.Mark, id: h.Index(table.RowID), message: h.Index(messageColumn),
		title: h.Index(titleColumn), sentiment: h.Index(sentimentColumn),
	}
	for _, need := range []string{table.RowID, messageColumn} {
		if h.Index(need) < 0 {
			return nil, h.MissingColumn(file, need)
		}
	}
	for _, d := range drop {
		switch {
		case d == table.RowID:
			return nil, &columnError{file, "RowID cannot be dropped", "prism-merge needs it; cut it from the result instead"}
		case h.Index(d) < 0:
			return nil, &columnError{file, fmt.Sprintf("unknown column %q to drop", d),
				"the columns are " + strings.Join(h.Names, ", ")}
		}
	}
	for i, n := range h.Names {
		if !slices.Contains(drop, n) {
			l.kept = append(l.kept, i)
			l.names = append(l.names, n)
		}
	}
	for _, c := range schema.Columns {
		l.names = append(l.names, c.OutputName(h.Names))
	}
	l.names = append(l.names, prompt.RunColumns()...)
	return l, l.checkClashes(file)
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
		token := rec.Field(k)
		if l.form == table.CSV {
			dst = append(dst, token...)
		} else {
			dst = table.AppendCSV(dst, token)
		}
	}
	return dst
}
