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
	"prism/internal/term"
)

// Options say what a table must have.
type Options struct {
	Table     table.Options
	Columns   job.InputColumns
	Required  []string // names of more columns
	NoIDs     bool     // the rows need no IDs
	NeedsText bool     // else a Message that is missing is no error by itself
	Keys      bool     // options are keys of a job file, not flags

	// Command is a command that goes on with a file and these flags, quoted for a shell;
	// empty: there is none, or the flags are to be added to the one that was typed. It may be nil.
	Command func(flags []string, file string) string
}

// Findings are what the header of a table says about it.
type Findings struct {
	Header *table.Header // nil: it cannot be read
	Places Places

	o         Options
	headerErr error
	faults    []fault
	told      bool // that the text is missing, as an error
}

// fault is one thing in the way.
type fault struct {
	what string
	hint string                  // what removes it; empty: nothing is known
	fix  func(*job.InputColumns) // does so; nil: the user must
	mild bool                    // it is an error only beside others
}

// Examine reads the header of a file of size bytes. Its error is not of the table.
func Examine(f io.ReaderAt, size int64, o Options) (*Findings, error) {
	h, err := table.ReadHeader(f, size, o.Table)
	if _, bad := errors.AsType[*table.Error](err); err != nil && !bad {
		return nil, err
	}
	return ExamineHeader(h, err, o), nil
}

// ExamineHeader is Examine for a header that was read, or for the *table.Error of one
// that could not be.
func ExamineHeader(h *table.Header, err error, o Options) *Findings {
	f := &Findings{Header: h, o: o, headerErr: err}
	if err != nil {
		return f
	}
	f.Places = Find(h.Names, o.Columns)
	if len(h.Names) > 0 { // else it is JSONL without records
		f.faults = o.findFaults(&sample{names: h.Names}, false)
	}
	for _, name := range []string{o.Columns.ID(), o.Columns.Text()} {
		if missing := h.MissingColumn(o.Table.Name, name); h.Index(name) < 0 && (missing.IsForm() || h.OtherDelimiter(name) != 0) {
			f.headerErr = missing
			break
		}
	}
	return f
}

// CanScan tells whether the table can be read as a whole, to find what is wrong below
// the header.
func (f *Findings) CanScan() bool { return f.Header != nil && f.headerErr == nil }

// HasIDs tells whether the IDs of the rows can be checked: they are wanted, and their
// column is there.
func (f *Findings) HasIDs() bool { return !f.o.NoIDs && f.Places.ID >= 0 }

// Warnings are lines about columns whose names are nearly those of optional ones, and
// about a text that is not needed yet.
func (f *Findings) Warnings(file io.ReaderAt, size int64) []string {
	if f.Header == nil || len(f.Header.Names) == 0 {
		return nil
	}
	names, c := f.Header.Names, f.o.Columns
	var lines, flags []string
	warn := func(flag, name, given string) {
		near := table.NearMiss(names, name)
		if near == "" || given != "" || f.hasPurpose(near) {
			return
		}
		lines = append(lines, f.at(fmt.Sprintf("the model does not see column %q: rename it to %q, if that is what it is", near, name)))
		flags = append(flags, f.o.option(flag, near))
	}
	warn("title-column", c.Title(), c.TitleColumn)
	warn("sentiment-column", c.Sentiment(), c.SentimentColumn)
	if !f.told && !f.o.NeedsText {
		warn("text-column", c.Text(), c.TextColumn)
	}
	if len(flags) > 0 {
		lines = append(lines, f.at("or say what they are: "+strings.Join(flags, f.o.and())))
	} else if f.isMild() && !f.told {
		for _, x := range f.o.findFaults(takeSample(io.NewSectionReader(file, 0, size), f.o.Table), false) {
			what, _, _ := strings.Cut(x.what, ";")
			lines = append(lines, f.at(what+", which prism-classify labels: "+x.hint))
		}
	}
	return lines
}

// hasPurpose tells whether a column is an input column.
func (f *Findings) hasPurpose(name string) bool {
	p, i := f.Places, f.Header.Index(name)
	return i == p.ID || i == p.Text || i == p.Title || i == p.Sentiment || slices.Contains(p.Context, i)
}

func (f *Findings) isMild() bool {
	return len(f.faults) > 0 && !slices.ContainsFunc(f.faults, func(x fault) bool { return !x.mild })
}

// at is a message about the header.
func (f *Findings) at(what string) string {
	return (&table.Error{File: f.o.Table.Name, Line: f.Header.Line(), Msg: what}).Error()
}

// option is how a flag with a value is written; the key of a job file is the flag with
// underscores.
func (o *Options) option(flag, value string) string {
	name := o.flag(flag)
	switch {
	case o.Keys && value == "":
		return name + ": true"
	case o.Keys:
		return name + ": " + strconv.Quote(value)
	case value == "":
		return name
	case strings.HasPrefix(value, "-"):
		return term.QuoteShell(name + "=" + value)
	}
	return name + " " + term.QuoteShell(value)
}

// flag is how a flag is named.
func (o *Options) flag(flag string) string {
	if o.Keys {
		return strings.ReplaceAll(flag, "-", "_")
	}
	return "--" + flag
}

// and is what stands between two options.
func (o *Options) and() string {
	if o.Keys {
		return ", "
	}
	return " "
}

// findFaults finds what is wrong with the columns of a table. Of a sample without rows
// it knows the names alone. In normal form the rows have IDs.
func (o *Options) findFaults(s *sample, normal bool) (faults []fault) {
	c := o.Columns
	add := func(x fault) {
		if len(faults) > 0 { // the columns were listed
			what, rest, _ := strings.Cut(x.what, "; the columns are ")
			if i := strings.LastIndex(rest, " ("); i >= 0 && strings.HasSuffix(rest, ": rename it)") {
				what += rest[i:]
			}
			x.what = what
		}
		faults = append(faults, x)
	}
	if !o.NoIDs && !normal {
		if x, bad := o.findIDFault(s); bad {
			add(x)
		}
	}
	if !slices.Contains(s.names, c.Text()) {
		add(o.missingText(s))
	}
	if c.TitleColumn != "" && !slices.Contains(s.names, c.TitleColumn) {
		add(o.missingNamed(s, "title-column", c.TitleColumn, func(c *job.InputColumns, name string) { c.TitleColumn = name }))
	}
	if c.SentimentColumn != "" && !slices.Contains(s.names, c.SentimentColumn) {
		add(o.missingNamed(s, "sentiment-column", c.SentimentColumn, func(c *job.InputColumns, name string) { c.SentimentColumn = name }))
	}
	context := table.MatchNames(c.ContextColumns, s.names)
	for i, name := range context {
		if !slices.Contains(s.names, name) {
			add(o.missingNamed(s, "context-columns", name, func(c *job.InputColumns, name string) {
				c.ContextColumns = slices.Clone(context)
				c.ContextColumns[i] = name
			}))
		}
	}
	for _, name := range o.Required {
		if !slices.Contains(s.names, name) && name != table.RowID && name != job.DefaultText { // these mean the ID and the text
			add(fault{what: table.MissingColumn(s.names, name), hint: "required_input_columns of settings.json names the columns that an input must have"})
		}
	}
	return faults
}

// findIDFault finds what is wrong with the column of the IDs.
func (o *Options) findIDFault(s *sample) (x fault, bad bool) {
	c := o.Columns
	number := func(c *job.InputColumns) { c.IDColumn, c.NumberRows = "", true }
	has := slices.Contains(s.names, c.ID())
	switch {
	case c.NumberRows && c.IDColumn != "" && c.IDColumn != table.RowID:
		return fault{what: fmt.Sprintf("the rows have IDs of column %q: they cannot be numbered too", c.IDColumn),
			hint: "give one of " + o.option("id-column", c.IDColumn) + " and " + o.option("number-rows", "")}, true
	case c.NumberRows && has:
		return fault{what: "the table has a column RowID: its rows cannot be numbered again",
			hint: "leave out " + o.option("number-rows", ""), fix: func(c *job.InputColumns) { c.NumberRows = false }}, true
	case c.NumberRows || has:
		return fault{}, false
	}
	what := table.MissingColumn(s.names, c.ID())
	if near := table.NearMiss(s.names, c.ID()); near != "" && (s.rows == 0 || s.hasIntegers(slices.Index(s.names, near))) {
		return fault{what: what, hint: o.option("id-column", near) + " takes the RowIDs from that column",
			fix: func(c *job.InputColumns) { c.IDColumn = near }}, true
	}
	if c.IDColumn != "" {
		what += term.DidYouMean(c.IDColumn, s.names)
	}
	return fault{what: what, fix: number, hint: o.option("number-rows", "") + " numbers the rows; " +
		o.option("id-column", "NAME") + " names a column that has another integer in every row"}, true
}

// missingText is the fault of a table without the column of the text.
func (o *Options) missingText(s *sample) fault {
	c := o.Columns
	x := fault{what: table.MissingColumn(s.names, c.Text()), mild: c.TextColumn == "" && !o.NeedsText}
	taken := func(name string) bool {
		return name == c.ID() || name == table.RowID || name == c.Title() || name == c.Sentiment() || slices.Contains(c.ContextColumns, name)
	}
	likely, why := table.NearMiss(s.names, c.Text()), ""
	if likely == "" {
		if i := s.longestColumn(taken); i >= 0 {
			likely, why = s.names[i], ", which has the longest texts"
		}
	}
	if likely == "" {
		x.hint = o.option("text-column", "NAME") + " names the column with the text to label"
		return x
	}
	x.hint = o.option("text-column", likely) + " takes the text from that column" + why
	x.fix = func(c *job.InputColumns) { c.TextColumn = likely }
	return x
}

// missingNamed is the fault of a column that an option names and the table lacks.
func (o *Options) missingNamed(s *sample, flag, name string, set func(c *job.InputColumns, name string)) fault {
	if near := table.NearMiss(s.names, name); near != "" {
		return fault{what: table.MissingColumn(s.names, name), hint: fmt.Sprintf("write %q in %s", near, o.flag(flag)), fix: func(c *job.InputColumns) { set(c, near) }}
	}
	return fault{what: table.MissingColumn(s.names, name) + term.DidYouMean(name, s.names),
		hint: o.option(flag, "NAME") + " must name a column of the table"}
}

// Explain is the error of a table: what its header lacks, and scanErr, what is wrong below.
// It is nil if there is nothing. An error that is not of the table is returned as it is.
// The file, nil if it is a stream, is read to say what helps.
func (f *Findings) Explain(ctx context.Context, file *table.File, scanErr error) error {
	if _, bad := errors.AsType[*table.Error](scanErr); scanErr != nil && !bad {
		return scanErr
	}
	errs := slices.DeleteFunc([]error{f.headerErr, scanErr}, func(err error) bool { return err == nil })
	switch {
	case len(errs) == 0 && (len(f.faults) == 0 || f.isMild()):
		return nil
	case slices.ContainsFunc(errs, IsForm) && file != nil:
		return f.explainForm(ctx, file, errs, f.o.Columns)
	case f.Header == nil:
		return errors.Join(errs...)
	case f.headerErr != nil: // of the delimiter: with another one all columns are others
		e, c := &Error{}, f.o.Columns
		e.addError(f.headerErr)
		if d := f.delimiter(); d != 0 {
			c.Delimiter = table.DelimiterFlag(d)
			f.addCommand(e, c, "", f.o.Table.Name)
		}
		return e
	}
	s := &sample{names: f.Header.Names}
	if file != nil {
		s = takeSample(io.NewSectionReader(file, 0, file.Size), f.o.Table)
	}
	faults := f.o.findFaults(s, false)
	textIDs := f.areTextIDs(s, scanErr)
	if f.isMild() && !textIDs {
		faults = nil // it is warned of
	}
	f.told = len(faults) > 0
	c, known := f.o.Columns, len(errs) == 0
	e := &Error{}
	if textIDs {
		if slices.Contains(s.names, table.RowID) { // its rows cannot be numbered beside it
			c.IDColumn = ""
			err := f.explainForm(ctx, file, errs, c)
			if e, ok := errors.AsType[*Error](err); ok {
				e.textIDs = f.o.Columns.ID() == table.RowID
			}
			return err
		}
		c.IDColumn, c.NumberRows, known = "", true, true
		e.addHint(f.o.option("number-rows", "") + " numbers the rows instead, and keeps column " + strconv.Quote(f.o.Columns.IDColumn))
	}
	f.addFaults(e, faults, f.Header.Line())
	for _, err := range errs {
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

// addFaults adds the errors and hints of faults of the header, which is on a line.
func (f *Findings) addFaults(e *Error, faults []fault, line int64) {
	for _, x := range faults {
		e.errs = append(e.errs, &table.Error{File: f.o.Table.Name, Line: line, Msg: x.what})
		e.addHint(x.hint)
	}
}

// IsForm tells whether an error is of a file that normalizing turns into a table.
func IsForm(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return slices.ContainsFunc(e.errs, IsForm)
	}
	bad, ok := errors.AsType[*table.Error](err)
	return ok && bad.IsForm()
}

// areTextIDs tells whether scanErr is of an ID that is no integer, and most are not.
func (f *Findings) areTextIDs(s *sample, scanErr error) bool {
	i := f.Places.ID
	bad, ok := errors.AsType[*table.Error](scanErr)
	return ok && f.HasIDs() && i < len(s.badLines) && s.badLines[i] > 0 && s.badLines[i] == bad.Line && s.isMostlyText(i)
}

// explainForm is the error of a file that normalizing turns into a table.
func (f *Findings) explainForm(ctx context.Context, file *table.File, errs []error, c job.InputColumns) error {
	e := &Error{}
	for _, err := range errs {
		e.addError(err)
	}
	if f.o.Keys && slices.ContainsFunc(errs, IsForm) { // a job normalizes it by itself
		return e
	}
	s, err := sampleNormalForm(ctx, file, normalize.Options{IDColumn: c.IDColumn, Keys: f.o.Keys})
	if _, bad := errors.AsType[*table.Error](err); bad && c.IDColumn != "" { // perhaps it has no integers
		e.errs = append(e.errs, err)
		c.IDColumn = ""
		s, err = sampleNormalForm(ctx, file, normalize.Options{Keys: f.o.Keys})
	}
	if _, bad := errors.AsType[*table.Error](err); bad {
		e.errs, e.hints = append(e.errs, err), nil // normalizing alone does not help
		return e
	} else if err != nil {
		return err
	}
	command, output := table.NormalizeCommand(f.o.Table.Name)
	if c.IDColumn != "" {
		command = strings.Replace(command, "--normalize", "--normalize "+f.o.option("id-column", c.IDColumn), 1)
	}
	if len(e.hints) == 0 {
		e.addHint("this makes it a table that can be read, with numbered rows: " + command)
	}
	faults := f.o.findFaults(s, true)
	f.addFaults(e, faults, 1)
	f.told = len(faults) > 0
	c.IDColumn, c.NumberRows = "", false // its column is RowID now
	if c, ok := fixAll(c, faults); ok && f.told && !f.o.Keys {
		f.addCommand(e, c, command+" && ", output)
	}
	return e
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
func (f *Findings) addCommand(e *Error, c job.InputColumns, first, file string) {
	if f.o.Command == nil {
		return
	}
	if command := f.o.Command(c.Args(), file); command != "" {
		e.addHint("this does all of it: " + first + command)
	}
}

// Error is everything that is wrong with a table.
type Error struct {
	errs    []error
	hints   []string
	textIDs bool
}

// AreTextIDs tells whether an error is of a table whose RowIDs are texts. In normal form
// its rows have others, and these stay as RowID_2.
func AreTextIDs(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.textIDs
}

func (e *Error) Error() string { return errors.Join(e.errs...).Error() }

// Unwrap returns the errors that it is made of; one at least is a *table.Error.
func (e *Error) Unwrap() []error { return e.errs }

// Hint says what removes each of them, a line each.
func (e *Error) Hint() string { return strings.Join(e.hints, "\n") }

func (e *Error) addHint(hint string) {
	if hint != "" {
		e.hints = append(e.hints, hint)
	}
}

// addError adds an error with its hint.
func (e *Error) addError(err error) {
	e.errs = append(e.errs, err)
	if hinted, ok := err.(interface{ Hint() string }); ok {
		e.addHint(hinted.Hint())
	}
}
