// Package merge joins parts: files with the same columns become one, in the
// order of a column or one after the other. It knows what duplicates are and
// finds what is missing; parsing is the business of package record, sorting of
// package extsort.
package merge

import (
	"context"
	"errors"
	"io"
	"slices"

	"prism/internal/extsort"
	"prism/internal/table"
)

// Options says how parts are joined.
type Options struct {
	SortBy      string        // a column; RowID if empty
	InTurn      bool          // one part after the other, not sorted
	OnDuplicate extsort.Equal // of rows with the same RowID
	Memory      int64         // bytes for sorting
	Format      table.Format  // of the output; that of the first part if zero
	// Progress, if not nil, is told that so many more bytes were read.
	Progress func(bytes int64)
	// Debug, if not nil, is told how parts are joined, for people.
	Debug func(format string, args ...any)
}

func (o *Options) debug(format string, args ...any) {
	if o.Debug != nil {
		o.Debug(format, args...)
	}
}

func (o *Options) progress(n int) {
	if o.Progress != nil {
		o.Progress(int64(n))
	}
}

// Result is what a join did.
type Result struct {
	Parts   int
	Rows    int64 // written
	Dropped int64 // rows that gave way to another one with the same RowID
}

// Output is where joined records go.
type Output struct {
	io.Writer
	// Again makes the output empty again; nil if it cannot be. All parts are then
	// read once more before the first byte is written.
	Again func() error
	// Wrote, if not nil, is told how many bytes have been written so far.
	Wrote func(bytes int64)
}

// Write joins parts and writes them to out. Bad input is an *record.Error; what
// was written then is of no use.
func Write(ctx context.Context, inputs []Input, o Options, out Output) (Result, error) {
	l, err := newLayout(inputs, o.Format)
	if err != nil {
		return Result{}, err
	}
	j := join{layout: l, o: o, out: out}
	r, err := j.run(ctx)
	r.Parts = len(inputs)
	var twice *extsort.EqualError
	if errors.As(err, &twice) {
		err = l.duplicate(ctx, keyID(twice.Key))
	}
	return r, err
}

type join struct {
	*layout
	o   Options
	out Output
}

func (j *join) run(ctx context.Context) (Result, error) {
	if j.o.InTurn {
		return j.inTurn(ctx)
	}
	column, err := j.sortColumn()
	if err != nil || len(j.parts) == 0 {
		return Result{}, err
	}
	s := &sorting{layout: j.layout, o: j.o, column: column, long: j.names[column] != table.RowID}
	if s.long && j.id >= 0 {
		c, err := j.count(ctx, j.o)
		if err != nil {
			return Result{}, err
		}
		if s.drops, err = j.findDrops(ctx, j.o, c); err != nil {
			return Result{}, err
		}
		defer s.drops.close()
	}
	return j.sorted(ctx, s)
}

// sortColumn is the place of the column to sort by; -1 if there is none.
func (j *join) sortColumn() (int, error) {
	if j.o.InTurn || len(j.parts) == 0 {
		return -1, nil
	}
	name := j.o.SortBy
	if name == "" {
		name = table.RowID
	}
	if i := slices.Index(j.names, name); i >= 0 {
		return i, nil
	}
	return -1, &table.Error{File: j.first.Options.Name, Line: max(j.first.header.Lines, 1), Msg: table.Lacks(j.names, name) + "; --sort-by takes another one, or none"}
}

// sorted writes the parts merged, again where one proves to be less sorted
// than it looked.
func (j *join) sorted(ctx context.Context, s *sorting) (Result, error) {
	if s.drops == nil { // they are to be asked for in order, as streams do not
		for _, p := range j.parts {
			var err error
			if p.sorted, err = s.looksSorted(ctx, p); err != nil {
				return Result{}, err
			}
		}
	}
	if j.out.Again == nil {
		if err := s.verify(ctx); err != nil {
			return Result{}, err
		}
	}
	for {
		m, err := j.sortedOnce(ctx, s)
		if j.out.Again == nil || !errors.Is(err, errUnsorted) {
			r := Result{Rows: m.Items, Dropped: m.Dropped}
			if s.drops != nil {
				r.Dropped = s.drops.n
			}
			return r, err
		}
		if err := j.out.Again(); err != nil {
			return Result{}, err
		}
		if err := s.verify(ctx); err != nil {
			return Result{}, err
		}
	}
}

func (j *join) sortedOnce(ctx context.Context, s *sorting) (extsort.Merged, error) {
	head, err := j.head()
	if err != nil {
		return extsort.Merged{}, err
	}
	if _, err := j.out.Write(head); err != nil {
		return extsort.Merged{}, err
	}
	return s.run(ctx, j.out, int64(len(head)))
}
