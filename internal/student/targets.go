package student

import (
	"slices"
	"strings"

	"prism/internal/prompt"
)

// noClass is the class of a row that a column does not learn from.
const noClass = -1

// target is what a column has to learn.
type target struct {
	Column
	codebook *prompt.Column
	class    []int32   // by row: index in Cells, len(Cells) for other values, or noClass
	sets     [][]int32 // by row, of several labels: such indices, ascending; class is 0 then
	values   []string  // by row: what it is to be, as it is compared
}

// newTarget finds out what the column'th column of the schema has to learn from the values of rows.
// applies tells of which rows the gate does not say that they are not applicable.
func newTarget(s *prompt.Schema, column int, values []string, applies []bool) *target {
	c := &s.Columns[column]
	isGate := column == s.Gate
	t := &target{Column: Column{Name: c.Name, Kind: c.Type, Cells: []string{}}, codebook: c, class: make([]int32, len(values)), values: values}
	choices := closedCells(s, column)
	if choices == nil {
		t.values = nil
		return t
	}
	for row := range t.class {
		if !isGate && !applies[row] || values[row] == "" && c.Type != prompt.TypeLabels && !slices.Contains(choices, "") {
			t.class[row] = noClass
		}
	}
	if t.Kind == prompt.TypeLabels {
		t.learnLabels(choices)
	} else {
		t.learnClasses(choices)
	}
	return t
}

// closedCells are the values that a column can take, of several labels the labels; nil: any.
func closedCells(s *prompt.Schema, column int) []string {
	c := &s.Columns[column]
	switch {
	case c.Type == prompt.TypeLabels:
		return c.Labels
	case c.IsClosed():
		var cells []string
		for _, choice := range s.Choices(column) { // of a gate N/A and NOT_APPLICABLE are one cell
			if !slices.Contains(cells, choice.Cell) {
				cells = append(cells, choice.Cell)
			}
		}
		return cells
	case column == s.Gate:
		return []string{prompt.NotApplicable, ""}
	}
	return nil
}

// Cell is what a student may say where a model said cell: of a gate of free text, only
// whether the row is applicable.
func Cell(s *prompt.Schema, column int, cell string) string {
	switch isGate := column == s.Gate; {
	case isGate && isNotApplicable(cell):
		return prompt.NotApplicable
	case isGate && s.Columns[column].Type == prompt.TypeText:
		return ""
	}
	return cell
}

// Knows reports whether a student can learn a column.
func Knows(s *prompt.Schema, column int) bool { return closedCells(s, column) != nil }

func isNotApplicable(cell string) bool { return strings.EqualFold(cell, prompt.NotApplicable) }

// learnClasses gives each row its class.
func (t *target) learnClasses(choices []string) {
	counts := map[string]int{}
	for row, class := range t.class {
		if class != noClass {
			counts[t.values[row]]++
		}
	}
	t.keepFrequent(choices, func(cell string) int { return counts[cell] })
	if t.Kind == prompt.TypeText && len(t.Cells) < len(choices) { // there is nothing to tell apart
		t.Cells = []string{}
		return
	}
	for row, class := range t.class {
		if class == noClass {
			continue
		}
		at := slices.Index(t.Cells, t.values[row])
		if at < 0 {
			at, t.Other = len(t.Cells), true
		}
		t.class[row] = int32(at)
	}
	t.dropUnlearned()
}

// learnLabels gives each row the set of its labels.
func (t *target) learnLabels(choices []string) {
	counts := map[string]int{}
	t.sets = make([][]int32, len(t.values))
	split := func(row int) []string {
		if t.class[row] == noClass {
			return nil
		}
		return prompt.SplitLabels(t.values[row])
	}
	for row := range t.values {
		for _, l := range split(row) {
			counts[l]++
		}
	}
	t.keepFrequent(choices, func(cell string) int { return counts[cell] })
	for row := range t.values {
		for _, l := range split(row) {
			at := slices.Index(t.Cells, l)
			if at < 0 {
				at, t.Other = len(t.Cells), true
			}
			t.sets[row] = append(t.sets[row], int32(at))
		}
		slices.Sort(t.sets[row])
		t.sets[row] = slices.Compact(t.sets[row])
	}
	t.dropUnlearned()
}

// keepFrequent keeps the choices that are frequent enough to be given.
func (t *target) keepFrequent(choices []string, count func(string) int) {
	for _, cell := range choices {
		if count(cell) >= MinRows {
			t.Cells = append(t.Cells, cell)
		}
	}
}

// dropUnlearned forgets the class of other values where no value is given.
func (t *target) dropUnlearned() {
	if len(t.Cells) == 0 {
		t.Other = false
	}
}

// isLearned reports whether there is anything to give.
func (t *target) isLearned() bool { return len(t.Cells) > 0 }

// sign reports whether the function'th function is to be above 0 in a row: of two classes in the first.
func (t *target) sign(function, row int) bool {
	if t.Kind == prompt.TypeLabels {
		_, has := slices.BinarySearch(t.sets[row], int32(function))
		return has
	}
	return t.class[row] == int32(function)
}
