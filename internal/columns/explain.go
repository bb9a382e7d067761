package columns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"prism/internal/job"
	"prism/internal/normalize"
	"prism/internal/table"
)

// Explain is the error of a table: what its header lacks, and scanErr, what is wrong below.
// It is nil if there is nothing. An error that is not of the table is returned as it is.
// The file, nil if it is a stream, is read to say what helps.
func (f *Findings) Explain(ctx context.Context, file *table.File, scanErr error) error {
	if _, bad := errors.AsType[*table.Error](scanErr); scanErr != nil && !bad {
		return scanErr
	}
	errs := slices.DeleteFunc([]error{f.headerErr, scanErr}, func(err error) bool { return err == nil })
	switch {
	case len(errs)+len(f.others) == 0 && (len(f.faults) == 0 || f.isMild()):
		return nil
	case slices.ContainsFunc(errs, NeedsNormalizing) && file != nil:
		return f.explainForm(ctx, file, errs, f.o.Columns)
	case f.Header == nil:
		return errors.Join(errs...)
	case f.headerErr != nil: // of the delimiter: with another one all columns are others
		e, c := &tableError{}, f.o.Columns
		e.addError(f.headerErr)
		if d := f.delimiter(); d != 0 {
			c.Delimiter = table.DelimiterFlag(d)
			f.addCommand(e, c, "", f.o.Table.Name)
		}
		return e
	}
	return f.explainColumns(ctx, file, errs, scanErr)
}

// explainColumns is the error of a file whose header is read.
func (f *Findings) explainColumns(ctx context.Context, file *table.File, errs []error, scanErr error) error {
	s := &sample{names: f.Header.Names}
	if file != nil {
		s = takeSample(io.NewSectionReader(file, 0, file.Size), f.o.Table)
	}
	faults := f.o.findFaults(s, false)
	if f.Header.BelowTitle() > 0 && f.Header.Index(f.o.Columns.Text()) < 0 && len(faults) > 0 {
		if file != nil {
			missing := &table.Error{File: f.o.Table.Name, Line: f.Header.Line(), Msg: faults[0].what}
			return f.explainForm(ctx, file, append([]error{missing}, errs...), f.o.Columns)
		}
		f.o.Doubts = append(f.o.Doubts, f.Header.HintHeaderLine(f.o.Table.Name))
	}
	c, known, e := f.o.Columns, len(errs)+len(f.others) == 0, &tableError{}
	switch textIDs := f.areTextIDs(s, scanErr); {
	case textIDs && slices.Contains(s.names, table.RowID): // its rows cannot be numbered beside it
		c.IDColumn = ""
		err := f.explainForm(ctx, file, errs, c)
		if e, ok := errors.AsType[*tableError](err); ok {
			e.textIDs = f.o.Columns.ID() == table.RowID
		}
		return err
	case textIDs, isDuplicate(scanErr) && !slices.Contains(s.names, table.RowID):
		c.IDColumn, c.NumberRows, known = "", true, len(f.others) == 0
		e.addHint(f.o.option("number-rows", "") + " numbers the rows instead, and keeps column " + strconv.Quote(f.o.Columns.IDColumn))
	case f.isMild():
		faults = nil // it is warned of
	}
	f.told = len(faults) > 0
	f.addFaults(e, faults, f.Header.Line())
	for _, err := range slices.Concat(f.others, errs) {
		e.addError(err)
	}
	if c, ok := fixAll(c, faults); ok && known {
		f.addCommand(e, c, "", f.o.Table.Name)
	}
	return e
}

// delimiter is the one with which the header would have the ID or the text; 0: none.
func (f *Findings) delimiter() byte {
	return cmp.Or(f.Header.OtherDelimiter(f.o.Columns.ID()), f.Header.OtherDelimiter(f.o.Columns.Text()))
}

// addFaults adds the errors and hints of faults of the header, which is on a line. Where
// the table itself is in doubt, that is the hint.
func (f *Findings) addFaults(e *tableError, faults []fault, line int64) {
	for _, x := range faults {
		e.errs = append(e.errs, &table.Error{File: f.o.Table.Name, Line: line, Msg: x.what})
		if len(f.o.Doubts) == 0 {
			e.addHint(x.hint)
		}
	}
	if len(faults) > 0 {
		for _, doubt := range f.o.Doubts {
			e.addHint(doubt)
		}
	}
}

// NeedsNormalizing reports whether an error is of a file that normalizing turns into a table.
func NeedsNormalizing(err error) bool {
	if e, ok := errors.AsType[*tableError](err); ok {
		return slices.ContainsFunc(e.errs, NeedsNormalizing)
	}
	bad, ok := errors.AsType[*table.Error](err)
	return ok && bad.NeedsNormalizing()
}

// areTextIDs reports whether scanErr is of an ID that is no integer, and most are not.
func (f *Findings) areTextIDs(s *sample, scanErr error) bool {
	i := f.Places.ID
	bad, ok := errors.AsType[*table.Error](scanErr)
	return ok && f.HasIDs() && i < len(s.badLines) && s.badLines[i] > 0 && s.badLines[i] == bad.Line && s.isMostlyText(i)
}

// isDuplicate reports whether scanErr is of an ID that another row has.
func isDuplicate(scanErr error) bool {
	bad, ok := errors.AsType[*table.Error](scanErr)
	return ok && bad.IsDuplicate()
}

// explainForm is the error of a file that normalizing turns into a table.
func (f *Findings) explainForm(ctx context.Context, file *table.File, errs []error, c job.InputColumns) error {
	e := &tableError{}
	for _, err := range slices.Concat(f.others, errs) {
		e.addError(err)
	}
	if f.o.Keys && slices.ContainsFunc(errs, NeedsNormalizing) { // a job normalizes it by itself
		return e
	}
	form, err := f.findForm(ctx, file, c.IDColumn)
	if form.wrongID != nil {
		e.errs, c.IDColumn = append(e.errs, form.wrongID), ""
	}
	if _, bad := errors.AsType[*table.Error](err); bad {
		e.errs, e.hints = append(e.errs, err), nil // normalizing alone does not help
		e.addHint(form.why)
		return e
	} else if err != nil {
		return err
	}
	command, output := table.NormalizeCommand(f.o.Table.Name, form.headerLine)
	if c.IDColumn != "" {
		command = strings.Replace(command, "--normalize", "--normalize "+f.o.option("id-column", c.IDColumn), 1)
	}
	switch {
	case form.headerLine > 0 && f.o.Keys:
		e.hints = []string{form.why}
	case form.headerLine > 0:
		e.hints = []string{form.why, "to convert it: " + command}
	case len(e.hints) == 0:
		e.addHint("to convert it, with numbered rows: " + command)
	}
	faults := f.o.findFaults(form.sample, true)
	for _, d := range form.doubts {
		f.o.Doubts = append(f.o.Doubts, d.Text)
	}
	f.addFaults(e, faults, max(form.headerLine, 1))
	f.told = len(faults) > 0
	c.IDColumn, c.NumberRows, c.Delimiter = "", false, "" // it has RowID and commas now
	if c, ok := fixAll(c, faults); ok && f.told && !f.o.Keys && len(f.others) == 0 {
		f.addCommand(e, c, command+" && ", output)
	}
	return e
}

// normalForm is what normalizing makes of a file.
type normalForm struct {
	sample     *sample
	doubts     []normalize.Doubt
	headerLine int64  // of the line that looks like the header, if it is another than the first
	why        string // that line looks like it
	wrongID    error  // the column of the IDs is none, and the rows are numbered
}

// findForm finds the normal form of a file, below the line that looks like its header. The error is
// of a file that has none.
func (f *Findings) findForm(ctx context.Context, file *table.File, id string) (normalForm, error) {
	if f.Header != nil && f.Header.BelowTitle() > 0 {
		line := f.Header.BelowTitle()
		why := normalize.Options{Keys: f.o.Keys}.LikeHeader(fmt.Sprintf("line %d", line), line)
		return f.tryForm(ctx, file, id, normalForm{headerLine: line, why: why})
	}
	form, err := f.tryForm(ctx, file, id, normalForm{})
	for _, d := range form.doubts {
		if d.HeaderLine > 0 {
			return f.tryForm(ctx, file, id, normalForm{headerLine: d.HeaderLine, why: d.Text})
		}
	}
	return form, err
}

// tryForm completes a normal form. Where the column of the IDs is none, the rows are numbered.
func (f *Findings) tryForm(ctx context.Context, file *table.File, id string, form normalForm) (_ normalForm, err error) {
	o := normalize.Options{IDColumn: id, HeaderLine: form.headerLine, Keys: f.o.Keys}
	form.sample, form.doubts, err = sampleNormalForm(ctx, file, o)
	if _, bad := errors.AsType[*table.Error](err); bad && id != "" { // perhaps it has no integers
		form.wrongID, o.IDColumn = err, ""
		form.sample, form.doubts, err = sampleNormalForm(ctx, file, o)
	}
	return form, err
}

// fixAll returns the input columns that a table with these faults needs; ok tells
// whether they are known.
func fixAll(c job.InputColumns, faults []fault) (fixed job.InputColumns, ok bool) {
	for _, x := range faults {
		if x.fix == nil {
			return c, false
		}
		x.fix(&c)
	}
	return c, true
}

// addCommand adds the command that does all that is needed.
func (f *Findings) addCommand(e *tableError, c job.InputColumns, first, file string) {
	if f.o.Command == nil || len(f.o.Doubts) > 0 {
		return
	}
	if command := f.o.Command(c.Args(), file); command != "" {
		e.addHint("to do all of it: " + first + command)
	}
}

// tableError is everything that is wrong with a table.
type tableError struct {
	errs    []error
	hints   []string
	textIDs bool
}

// AreTextIDs reports whether an error is of a table whose RowIDs are texts. In normal form
// its rows have others, and these stay as RowID_2.
func AreTextIDs(err error) bool {
	e, ok := errors.AsType[*tableError](err)
	return ok && e.textIDs
}

func (e *tableError) Error() string { return errors.Join(e.errs...).Error() }

// Unwrap returns the errors that it is made of; one at least is a *table.Error.
func (e *tableError) Unwrap() []error { return e.errs }

// Hint says what removes each of them, a line each.
func (e *tableError) Hint() string { return strings.Join(e.hints, "\n") }

func (e *tableError) addHint(hint string) {
	if hint != "" {
		e.hints = append(e.hints, hint)
	}
}

// addError adds an error with its hint.
func (e *tableError) addError(err error) {
	e.errs = append(e.errs, err)
	if hinted, ok := err.(interface{ Hint() string }); ok {
		e.addHint(hinted.Hint())
	}
}
