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
var facts = prompt.RunColumns()

// skipped are the columns that have nothing to count: they name a row or are
// what was read, not what was said of it.
var skipped = []string{table.RowID, "Position", "Title", "Message"}

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
type Table struct {
	o       Options
	files   []File
	cols    []*tableColumn
	facts   []*tableColumn
	crosses []*cross
	first   *file    // of those with columns
	counted []string // columns of first
}

type tableColumn struct {
	name string
	spec *prompt.Column // nil: none in a schema
	gate bool
	rows int64
	*counter
}

// NewTable returns a Table without files.
func NewTable(o Options) *Table { return &Table{o: o} }

// ColumnError is a file that lacks a column that is to be counted.
type ColumnError struct {
	File, Column string
	Have         []string // columns of the file
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("%s: there is no column %q", e.File, e.Column)
}

// OtherColumnsError is a file whose columns to count are not those of the first
// file, where none were named.
type OtherColumnsError struct {
	File, First  string
	Lacks, Extra []string // columns of the file, beside those of the first
	Common       []string // of both
}

func (e *OtherColumnsError) Error() string {
	var parts []string
	if len(e.Lacks) > 0 {
		parts = append(parts, "lacks "+strings.Join(e.Lacks, ", "))
	}
	if len(e.Extra) > 0 {
		parts = append(parts, "has "+strings.Join(e.Extra, ", ")+" besides")
	}
	return fmt.Sprintf("%s has other columns than %s: it %s", e.File, e.First, strings.Join(parts, ", and "))
}

// Read counts the records of a file, which messages call name. It returns the
// reader's errors as they are, *ColumnError and *OtherColumnsError.
func (t *Table) Read(r *table.Reader, name string, form table.Format) error {
	f, err := t.open(r.Header(), name, form)
	if err != nil {
		return err
	}
	tallies := make([]*tally, len(f.cols))
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			t.close(f)
			return nil
		}
		if err != nil {
			return err
		}
		f.rows++
		for i := range f.cols {
			tallies[i] = f.cols[i].to.count(rec.Field(f.cols[i].at), form, 1)
		}
		for _, c := range f.crosses {
			c.to.add(tallies[c.a], tallies[c.b], 1)
		}
	}
}

// file is the columns of a file that are counted.
type file struct {
	name    string
	form    table.Format
	rows    int64
	cols    []source // the facts are the last
	facts   int
	crosses []sourcePair
}

type source struct {
	at int // index of the column in the file
	to *tableColumn
}

// sourcePair is two of the sources, by index.
type sourcePair struct {
	a, b int
	to   *cross
}

func (t *Table) open(h *table.Header, name string, form table.Format) (*file, error) {
	f := &file{name: name, form: form}
	wanted := t.wanted(h)
	if err := t.agrees(f, h, wanted); err != nil {
		return nil, err
	}
	for _, want := range wanted {
		if _, err := t.source(f, h, want); err != nil {
			return nil, err
		}
	}
	for i, pair := range t.o.Cross {
		a, err := t.source(f, h, pair[0])
		if err != nil {
			return nil, err
		}
		b, err := t.source(f, h, pair[1])
		if err != nil {
			return nil, err
		}
		if i == len(t.crosses) {
			t.crosses = append(t.crosses, &cross{a: f.cols[a].to, b: f.cols[b].to, counts: map[tallyPair]int64{}})
		}
		f.crosses = append(f.crosses, sourcePair{a, b, t.crosses[i]})
	}
	for _, name := range facts {
		if at := h.Index(name); at >= 0 {
			f.cols = append(f.cols, source{at, t.fact(name)})
			f.facts++
		}
	}
	return f, nil
}

// agrees makes sure that every file has the columns to count of the first one.
// JSONL without an object has no columns, and no rows that could lack any.
func (t *Table) agrees(f *file, h *table.Header, wanted []string) error {
	switch {
	case len(t.o.Columns) > 0 || t.o.Schema != nil || len(h.Names) == 0:
		return nil
	case t.first == nil:
		t.first, t.counted = f, wanted
		return nil
	}
	e := &OtherColumnsError{File: f.name, First: t.first.name}
	for _, n := range t.counted {
		if slices.Contains(wanted, n) {
			e.Common = append(e.Common, n)
		} else {
			e.Lacks = append(e.Lacks, n)
		}
	}
	for _, n := range wanted {
		if !slices.Contains(t.counted, n) {
			e.Extra = append(e.Extra, n)
		}
	}
	if len(e.Lacks)+len(e.Extra) == 0 {
		return nil
	}
	return e
}

// source is the index of the source of a column by its name in the file or the
// schema; it is added where it is not there yet.
func (t *Table) source(f *file, h *table.Header, want string) (int, error) {
	at := h.Index(want)
	if at < 0 {
		at = h.Index(prompt.Validated + want)
	}
	if at < 0 {
		return 0, &ColumnError{File: f.name, Column: want, Have: h.Names}
	}
	if i := slices.IndexFunc(f.cols, func(s source) bool { return s.at == at }); i >= 0 {
		return i, nil
	}
	f.cols = append(f.cols, source{at, t.column(h.Names[at], t.spec(h, h.Names[at]))})
	return len(f.cols) - 1, nil
}

func (t *Table) wanted(h *table.Header) []string {
	var names []string
	switch {
	case len(t.o.Columns) > 0:
		return t.o.Columns
	case t.o.Schema != nil:
		for i := range t.o.Schema.Columns {
			name := t.o.Schema.Columns[i].Name
			if h.Index(prompt.Validated+name) >= 0 {
				name = prompt.Validated + name
			}
			names = append(names, name)
		}
	default:
		for _, n := range h.Names {
			if !slices.Contains(skipped, n) && !slices.Contains(facts, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// spec is what the schema says of a column of a file: a column to code stands
// there under its own name or, where the input has that too, its validated one.
func (t *Table) spec(h *table.Header, name string) *prompt.Column {
	if t.o.Schema == nil {
		return nil
	}
	for i := range t.o.Schema.Columns {
		c := &t.o.Schema.Columns[i]
		if name == prompt.Validated+c.Name || name == c.Name && h.Index(prompt.Validated+c.Name) < 0 {
			return c
		}
	}
	return nil
}

// column is the column of a name, or of a spec under the name it first had.
func (t *Table) column(name string, spec *prompt.Column) *tableColumn {
	for _, c := range t.cols {
		if c.spec == spec && (spec != nil || c.name == name) {
			return c
		}
	}
	c := &tableColumn{name: name, spec: spec, counter: newCounter(spec != nil && spec.Labels != nil)}
	if spec != nil {
		c.gate = spec == &t.o.Schema.Columns[0]
		c.seed(spec.Labels...)
		c.seed(prompt.NotApplicable, spec.Default)
	}
	t.cols = append(t.cols, c)
	return c
}

func (t *Table) fact(name string) *tableColumn {
	for _, c := range t.facts {
		if c.name == name {
			return c
		}
	}
	c := &tableColumn{name: name, counter: newCounter(true)}
	t.facts = append(t.facts, c)
	return c
}

func (t *Table) close(f *file) {
	t.files = append(t.files, File{Name: f.name, Rows: f.rows})
	for _, c := range f.cols {
		c.to.rows += f.rows
	}
}
