package stats

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/prompt"
	"prism/internal/table"
)

// Columns that a sample has beside those of its rows.
const (
	Stratum              = "Stratum"
	InclusionProbability = "Inclusion_Probability"
)

// describingColumns say something of a row's labels, or of why the row was chosen.
var describingColumns = []string{Stratum, InclusionProbability, "Why", "Reviewed", "Labelled_By"}

// ratedPlan is where the values of a column are: the place in each file, -1 for a file
// that lacks it. The first file is gold, if there is gold.
type ratedPlan struct {
	name   string // of gold, else in the results
	output string // in the results
	schema *prompt.Column
	places []int
}

// isDescribing tells whether a column holds no values to compare.
func isDescribing(name, id string) bool {
	return name == id || slices.Contains(skippedColumns, name) || slices.Contains(runColumnNames, name) ||
		slices.Contains(describingColumns, name) || strings.HasSuffix(name, "_Confidence") || strings.HasSuffix(name, "_Agreement")
}

// outputPlace is the place of a column to code in a result: under its own name or, if
// the input has that too, with the prefix Validated_.
func outputPlace(h *table.Header, name string) int {
	if at := h.Index(prompt.Validated + name); at >= 0 {
		return at
	}
	return h.Index(name)
}

// planGold finds the columns of gold in the results, and says which it does not find.
func planGold(o RatingOptions, gold *table.Header, results []*table.Header, file string) (plans []ratedPlan, notes []string, err error) {
	var missing []string
	for at, name := range gold.Names {
		code := strings.TrimPrefix(name, prompt.Validated)
		schema := o.schemaColumn(code)
		switch {
		case isDescribing(name, o.idColumn()), o.Schema != nil && schema == nil, !o.isWanted(name, code),
			name == code && gold.Index(prompt.Validated+name) >= 0: // it is of the input
			continue
		}
		p := ratedPlan{name: name, schema: schema, places: []int{at}}
		for _, h := range results {
			place := outputPlace(h, name)
			if place < 0 {
				missing = append(missing, name)
				break
			}
			p.output = h.Names[place]
			p.places = append(p.places, place)
		}
		if len(p.places) == 1+len(results) {
			plans = append(plans, p)
		}
	}
	for _, name := range o.Columns {
		if !slices.ContainsFunc(plans, func(p ratedPlan) bool { return p.name == name || p.output == name || p.name == prompt.Validated+name }) {
			return nil, nil, &MissingColumnError{File: file, Column: name, Columns: gold.Names}
		}
	}
	if len(missing) > 0 {
		notes = append(notes, "not every result has "+strings.Join(missing, ", ")+": left out")
	}
	return plans, notes, nil
}

// planComparison finds the columns that all results have, and those columns in gold.
func planComparison(o RatingOptions, gold *table.Header, results []*table.Header, files []string) (plans []ratedPlan, notes []string, err error) {
	var names []string
	for _, h := range results {
		for _, name := range h.Names {
			if code := strings.TrimPrefix(name, prompt.Validated); !isDescribing(code, o.idColumn()) && !slices.Contains(names, code) {
				names = append(names, code)
			}
		}
	}
	if o.Schema != nil {
		names = names[:0]
		for i := range o.Schema.Columns {
			names = append(names, o.Schema.Columns[i].Name)
		}
	}
	if len(o.Columns) > 0 {
		names = o.Columns
	}
	var missing []string
	for _, name := range names {
		code := strings.TrimPrefix(name, prompt.Validated)
		p := ratedPlan{name: name, output: name, schema: o.schemaColumn(code)}
		if gold != nil {
			p.places = append(p.places, outputPlace(gold, code))
		}
		files := files[len(p.places):]
		for i, h := range results {
			place := outputPlace(h, code)
			if place < 0 && len(o.Columns) > 0 {
				return nil, nil, &MissingColumnError{File: files[i], Column: name, Columns: h.Names}
			}
			if place < 0 {
				missing = append(missing, name)
				break
			}
			p.places = append(p.places, place)
		}
		if gold == nil && len(p.places) == len(results) || gold != nil && len(p.places) == 1+len(results) {
			plans = append(plans, p)
		}
	}
	if len(missing) > 0 {
		notes = append(notes, "not every result has "+strings.Join(missing, ", ")+": left out")
	}
	return plans, notes, nil
}

func (o *RatingOptions) idColumn() string {
	if o.IDColumn == "" {
		return table.RowID
	}
	return o.IDColumn
}

// isWanted tells whether the options name a column, or none.
func (o *RatingOptions) isWanted(names ...string) bool {
	return len(o.Columns) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(o.Columns, n) })
}

// schemaColumn returns the schema's entry for a column to code, nil if there is none.
func (o *RatingOptions) schemaColumn(name string) *prompt.Column {
	if o.Schema == nil {
		return nil
	}
	for i := range o.Schema.Columns {
		if o.Schema.Columns[i].Name == name {
			return &o.Schema.Columns[i]
		}
	}
	return nil
}

// NothingToCompareError reports that files share no column with values.
type NothingToCompareError struct {
	Files   []string
	Columns [][]string // of each file
}

func (e *NothingToCompareError) Error() string {
	return fmt.Sprintf("%s have no column to compare", strings.Join(e.Files, " and "))
}

// Hint names the columns of each file.
func (e *NothingToCompareError) Hint() string {
	var lines []string
	for i, name := range e.Files {
		lines = append(lines, name+" has "+strings.Join(e.Columns[i], ", "))
	}
	return strings.Join(lines, "\n")
}
