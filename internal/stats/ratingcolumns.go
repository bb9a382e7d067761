package stats

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/override"
	"prism/internal/prompt"
	"prism/internal/table"
)

// Columns that a sample has beside those of its rows.
const (
	Stratum              = override.Stratum
	InclusionProbability = override.InclusionProbability
)

// ratedPlan is where the values of a column are: the place in each file, -1 for a file
// that lacks it. The first file is gold, if there is gold.
type ratedPlan struct {
	name   string // of gold, else in the results
	output string // in the results
	schema *prompt.Column
	places []int
	// confidences is where the confidence of the values is; nil: no result has any.
	confidences []int
	// isBeside tells that the column is read beside those to compare.
	isBeside bool
}

// isDescribing reports whether a column holds no values to compare.
func isDescribing(name, id string) bool {
	return name == id || slices.Contains(skippedColumns, name) || slices.Contains(runColumnNames, name) ||
		override.IsDescribing(name)
}

// outputPlace is the place of a column to code in a result: under its own name or, if
// the input has that too, with the prefix Validated_.
func outputPlace(h *table.Header, name string) int {
	if at := h.Index(prompt.Validated + name); at >= 0 {
		return at
	}
	return h.Index(name)
}

// ratedHeader is the name and the columns of a file.
type ratedHeader struct {
	name string
	*table.Header
}

// planGold finds the columns of gold in the results, and says which it does not find.
func planGold(o *RatingOptions, gold ratedHeader, results []ratedHeader) (plans []ratedPlan, notes []string, err error) {
	var missing []string
	lacks := &MissingColumnError{}
	for _, name := range o.Columns {
		code := strings.TrimPrefix(name, prompt.Validated)
		if outputPlace(gold.Header, code) < 0 {
			lacks.add(gold, code)
		} else if name == code {
			continue // results that lack it are found below
		}
		for _, h := range results {
			if name != code && h.Index(name) < 0 || outputPlace(h.Header, code) < 0 {
				lacks.add(h, name)
			}
		}
	}
	for at, name := range gold.Names {
		code := strings.TrimPrefix(name, prompt.Validated)
		schema := o.schemaColumn(code)
		switch {
		case isDescribing(name, o.idColumn()), o.Schema != nil && schema == nil, !o.isWanted(name, code, prompt.Validated+code),
			name == code && gold.Index(prompt.Validated+name) >= 0: // it is of the input
			continue
		}
		p := ratedPlan{name: name, schema: schema, places: []int{at}}
		for _, h := range results {
			place := outputPlace(h.Header, name)
			if place < 0 && len(o.Columns) > 0 {
				lacks.add(h, name)
			}
			if place < 0 {
				missing = append(missing, name)
				break
			}
			p.output = h.Names[place]
			p.places = append(p.places, place)
		}
		if len(p.places) < 1+len(results) {
			continue
		}
		if !o.AllRows {
			p.findConfidences(results)
		}
		plans = append(plans, p)
	}
	if len(lacks.errs) > 0 {
		return nil, nil, lacks
	}
	return plans, notesOfMissing(missing), nil
}

func notesOfMissing(columns []string) []string {
	if len(columns) == 0 {
		return nil
	}
	return []string{"not every result has " + strings.Join(columns, ", ") + ": left out"}
}

// add adds a column that a file lacks.
func (e *MissingColumnError) add(h ratedHeader, name string) {
	e.Columns = append(e.Columns, name)
	e.errs = append(e.errs, h.MissingColumn(h.name, name))
}

// planComparison finds the columns that all results have, and those columns in gold.
func planComparison(o *RatingOptions, gold *ratedHeader, results []ratedHeader) (plans []ratedPlan, notes []string, err error) {
	var missing []string
	lacks := &MissingColumnError{}
	for _, name := range o.columnsToCompare(results) {
		code := strings.TrimPrefix(name, prompt.Validated)
		p := ratedPlan{name: name, output: name, schema: o.schemaColumn(code)}
		if gold != nil {
			p.places = append(p.places, outputPlace(gold.Header, code))
		}
		inAll := true
		for _, h := range results {
			place := outputPlace(h.Header, code)
			p.places = append(p.places, place)
			inAll = inAll && place >= 0
			if place < 0 && len(o.Columns) > 0 {
				lacks.add(h, name)
			}
		}
		if inAll {
			plans = append(plans, p)
		} else {
			missing = append(missing, name)
		}
	}
	if len(lacks.errs) > 0 {
		return nil, nil, lacks
	}
	return plans, notesOfMissing(missing), nil
}

// planBeside finds columns that some results have.
func planBeside(names []string, results []ratedHeader) (plans []ratedPlan) {
	for _, name := range names {
		p := ratedPlan{name: name, output: name, isBeside: true}
		for _, h := range results {
			p.places = append(p.places, h.Index(name))
			if isCertaintyColumn(h.Header, name) {
				p.schema = &prompt.Column{Name: name, Type: prompt.TypeNumber}
			}
		}
		if slices.Max(p.places) >= 0 {
			plans = append(plans, p)
		}
	}
	return plans
}

// columnsToCompare names the columns that any result has, or those of the options or the schema.
func (o *RatingOptions) columnsToCompare(results []ratedHeader) (names []string) {
	switch {
	case len(o.Columns) > 0:
		return o.Columns
	case o.Schema != nil:
		for i := range o.Schema.Columns {
			names = append(names, o.Schema.Columns[i].Name)
		}
		return names
	}
	for _, h := range results {
		for _, name := range h.Names {
			if code := strings.TrimPrefix(name, prompt.Validated); !isDescribing(code, o.idColumn()) && !slices.Contains(names, code) {
				names = append(names, code)
			}
		}
	}
	return names
}

func (o *RatingOptions) idColumn() string {
	if o.IDColumn == "" {
		return table.RowID
	}
	return o.IDColumn
}

// isWanted reports whether the options name a column, or none.
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
