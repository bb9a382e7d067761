package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
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
	width := max(c.min, Width(c.name))
	for _, r := range t.rows {
		width = max(width, Width(r[i]))
	}
	if c.max > 0 {
		width = min(width, c.max)
	}
	return width
}

// width is that of the longest line.
func (t *table) width() int {
	width := Width(t.indent) + 2*(len(t.columns)-1)
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
		text := Cut(cells[i], width[i])
		pad := strings.Repeat(" ", width[i]-Width(text))
		if c.right {
			line.WriteString(pad + text)
		} else {
			line.WriteString(text + pad)
		}
	}
	dst = append(dst, strings.TrimRight(line.String(), " ")...)
	return append(dst, '\n')
}

// Width is the number of terminal cells of a text.
func Width(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// Cut shortens a text to width cells, with "…" at its end if it was longer.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// visible is Plain for a value, in quotes where blanks at its ends, or nothing
// but blanks, could not be seen.
func visible(s string) string {
	text := Plain(s)
	if strings.TrimSpace(text) != text {
		return `"` + text + `"`
	}
	return text
}

// Plain makes a text from outside fit for one line of a terminal: control
// characters become blanks, so that no data can steer the terminal.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
