// Package selection takes some of the rows of a table: those whose RowIDs other tables have or
// lack, those whose labels are unsure, and of these some that are drawn at random. Rows keep their
// bytes. What they are taken for is left to prism-split.
//
//  1. The table is checked as a whole. RowIDs of the other tables are remembered as sets, which take
//     about a bit a RowID where they lie close together (ids.go); of a result those of the rows whose labels
//     are sure (unsure.go).
//  2. Where rows are drawn, a pass over the table counts those that may be.
//  3. A pass writes the rows that are taken (write.go). In random order they wait in a
//     temporary file, with 16 bytes of memory a row.
package selection

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// Table is a file and how it is read.
type Table struct {
	File    *table.File
	Options table.Options
}

// Options says which rows are taken, and what is written of them.
type Options struct {
	IDColumn string  // of all tables; RowID if empty
	With     *Table  // rows whose RowID this table has; nil: any
	Without  *Table  // rows whose RowID this table lacks; nil: any
	Unsure   *Unsure // rows whose labels are unsure, or missing; nil: any
	Draw     Draw    // of the rows that fulfil all this; the zero Draw takes all of them
	Shuffle  bool    // in random order, else in that of the table
	Seed     uint64  // of what is random

	// Blind, if not nil, leaves out the columns that a model fills by this codebook, and those that
	// tell of its labels or of the run that made them.
	Blind *prompt.Schema
}

func (o *Options) id() string {
	if o.IDColumn == "" {
		return table.RowID
	}
	return o.IDColumn
}

// Summary counts rows.
type Summary struct{ Rows, Taken int64 }

// Draw is how many rows are drawn at random: a number, or a share of them. The zero value draws none,
// and takes all.
type Draw struct {
	Rows    int64
	Percent float64 // of the rows, rounded down; where it is not 0, Rows is not used
}

// ParseDraw reads a number of rows, or one of percent: 120, or 50%.
func ParseDraw(text string) (Draw, error) {
	if share, ok := strings.CutSuffix(text, "%"); ok {
		percent, err := strconv.ParseFloat(share, 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return Draw{}, fmt.Errorf("invalid share %q (want more than 0%% and at most 100%%)", text)
		}
		return Draw{Percent: percent}, nil
	}
	rows, err := strconv.ParseInt(text, 10, 64)
	if err != nil || rows < 1 {
		return Draw{}, fmt.Errorf("invalid number of rows %q (want at least 1, or a share such as 50%%)", text)
	}
	return Draw{Rows: rows}, nil
}

// of is how many of n rows are drawn.
func (d Draw) of(n int64) int64 {
	switch {
	case d.Percent > 0:
		return int64(math.Floor(float64(n) * d.Percent / 100))
	case d.Rows > 0:
		return min(d.Rows, n)
	}
	return n
}

// isAll reports whether no rows are left out at random.
func (d Draw) isAll() bool { return d == Draw{} }

// Write writes the rows of in that are taken to out, in the form that in has. Bad input is a
// *table.Error; it is found before the first byte is written.
func Write(ctx context.Context, in Table, o Options, out io.Writer) (Summary, error) {
	sum, err := table.Check(ctx, in.File, in.File.Size, table.CheckOptions{Options: in.Options, IDColumn: o.IDColumn, NoSum: true})
	if err != nil {
		return Summary{}, err
	}
	w := &writer{in: in, options: o, header: sum.Header, out: out, rows: sum.Rows}
	if len(sum.Header.Names) == 0 { // JSONL without objects
		return Summary{}, nil
	}
	if err := w.readFilters(ctx); err != nil {
		return Summary{}, err
	}
	w.planColumns()
	return w.writeSelected(ctx)
}
