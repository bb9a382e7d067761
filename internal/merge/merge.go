// Package merge joins parts: files with the same columns become one, in the
// order of a column or one after the other. It knows what duplicates are and
// finds what is missing; parsing is the business of package table, sorting of
// package extsort, sets of RowIDs of package rowid.
//
// Write, sorted by RowID, reads the parts once:
//
//  1. The headers give the columns of the output, and what each part is to them:
//     its records are copied as they stand or rewritten (layout.go).
//  2. The first block of each large part reports whether the part looks sorted.
//  3. Parts that do not are read in batches of records with their keys and sorted
//     within the memory; what does not fit waits in a temporary file in sorted runs.
//  4. The runs and the parts that look sorted are merged as they are read. Of equal
//     RowIDs the merge keeps one or stops, as Options.OnDuplicate says.
//  5. A part that proves to be unsorted after all loses its mark; the output is
//     rewound, all parts are checked, and it goes on from 3.
//
// Where the output cannot be rewound, the check of 5 is made before 3.
//
// Write sorted by another column, or concatenated, reads the parts twice: RowIDs
// that come twice are not neighbours there, so they are looked for first.
//
//  1. All records are checked, and their RowIDs remembered as a set. If none comes
//     twice, nothing is to be dropped. Where RowIDs are too many and too far apart for a
//     set, or one does come twice, the parts are read once more and the RowIDs sorted,
//     which gives the positions of the rows to drop (duplicates.go).
//  2. The parts are sorted as above, or concatenated: copied whole where nothing in
//     them changes, else record by record (concat.go).
//
// Expect reads the input three times and the parts once (expect.go):
//
//  1. The input's RowIDs are counted; none may come twice. Where they are too many and
//     too far apart for a set, or one does come twice, they are read again and sorted.
//  2. They are remembered, and so is which of them the parts have; the others of the
//     parts are unexpected.
//  3. The input is read for the positions of those that the parts do not have.
package merge

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"prism/internal/extsort"
	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
)

// Options says how parts are joined.
type Options struct {
	IDColumn    string        // the column that identifies rows; RowID if empty
	SortBy      string        // a column; that of the IDs if empty
	Concat      bool          // one part after the other, not sorted
	OnDuplicate extsort.Equal // of rows with the same RowID
	Memory      int64         // bytes for sorting
	Format      table.Format  // of the output; that of the first part if zero
	SafeCSV     bool          // cells of CSV and TSV that look like formulas are marked (table.FormulaGuard)
	// Schema, if not nil, says which columns a model filled, and what their values are in
	// formats that have more than texts.
	Schema *prompt.Schema
	// Progress, if not nil, is told that so many more bytes were read.
	Progress func(bytes int64)
	// Debug, if not nil, is told how parts are joined, for people.
	Debug func(format string, args ...any)
}

// ID is the name of the column that identifies rows.
func (o *Options) ID() string { return cmp.Or(o.IDColumn, table.RowID) }

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
	// Rewind makes the output empty again; nil if it cannot be. All parts are then
	// read once more before the first byte is written.
	Rewind func() error
	// Wrote, if not nil, is told how many bytes have been written so far.
	Wrote func(bytes int64)
}

// guardOutput is an output that marks cells that look like formulas, where the options want that;
// flush is for the end.
func (o *Options) guardOutput(out Output, format table.Format) (guarded Output, flush func() error) {
	if !o.SafeCSV || format == table.JSONL {
		return out, func() error { return nil }
	}
	guard := table.NewFormulaGuard(out.Writer, format)
	guarded = out
	guarded.Writer = guard
	if out.Rewind != nil {
		guarded.Rewind = func() error {
			guard.Reset()
			return out.Rewind()
		}
	}
	return guarded, guard.Flush
}

// errStop ends a scan early.
var errStop = errors.New("stop")

// Write joins parts and writes them to out. Bad input is a *table.Error; what
// was written then is of no use.
func Write(ctx context.Context, inputs []Input, o Options, out Output) (Result, error) {
	l, err := newLayout(inputs, o.Format, o.ID())
	if err != nil {
		return Result{}, err
	}
	if err := l.checkIDColumn(o); err != nil {
		return Result{}, err
	}
	l.findValues(o.Schema)
	out, flush := o.guardOutput(out, l.format)
	j := join{layout: l, o: o, out: out}
	write := j.writeSorted
	if o.Concat {
		write = j.writeConcat
	}
	r, err := write(ctx)
	if err == nil {
		err = flush()
	}
	r.Parts = len(inputs)
	var equal *extsort.EqualError
	if errors.As(err, &equal) {
		err = l.duplicateError(ctx, rowid.FromSortKey(equal.Key))
	}
	return r, err
}

// Check reads parts through as Write does, and writes nothing: their columns,
// every record, RowIDs and which of them come twice.
func Check(ctx context.Context, inputs []Input, o Options) (Result, error) {
	l, err := newLayout(inputs, o.Format, o.ID())
	if err != nil {
		return Result{}, err
	}
	if err := l.checkIDColumn(o); err != nil {
		return Result{}, err
	}
	l.findValues(o.Schema)
	j := join{layout: l, o: o}
	if _, err := j.sortColumn(); err != nil {
		return Result{}, err
	}
	r, _, err := j.checkParts(ctx)
	r.Parts = len(inputs)
	return r, err
}

// join is one call of Write or Check.
type join struct {
	*layout
	o   Options
	out Output
}

// sortColumn is the place of the column to sort by; -1 if there is none.
func (j *join) sortColumn() (int, error) {
	if j.o.Concat || len(j.parts) == 0 {
		return -1, nil
	}
	name := cmp.Or(j.o.SortBy, j.o.ID())
	if i := slices.Index(j.names, name); i >= 0 {
		return i, nil
	}
	err := j.missingColumn(name)
	err.Msg += "; --sort-by takes another one, or none"
	return -1, err
}

// checkParts reads all parts through before the first byte is written: every
// record, and the rows to drop.
func (j *join) checkParts(ctx context.Context) (Result, *drops, error) {
	if j.id >= 0 {
		stats, err := j.countIDs(ctx, j.o)
		if err != nil {
			return Result{}, nil, err
		}
		d, err := j.findDrops(ctx, j.o, stats)
		return Result{Rows: stats.rows - d.count(), Dropped: d.count()}, d, err
	}
	var r Result
	for _, p := range j.parts {
		err := table.Scan(ctx, p.File, p.File.Size, p.header, table.ScanOptions{Options: p.Options, Text: true}, func(b *table.Block) error {
			j.o.progress(len(b.Data))
			r.Rows += int64(len(b.Recs))
			return nil
		})
		if err != nil {
			return Result{}, nil, err
		}
	}
	return r, nil, nil
}
