package term

import (
	"slices"
	"strings"
)

// Column is a column of a Table.
type Column struct {
	Name  string
	Right bool // aligned to the right, as numbers are
	Min   int  // cells
	Max   int  // cells; longer texts are truncated; 0: no limit
}

// Table lays rows out in aligned columns, two blanks apart.
type Table struct {
	Indent  string
	Columns []Column
	Rows    [][]string
}

// AddRow appends a row: a cell for each column.
func (t *Table) AddRow(cells ...string) { t.Rows = append(t.Rows, cells) }

// AppendTo appends the header (unless every name is empty) and the rows. No
// line ends in blanks.
func (t *Table) AppendTo(dst []byte) []byte {
	width := make([]int, len(t.Columns))
	head := make([]string, len(t.Columns))
	named := false
	for i, c := range t.Columns {
		head[i], width[i] = c.Name, t.Cells(i)
		named = named || c.Name != ""
	}
	if named {
		dst = t.line(dst, width, head)
	}
	for _, r := range t.Rows {
		dst = t.line(dst, width, r)
	}
	return dst
}

// Cells is the width of a column.
func (t *Table) Cells(i int) int {
	c := t.Columns[i]
	width := max(c.Min, Width(c.Name))
	for _, r := range t.Rows {
		width = max(width, Width(r[i]))
	}
	if c.Max > 0 {
		width = min(width, c.Max)
	}
	return width
}

// Width is that of the longest line, in cells.
func (t *Table) Width() int {
	width := Width(t.Indent) + 2*(len(t.Columns)-1)
	for i := range t.Columns {
		width += t.Cells(i)
	}
	return width
}

// Drop takes a column out.
func (t *Table) Drop(i int) {
	t.Columns = slices.Delete(t.Columns, i, i+1)
	for k := range t.Rows {
		t.Rows[k] = slices.Delete(t.Rows[k], i, i+1)
	}
}

func (t *Table) line(dst []byte, width []int, cells []string) []byte {
	var line strings.Builder
	line.WriteString(t.Indent)
	for i, c := range t.Columns {
		if i > 0 {
			line.WriteString("  ")
		}
		text := Truncate(cells[i], width[i])
		pad := strings.Repeat(" ", width[i]-Width(text))
		if c.Right {
			line.WriteString(pad + text)
		} else {
			line.WriteString(text + pad)
		}
	}
	dst = append(dst, strings.TrimRight(line.String(), " ")...)
	return append(dst, '\n')
}
