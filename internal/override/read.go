package override

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prism/internal/normalize"
	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
	"prism/internal/term"
)

// Read reads a table of overrides. What is wrong with its values is told by Err; the error is
// of a table that cannot be read.
func Read(ctx context.Context, f *table.File, o Options) (*Overrides, error) {
	r := reader{Overrides: &Overrides{name: table.ShownName(f.Name), options: o}, id: -1, inResult: map[string]bool{}, bare: map[string]string{}}
	for _, name := range o.Columns {
		r.inResult[name] = true
		r.bare[term.WithoutTextMark(name)] = name
	}
	note := o.Note
	if note == nil {
		note = func(string, ...any) {}
	}
	err := normalize.EachEdited(ctx, f, normalize.Options{Note: note}, r.addRow)
	switch {
	case errors.Is(err, errNoRows):
		return r.Overrides, nil
	case err != nil:
		return nil, err
	}
	r.sortRows()
	return r.Overrides, nil
}

// errNoRows ends the reading where no row can be told.
var errNoRows = errors.New("no rows")

// reader reads the rows of a table of overrides.
type reader struct {
	*Overrides
	id       int // place of the RowIDs; -1: not found yet
	names    []string
	inResult map[string]bool // the columns of the results
	// bare are their names by these without the mark of a cell that is no formula: of two files one may have it.
	bare map[string]string
	// nameless are the places of columns that have no name: what somebody typed there would be lost.
	nameless []int
}

// addRow takes one more row.
func (r *reader) addRow(row normalize.Edited) error {
	line := row.Line
	if row.Object > 0 {
		line = -row.Object
	}
	if len(row.Columns) > len(r.names) { // JSON names its columns as they come
		header := row.Header
		if row.Object > 0 {
			header = line
		}
		if err := r.addColumns(row.Columns, header); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(row.Cells, func(c []byte) bool { return len(bytes.TrimSpace(c)) > 0 }) {
		return nil // blank
	}
	cellOf := func(place int) []byte {
		if place < 0 || place >= len(row.Cells) {
			return nil
		}
		return bytes.TrimSpace(row.Cells[place])
	}
	for _, place := range r.nameless {
		if len(cellOf(place)) > 0 {
			r.faults.addFault(line, "column %d has no name, and this row has %q in it", place+1, term.Truncate(string(cellOf(place)), longestExcerpt))
		}
	}
	text := cellOf(r.id)
	id, err := rowid.Parse(text)
	switch {
	case len(text) == 0:
		r.faults.addFault(line, "the row has no %s", r.options.IDColumn)
		return nil
	case err != nil:
		r.faults.addFault(line, "%s", rowid.InvalidMessage(r.options.IDColumn, text))
		return nil
	}
	at := len(r.ids)
	r.ids, r.lines = append(r.ids, id), append(r.lines, line)
	for _, c := range r.columns {
		if typed := cellOf(c.given); len(typed) > 0 {
			c.setTyped(r.options.Schema, at, typed, row.DecimalComma)
		}
	}
	for _, p := range r.passed {
		for len(p.hashes) < at { // of rows before the column came
			p.hashes = append(p.hashes, 0)
		}
		p.hashes = append(p.hashes, hashCell(cellOf(p.given)))
	}
	return nil
}

// longestExcerpt is the characters of a value that a message shows.
const longestExcerpt = 60

// addColumns finds out what the columns are that are new; header is the line that names them.
func (r *reader) addColumns(names []string, header int64) error {
	first := len(r.names)
	r.names = slices.Clone(names)
	for place := first; place < len(names); place++ {
		name := names[place]
		if at := slices.Index(names[:place], name); at >= 0 && strings.TrimSpace(name) != "" {
			r.faults.addFault(header, "duplicate column %q (columns %d and %d)", name, at+1, place+1)
			continue
		}
		r.addColumn(place, name, header)
	}
	if r.id >= 0 || header < 0 { // an object may come that has it
		return nil
	}
	r.faults.addFault(header, "%s", table.MissingColumn(names, r.options.IDColumn))
	return errNoRows
}

// addColumn finds out what a column is.
func (r *reader) addColumn(place int, name string, header int64) {
	spec, bare := r.codedColumn(name), r.bare[term.WithoutTextMark(name)]
	switch {
	case strings.TrimSpace(name) == "":
		r.nameless = append(r.nameless, place)
	case name == r.options.IDColumn:
		r.id = place
	case spec != nil:
		output := spec.Name
		if r.inResult[prompt.Validated+spec.Name] {
			output = prompt.Validated + spec.Name
		}
		r.columns = append(r.columns, &column{name: output, given: place, spec: spec})
	case bare != "":
		r.passed = append(r.passed, &passedColumn{name: bare, given: place})
	case IsDescribing(name):
	default:
		r.faults.addFault(header, "%s", r.unknownColumn(name))
	}
}

// codedColumn is the column of the codebook that a name of a table of overrides means, by the
// rule of gold: Sentiment means Validated_Sentiment where the results have that and the table
// has not; nil: none.
func (r *reader) codedColumn(name string) *prompt.Column {
	s := r.options.Schema
	for i := range s.Columns {
		c := &s.Columns[i]
		hasOwn, hasValidated := r.inResult[c.Name], r.inResult[prompt.Validated+c.Name]
		switch {
		case c.IsReasoning, !hasOwn && !hasValidated:
		case name == prompt.Validated+c.Name && hasValidated:
			return c
		case name == c.Name && !(hasValidated && slices.Contains(r.names, prompt.Validated+c.Name)):
			return c
		}
	}
	return nil
}

// unknownColumn says that nothing has a column of that name, and which one may be meant.
func (r *reader) unknownColumn(name string) string {
	s := r.options.Schema
	var coded []string
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Name == name {
			return fmt.Sprintf("the codebook has a column %q, and %s has none", name, r.options.Result)
		}
		if r.codedColumn(c.Name) != nil {
			coded = append(coded, c.Name)
		}
	}
	meant := term.DidYouMean(name, append([]string{r.options.IDColumn}, coded...))
	if meant == "" {
		meant = "; columns to correct are " + strings.Join(coded, ", ")
	}
	return fmt.Sprintf("unknown column %q%s", name, meant)
}

// sortRows makes rows known by their IDs, and tells which IDs come twice.
func (r *reader) sortRows() {
	r.seen, r.replacedOf = make([]bool, len(r.ids)), make([]bool, len(r.ids))
	r.order = make([]int32, len(r.ids))
	for i := range r.order {
		r.order[i] = int32(i)
	}
	slices.SortStableFunc(r.order, func(a, b int32) int { return cmp.Compare(r.ids[a], r.ids[b]) })
	for i := 1; i < len(r.order); i++ {
		first, second := r.order[i-1], r.order[i]
		if r.ids[first] == r.ids[second] {
			r.seen[second] = true // it is told of here
			r.faults.addFault(r.lines[second], "%s", rowid.DuplicateMessage(r.options.IDColumn, r.ids[second], lineText(r.lines[first])))
		}
	}
	for _, c := range r.columns {
		c.known = nil
	}
}
