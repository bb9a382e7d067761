package stats

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// facts are the columns that tell how rows were made.
var runColumnNames = prompt.RunColumns()

// skipped are the columns that have nothing to count: they name a row or are
// what was read, not what was said of it.
var skippedColumns = []string{table.RowID, "Position", "Title", "Message"}

// Options says what is counted.
type Options struct {
	Columns []string       // by name in the files, or as the schema has it; empty: see Table
	Cross   [][2]string    // pairs of columns to tabulate against each other, by such names; counted too
	Schema  *prompt.Schema // nil: labels have no classes
}

// Table counts the values of columns over any number of files. Without named
// columns it counts the columns to code of the schema or, without one, every
// column that neither names a row nor holds what was classified; these must be
// the same in all files.
type Distributions struct {
	options      Options
	files        []File
	columns      []*column
	runColumns   []*column
	crosses      []*crossCounter
	firstFile    *inputFile // of those with columns
	firstColumns []string   // columns of first
}

type column struct {
	name   string
	schema *prompt.Column // nil: none in a schema
	isGate bool
	rows   int64
	*valueCounter
}

// NewTable returns a Table without files.
func NewDistributions(o Options) *Distributions { return &Distributions{options: o} }

// ColumnError is a file that lacks a column that is to be counted.
type MissingColumnError struct {
	File, Column string
	Columns      []string // columns of the file
}

func (e *MissingColumnError) Error() string {
	return fmt.Sprintf("%s: there is no column %q", e.File, e.Column)
}

// OtherColumnsError is a file whose columns to count are not those of the first
// file, where none were named.
type ColumnMismatchError struct {
	File, First    string
	Missing, Extra []string // columns of the file, beside those of the first
	Common         []string // of both
}

func (e *ColumnMismatchError) Error() string {
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, "lacks "+strings.Join(e.Missing, ", "))
	}
	if len(e.Extra) > 0 {
		parts = append(parts, "has "+strings.Join(e.Extra, ", ")+" besides")
	}
	return fmt.Sprintf("%s has other columns than %s: it %s", e.File, e.First, strings.Join(parts, ", and "))
}

// Read counts the records of a file, which messages call name. It returns the
// reader's errors as they are, *ColumnError and *OtherColumnsError.
func (d *Distributions) CountRecords(r *table.Reader, name string, form table.Format) error {
	f, err := d.resolveColumns(r.Header(), name, form)
	if err != nil {
		return err
	}
	tallies := make([]*tally, len(f.sources))
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			d.finishFile(f)
			return nil
		}
		if err != nil {
			return err
		}
		f.rows++
		for i := range f.sources {
			tallies[i] = f.sources[i].column.countToken(rec.Field(f.sources[i].index), form, 1)
		}
		for _, c := range f.crosses {
			c.counter.countPair(tallies[c.a], tallies[c.b], 1)
		}
	}
}

// file is the columns of a file that are counted.
type inputFile struct {
	name       string
	format     table.Format
	rows       int64
	sources    []columnSource // the facts are the last
	runColumns int
	crosses    []crossSource
}

type columnSource struct {
	index  int // index of the column in the file
	column *column
}

// sourcePair is two of the sources, by index.
type crossSource struct {
	a, b    int
	counter *crossCounter
}

func (d *Distributions) resolveColumns(h *table.Header, name string, form table.Format) (*inputFile, error) {
	f := &inputFile{name: name, format: form}
	wanted := d.columnsToCount(h)
	if err := d.checkSameColumns(f, h, wanted); err != nil {
		return nil, err
	}
	for _, want := range wanted {
		if _, err := d.addSource(f, h, want); err != nil {
			return nil, err
		}
	}
	for i, pair := range d.options.Cross {
		a, err := d.addSource(f, h, pair[0])
		if err != nil {
			return nil, err
		}
		b, err := d.addSource(f, h, pair[1])
		if err != nil {
			return nil, err
		}
		if i == len(d.crosses) {
			d.crosses = append(d.crosses, &crossCounter{a: f.sources[a].column, b: f.sources[b].column, counts: map[tallyPair]int64{}})
		}
		f.crosses = append(f.crosses, crossSource{a, b, d.crosses[i]})
	}
	for _, name := range runColumnNames {
		if at := h.Index(name); at >= 0 {
			f.sources = append(f.sources, columnSource{at, d.runColumnFor(name)})
			f.runColumns++
		}
	}
	return f, nil
}

// agrees makes sure that every file has the columns to count of the first one.
// JSONL without an object has no columns, and no rows that could lack any.
func (d *Distributions) checkSameColumns(f *inputFile, h *table.Header, wanted []string) error {
	switch {
	case len(d.options.Columns) > 0 || d.options.Schema != nil || len(h.Names) == 0:
		return nil
	case d.firstFile == nil:
		d.firstFile, d.firstColumns = f, wanted
		return nil
	}
	e := &ColumnMismatchError{File: f.name, First: d.firstFile.name}
	for _, n := range d.firstColumns {
		if slices.Contains(wanted, n) {
			e.Common = append(e.Common, n)
		} else {
			e.Missing = append(e.Missing, n)
		}
	}
	for _, n := range wanted {
		if !slices.Contains(d.firstColumns, n) {
			e.Extra = append(e.Extra, n)
		}
	}
	if len(e.Missing)+len(e.Extra) == 0 {
		return nil
	}
	return e
}

// source is the index of the source of a column by its name in the file or the
// schema; it is added where it is not there yet.
func (d *Distributions) addSource(f *inputFile, h *table.Header, want string) (int, error) {
	at := h.Index(want)
	if at < 0 {
		at = h.Index(prompt.Validated + want)
	}
	if at < 0 {
		return 0, &MissingColumnError{File: f.name, Column: want, Columns: h.Names}
	}
	if i := slices.IndexFunc(f.sources, func(s columnSource) bool { return s.index == at }); i >= 0 {
		return i, nil
	}
	f.sources = append(f.sources, columnSource{at, d.columnFor(h.Names[at], d.schemaColumn(h, h.Names[at]))})
	return len(f.sources) - 1, nil
}

func (d *Distributions) columnsToCount(h *table.Header) []string {
	var names []string
	switch {
	case len(d.options.Columns) > 0:
		return d.options.Columns
	case d.options.Schema != nil:
		for i := range d.options.Schema.Columns {
			name := d.options.Schema.Columns[i].Name
			if h.Index(prompt.Validated+name) >= 0 {
				name = prompt.Validated + name
			}
			names = append(names, name)
		}
	default:
		for _, n := range h.Names {
			if !slices.Contains(skippedColumns, n) && !slices.Contains(runColumnNames, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// spec is what the schema says of a column of a file: a column to code stands
// there under its own name or, where the input has that too, its validated one.
func (d *Distributions) schemaColumn(h *table.Header, name string) *prompt.Column {
	if d.options.Schema == nil {
		return nil
	}
	for i := range d.options.Schema.Columns {
		c := &d.options.Schema.Columns[i]
		if name == prompt.Validated+c.Name || name == c.Name && h.Index(prompt.Validated+c.Name) < 0 {
			return c
		}
	}
	return nil
}

// column is the column of a name, or of a spec under the name it first had.
func (d *Distributions) columnFor(name string, spec *prompt.Column) *column {
	for _, c := range d.columns {
		if c.schema == spec && (spec != nil || c.name == name) {
			return c
		}
	}
	c := &column{name: name, schema: spec, valueCounter: newValueCounter(spec != nil && spec.Labels != nil)}
	if spec != nil {
		c.isGate = spec == &d.options.Schema.Columns[0]
		c.reserve(spec.Labels...)
		c.reserve(prompt.NotApplicable, spec.Default)
	}
	d.columns = append(d.columns, c)
	return c
}

func (d *Distributions) runColumnFor(name string) *column {
	for _, c := range d.runColumns {
		if c.name == name {
			return c
		}
	}
	c := &column{name: name, valueCounter: newValueCounter(true)}
	d.runColumns = append(d.runColumns, c)
	return c
}

func (d *Distributions) finishFile(f *inputFile) {
	d.files = append(d.files, File{Name: f.name, Rows: f.rows})
	for _, c := range f.sources {
		c.column.rows += f.rows
	}
}
