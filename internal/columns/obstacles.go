package columns

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"prism/internal/job"
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
	Doubts    []string // what of a normal form may be a mistake: the hint where a column is missing

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
	others    []error // that the caller found in the header
	told      bool    // that the text is missing, as an error
}

// AddError adds what else is wrong with the columns, in the caller's eyes.
func (f *Findings) AddError(err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		f.others = append(f.others, joined.Unwrap()...)
	} else if err != nil {
		f.others = append(f.others, err)
	}
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
		if missing := h.MissingColumn(o.Table.Name, name); h.Index(name) < 0 && (missing.NeedsNormalizing() || h.OtherDelimiter(name) != 0) {
			f.headerErr = missing
			break
		}
	}
	return f
}

// CanScan reports whether the table can be read as a whole, to find what is wrong below
// the header.
func (f *Findings) CanScan() bool { return f.Header != nil && f.headerErr == nil }

// HasIDs reports whether the IDs of the rows can be checked: they are wanted, and their
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

// hasPurpose reports whether a column is an input column.
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
