package stats

import (
	"slices"
	"strings"

	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
)

// runColumnNames are the columns that say how rows were labelled.
var runColumnNames = append(prompt.RunColumns(), override.LabelledBy)

// modelColumn is the column that names the model of a row.
var modelColumn = prompt.RunColumns()[0]

// skippedColumns are not counted by default: they identify a row or are its input.
var skippedColumns = []string{table.RowID, "Position", "Title", "Message"}

// inputFile is a file and the columns of it that are counted.
type inputFile struct {
	name       string
	format     table.Format
	rows       int64
	sources    []columnSource // the run columns are last
	runColumns int
	crosses    []crossSource

	certainties []certaintySource
}

type columnSource struct {
	index  int // of the column in the file
	column *column
}

// crossSource is two sources of an inputFile, by index.
type crossSource struct {
	a, b    int
	counter *crossCounter
}

// resolveColumns finds the columns to count in a file.
func (d *Distributions) resolveColumns(h *table.Header, name string) (*inputFile, error) {
	f := &inputFile{name: name, format: h.Format}
	if err := h.CheckDelimiter(name); err != nil {
		return nil, err
	}
	wanted := d.columnsToCount(h)
	if err := d.checkSameColumns(f, h, wanted); err != nil {
		return nil, err
	}
	missing := &MissingColumnError{}
	find := func(want string) int {
		at, ok := d.addSource(f, h, want)
		if !ok && !slices.Contains(missing.Columns, want) {
			missing.Columns = append(missing.Columns, want)
			missing.errs = append(missing.errs, h.MissingColumn(name, want))
		}
		return at
	}
	if id := d.options.IDColumn; id != "" && len(h.Names) > 0 && h.Index(id) < 0 {
		missing.Columns, missing.errs = []string{id}, []error{h.MissingColumn(name, id)}
	}
	for _, want := range wanted {
		find(want)
	}
	for i, pieces := range d.options.Cross {
		pair := matchPair(pieces, namesOf(h))
		a, b := find(pair[0]), find(pair[1])
		if len(missing.Columns) > 0 {
			continue
		}
		if i == len(d.crosses) {
			d.crosses = append(d.crosses, &crossCounter{a: f.sources[a].column, b: f.sources[b].column, counts: map[tallyPair]int64{}})
		}
		f.crosses = append(f.crosses, crossSource{a, b, d.crosses[i]})
	}
	if len(missing.Columns) > 0 {
		return nil, missing
	}
	f.findCertainties(h)
	for _, name := range runColumnNames {
		if at := h.Index(name); at >= 0 {
			f.sources = append(f.sources, columnSource{at, d.runColumnFor(name)})
			f.runColumns++
		}
	}
	return f, nil
}

// namesOf are the names by which the columns of a file are found.
func namesOf(h *table.Header) []string {
	names := slices.Clone(h.Names)
	for _, n := range h.Names {
		if coded, ok := strings.CutPrefix(n, prompt.Validated); ok {
			names = append(names, coded)
		}
	}
	return names
}

// matchPair finds two names whose pieces, cut at commas, these are: those that are columns
// if there are some.
func matchPair(pieces, columns []string) [2]string {
	at := 1
	for k := 1; k < len(pieces); k++ {
		a, b := strings.Join(pieces[:k], ","), strings.Join(pieces[k:], ",")
		if slices.Contains(columns, a) && slices.Contains(columns, b) {
			return [2]string{a, b}
		}
		if slices.Contains(columns, a) {
			at = k
		}
	}
	return [2]string{strings.Join(pieces[:at], ","), strings.Join(pieces[at:], ",")}
}

func (d *Distributions) columnsToCount(h *table.Header) []string {
	var names []string
	switch {
	case len(d.options.Columns) > 0:
		return table.MatchNames(d.options.Columns, namesOf(h))
	case d.options.Schema != nil:
		for i := range d.options.Schema.Columns {
			name := d.options.Schema.Columns[i].Name
			if h.Index(prompt.Validated+name) >= 0 {
				name = prompt.Validated + name
			}
			if d.options.Schema.Columns[i].IsReasoning && h.Index(name) < 0 {
				continue // it was dropped
			}
			names = append(names, name)
		}
	default:
		for _, n := range h.Names {
			if n != d.options.IDColumn && !slices.Contains(skippedColumns, n) && !slices.Contains(runColumnNames, n) && !isCertaintyColumn(h, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// checkSameColumns checks that every file has the same columns to count as the
// first one. JSONL without an object has neither columns nor rows.
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

// addSource returns the index of a column's source, by its name in the file or the
// schema, and adds the source if it is new; ok is false where the file has no such column.
func (d *Distributions) addSource(f *inputFile, h *table.Header, want string) (index int, ok bool) {
	at := h.Index(want)
	if at < 0 {
		at = h.Index(prompt.Validated + want)
	}
	if at < 0 {
		return 0, false
	}
	if i := slices.IndexFunc(f.sources, func(s columnSource) bool { return s.index == at }); i >= 0 {
		return i, true
	}
	f.sources = append(f.sources, columnSource{at, d.columnFor(h.Names[at], d.schemaColumn(h, h.Names[at]))})
	return len(f.sources) - 1, true
}

// schemaColumn returns the schema's entry for a column of a file, nil if there is none.
func (d *Distributions) schemaColumn(h *table.Header, name string) *prompt.Column {
	if d.options.Schema == nil {
		return nil
	}
	return d.options.Schema.FindOutput(name, h.Names)
}

// columnFor returns the counts of a column, by its schema entry or else its name,
// and adds them if they are new.
func (d *Distributions) columnFor(name string, spec *prompt.Column) *column {
	for _, c := range d.columns {
		if c.schema == spec && (spec != nil || c.name == name) {
			return c
		}
	}
	c := &column{name: name, schema: spec, valueCounter: newValueCounter(spec != nil && spec.Labels != nil)}
	if spec != nil {
		gate := d.options.Schema.Gate
		c.isGate = gate != prompt.NoGate && spec == &d.options.Schema.Columns[gate]
		c.reserve(spec.Labels...)
		c.reserve(prompt.NotApplicable, spec.Default)
		if c.isNumeric = spec.Type == prompt.TypeInteger || spec.Type == prompt.TypeNumber; c.isNumeric {
			c.marker = markerOf(spec)
		}
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
