package report

import (
	"slices"
	"strings"

	"prism/internal/term"
)

// column is a column of a text table.
type column struct {
	name  string
	right bool // numbers
	min   int  // cells
	max   int  // cells; longer texts are cut; 0: no limit
}

// table lays rows out in aligned columns, two blanks apart.
type table struct {
	indent  string
	columns []column
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// appendTo appends the header (unless every name is empty) and the rows. No
// line ends in blanks.
func (t *table) appendTo(dst []byte) []byte {
	width := make([]int, len(t.columns))
	head := make([]string, len(t.columns))
	named := false
	for i, c := range t.columns {
		head[i], width[i] = c.name, t.cells(i)
		named = named || c.name != ""
	}
	if named {
		dst = t.line(dst, width, head)
	}
	for _, r := range t.rows {
		dst = t.line(dst, width, r)
	}
	return dst
}

// cells is the width of a column.
func (t *table) cells(i int) int {
	c := t.columns[i]
	width := max(c.min, term.Width(c.name))
	for _, r := range t.rows {
		width = max(width, term.Width(r[i]))
	}
	if c.max > 0 {
		width = min(width, c.max)
	}
	return width
}

// width is that of the longest line.
func (t *table) width() int {
	width := term.Width(t.indent) + 2*(len(t.columns)-1)
	for i := range t.columns {
		width += t.cells(i)
	}
	return width
}

// drop takes a column out.
func (t *table) drop(i int) {
	t.columns = slices.Delete(t.columns, i, i+1)
	for k := range t.rows {
		t.rows[k] = slices.Delete(t.rows[k], i, i+1)
	}
}

func (t *table) line(dst []byte, width []int, cells []string) []byte {
	var line strings.Builder
	line.WriteString(t.indent)
	for i, c := range t.columns {
		if i > 0 {
			line.WriteString("  ")
		}
		text := term.Truncate(cells[i], width[i])
		pad := strings.Repeat(" ", width[i]-term.Width(text))
		if c.right {
			line.WriteString(pad + text)
		} else {
			line.WriteString(text + pad)
		}
	}
	dst = append(dst, strings.TrimRight(line.String(), " ")...)
	return append(dst, '\n')
}
