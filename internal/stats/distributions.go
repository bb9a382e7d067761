package stats

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// Options is what to count.
type Options struct {
	IDColumn string         // that identifies rows, and is not counted by itself; empty: RowID
	Columns  []string       // names in the files or in the schema; empty: see Distributions. Names, here and in Cross, may be cut at their commas
	Cross    [][]string     // two such columns each, to cross-tabulate; they are counted too
	Schema   *prompt.Schema // nil: labels have no classes
}

// Distributions counts the values of columns over any number of files. Without
// named columns it counts the columns to code of the schema or, without a schema,
// all columns but the row's ID and input; these must be the same in all files.
type Distributions struct {
	options      Options
	files        []File
	columns      []*column
	runColumns   []*column
	crosses      []*crossCounter
	firstFile    *inputFile // first file with columns
	firstColumns []string   // its columns to count
}

// NewDistributions returns Distributions without files.
func NewDistributions(o Options) *Distributions { return &Distributions{options: o} }

// CountRecords counts the records of a file; name is its name in messages. It
// returns the reader's errors unchanged, *MissingColumnError and
// *ColumnMismatchError.
func (d *Distributions) CountRecords(r *table.Reader, name string) error {
	f, err := d.resolveColumns(r.Header(), name)
	if err != nil {
		return err
	}
	tallies := make([]*tally, len(f.sources))
	var scratch []byte
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			d.finishFile(f)
			return nil
		}
		if err == nil {
			err = rec.CheckUTF8(name)
		}
		if err != nil {
			return err
		}
		f.rows++
		for i := range f.sources {
			tallies[i] = f.sources[i].column.countToken(rec.Field(f.sources[i].index), f.format, 1)
		}
		for _, c := range f.crosses {
			c.counter.countPair(tallies[c.a], tallies[c.b], 1)
		}
		for _, s := range f.certainties {
			var c certainty
			c, scratch = parseCertainty(rec.Field(s.index), f.format, scratch)
			s.sums.addCertainty(c)
		}
	}
}

func (d *Distributions) finishFile(f *inputFile) {
	d.files = append(d.files, File{Name: f.name, Rows: f.rows})
	for _, c := range f.sources {
		c.column.rows += f.rows
	}
}

// Crosses returns the names of the two columns of each cross table.
func (d *Distributions) Crosses() (pairs [][2]string) {
	for _, c := range d.crosses {
		pairs = append(pairs, [2]string{c.a.name, c.b.name})
	}
	return pairs
}

// Result returns the counts of all files so far.
func (d *Distributions) Result() *Result {
	r := &Result{Schema: schemaVersion, Files: []File{}, RunColumns: []RunColumn{}, Columns: []Column{}, CrossTables: []CrossTable{}}
	if d.options.Schema != nil {
		r.PromptHash = d.options.Schema.Hash()
	}
	for _, f := range d.files {
		r.Files = append(r.Files, f)
		r.Rows += f.Rows
	}
	for _, c := range d.runColumns {
		values := c.valueCounts()
		sortByCount(values)
		r.RunColumns = append(r.RunColumns, RunColumn{Column: c.name, Values: values})
	}
	for _, c := range d.columns {
		r.Columns = append(r.Columns, c.summarize())
		if c.isGate {
			n := c.countOf(prompt.NotApplicable)
			r.Gate = &Gate{Column: c.name, NotApplicable: n, Share: shareOf(n, c.rows)}
		}
	}
	for _, c := range d.crosses {
		r.CrossTables = append(r.CrossTables, c.summarize())
	}
	return r
}

// MissingColumnError reports the columns to count that a file does not have.
type MissingColumnError struct {
	Columns []string // that are missing
	errs    []error  // *table.Error
}

func (e *MissingColumnError) Error() string { return errors.Join(e.errs...).Error() }

// Unwrap returns a *table.Error for each column.
func (e *MissingColumnError) Unwrap() []error { return e.errs }

// ColumnMismatchError reports that a file does not have the same columns to count
// as the first file.
type ColumnMismatchError struct {
	File, First    string
	Missing, Extra []string // columns, compared with the first file
	Common         []string // columns of both files
}

func (e *ColumnMismatchError) Error() string {
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, "missing "+strings.Join(e.Missing, ", "))
	}
	if len(e.Extra) > 0 {
		parts = append(parts, "additional "+strings.Join(e.Extra, ", "))
	}
	return fmt.Sprintf("%s and %s have different columns: %s", e.First, e.File, strings.Join(parts, "; "))
}
