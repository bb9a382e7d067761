// Package override replaces labels of results by those that people gave: it reads the tables
// that people edit, checks every value against the codebook, and rewrites the rows of a
// table. What overrides mean for a run is left to prism-merge.
//
//  1. Read reads a table of overrides into memory: the values of the coded columns, each
//     different one once as far as they are few, and a hash of each cell of the other columns of the
//     result (read.go, values.go). Values that the codebook does not have are kept as they were
//     typed: a row may have such a value already, and then nothing was typed.
//  2. Apply rewrites a table: rows without a replaced value keep their bytes, and every row
//     has a column Reviewed, which names the replaced columns (apply.go).
//  3. AddRows makes rows of the input that failed, and that overrides give all their labels (newrows.go).
//  4. When all tables were rewritten, Err tells all that is wrong at once: values that the codebook
//     does not have, rows and columns that the results do not have. What Apply wrote is then of
//     no use.
package override

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
	"prism/internal/term"
)

// Columns that tables have beside the values of their rows.
const (
	Reviewed             = "Reviewed" // the replaced columns of a row, joined by |
	Why                  = "Why"      // of a review: why the row was chosen
	Stratum              = "Stratum"  // of a sample
	InclusionProbability = "Inclusion_Probability"
	LabelledBy           = "Labelled_By" // who labelled a row of a result that several made
)

// IsDescribing reports whether a column says something of the labels of a row, or of why it was
// chosen, and has no values to take or to compare.
func IsDescribing(name string) bool {
	_, isShare := prompt.CutShareSuffix(name)
	return isShare || slices.Contains([]string{Reviewed, Why, Stratum, InclusionProbability, LabelledBy}, name)
}

// Options says what overrides are for.
type Options struct {
	Schema   *prompt.Schema
	IDColumn string   // of the results, and of overrides
	Columns  []string // of the results
	Result   string   // what the results are called, for messages
	// Note, if not nil, is told how a table of overrides was read, for people.
	Note func(format string, args ...any)
}

// Overrides are the values of one table that people edited.
type Overrides struct {
	name    string
	options Options
	ids     []int64
	lines   []int64 // of the rows; of JSON objects their number, negative
	order   []int32 // rows by their IDs
	next    int     // in order, of the row that find may be asked for next
	seen    []bool  // rows that a result has
	columns []*column
	passed  []*passedColumn
	faults  faultList

	replaced    int64 // values
	replacedOf  []bool
	least, most int64 // RowIDs of the results
	resultRows  int64
}

// fault is something wrong in a table of overrides.
type fault struct {
	line int64 // 0: the table as a whole
	msg  string
}

// maxFaults is how many faults are listed.
const maxFaults = 19

// faultList is the faults with the lowest lines.
type faultList struct {
	list []fault
	more int64
}

func (l *faultList) addFault(line int64, format string, args ...any) {
	l.list = append(l.list, fault{line, fmt.Sprintf(format, args...)})
	if len(l.list) >= 8*maxFaults {
		l.cut()
	}
}

// cut keeps the first faults.
func (l *faultList) cut() {
	slices.SortStableFunc(l.list, func(a, b fault) int { return cmp.Compare(abs(a.line), abs(b.line)) })
	l.list = slices.Compact(l.list)
	if n := len(l.list) - maxFaults; n > 0 {
		l.more += int64(n)
		l.list = l.list[:maxFaults]
	}
}

func abs(n int64) int64 { return max(n, -n) }

// Err tells all faults at once, also rows that no result has; nil if there are none.
func (o *Overrides) Err() error {
	for row, seen := range o.seen {
		if !seen && o.hasValues(row) {
			o.faults.addFault(o.lines[row], "%s", o.unknownRow(o.ids[row]))
		}
	}
	if len(o.faults.list) == 0 {
		return nil
	}
	o.faults.cut()
	var errs []error
	for _, f := range o.faults.list {
		e := &table.Error{File: o.name, Line: max(f.line, 0), Msg: f.msg}
		if f.line < 0 {
			e.Msg = fmt.Sprintf("object %d: %s", -f.line, f.msg)
		}
		errs = append(errs, e)
	}
	if o.faults.more > 0 {
		errs = append(errs, &table.Error{File: o.name, Msg: fmt.Sprintf("%d more faults like these", o.faults.more)})
	}
	return errors.Join(errs...)
}

func (o *Overrides) unknownRow(id int64) string {
	text := fmt.Sprintf("unknown %s %d", o.options.IDColumn, id)
	if o.resultRows > 0 {
		text += fmt.Sprintf(": those of %s go from %d to %d", o.options.Result, o.least, o.most)
	}
	return text + "; a row that failed is in no result"
}

// hasValues reports whether a row has a value for any coded column.
func (o *Overrides) hasValues(row int) bool {
	return slices.ContainsFunc(o.columns, func(c *column) bool { return c.valueOf(row) != 0 })
}

// find returns the row of an ID, -1 if there is none.
func (o *Overrides) find(id int64) int {
	if o.next < len(o.order) && o.ids[o.order[o.next]] == id {
		o.next++
		return int(o.order[o.next-1])
	}
	at, known := slices.BinarySearchFunc(o.order, id, func(row int32, id int64) int { return cmp.Compare(o.ids[row], id) })
	if !known {
		o.next = at
		return -1
	}
	o.next = at + 1
	return int(o.order[at])
}

// Summary is what overrides did.
type Summary struct {
	Name     string
	Rows     int64 // of the table of overrides
	Values   int64 // replaced
	Replaced int64 // rows in which a value was
	// Notes tell what was typed and not taken, a line each.
	Notes []string
}

// Summary tells what was done. It is complete when all results were rewritten.
func (o *Overrides) Summary() Summary {
	s := Summary{Name: o.name, Rows: int64(len(o.ids)), Values: o.replaced}
	for _, replaced := range o.replacedOf {
		if replaced {
			s.Replaced++
		}
	}
	for _, p := range o.passed {
		if p.edited > 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%s: column %q differs from the result in %s, first %s: only columns of the codebook are taken",
				o.name, p.name, term.Plural(p.edited, "row"), lineText(p.firstEdited)))
		}
	}
	var names []string
	for _, c := range o.columns {
		if c.kept > 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%s: column %q has %s written in another way, first %s: the result's values are kept", o.name, c.name, term.Plural(c.kept, "number"), c.firstKept))
		}
		if c.again > 0 {
			names = append(names, fmt.Sprintf("%s (%s)", c.name, term.Plural(c.again, "row")))
		}
	}
	if len(names) > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: replaces values of an earlier file: %s", o.name, strings.Join(names, ", ")))
	}
	return s
}

// lineText names a line, or an object of JSON.
func lineText(line int64) string {
	if line < 0 {
		return fmt.Sprintf("object %d", -line)
	}
	return fmt.Sprintf("on line %d", line)
}
