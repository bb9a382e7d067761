package classify

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
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
}

// columnError is an input or a --drop that does not fit the job.
type columnError struct {
	file, what, hint string
}

func (e *columnError) Error() string { return e.file + ":1: " + e.what }

// Hint says what to do about it.
func (e *columnError) Hint() string { return e.hint }

func newLayout(file string, h *table.Header, form table.Format, schema *prompt.Schema, drop []string) (*layout, error) {
	l := &layout{
		form: form, id: h.Index(table.RowID), message: h.Index(messageColumn),
		title: h.Index(titleColumn), sentiment: h.Index(sentimentColumn),
	}
	for _, need := range []string{table.RowID, messageColumn} {
		if h.Index(need) < 0 {
			return nil, &columnError{file: file, what: table.MissingColumn(h.Names, need)}
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
	for i, n := range l.names {
		if slices.Contains(l.names[:i], n) {
			return nil, &columnError{file, fmt.Sprintf("the output would have two columns %q", n),
				fmt.Sprintf("leave the input's out with --drop %s", n)}
		}
	}
	return l, nil
}

// warnNearMisses names the columns that the model does not see as their names are
// not quite those that it would be shown.
func warnNearMisses(m Messages, file string, columns []string) {
	for _, name := range []string{titleColumn, sentimentColumn} {
		if near := table.NearMiss(columns, name); near != "" {
			m.Warnf("%s:1: the model does not see column %q: rename it to %q, if that is what it is", file, near, name)
		}
	}
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
