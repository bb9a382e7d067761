package sourcetest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// parseTables reads the tables of a page as GitHub shows them. It returns their rows, headers among them, each cut
// into cells, and the numbers of lines that begin with | and belong to no table. A line in a code block may begin with |.
func parseTables(source []byte) (rows [][]string, stray []int) {
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	lineOf := func(offset int) int { return 1 + bytes.Count(source[:offset], []byte("\n")) }
	known := map[int]bool{}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindFencedCodeBlock, ast.KindCodeBlock:
			for i := range n.Lines().Len() {
				known[lineOf(n.Lines().At(i).Start)] = true
			}
		case tables.KindTableHeader, tables.KindTableRow:
			var cells []string
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				cell := ""
				if lines := c.Lines(); lines.Len() > 0 {
					cell = string(lines.Value(source))
					known[lineOf(lines.At(0).Start)] = true
					if n.Kind() == tables.KindTableHeader { // and the line of dashes below it
						known[1+lineOf(lines.At(0).Start)] = true
					}
				}
				cells = append(cells, strings.TrimSpace(cell))
			}
			rows = append(rows, cells)
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	for i, line := range slices.Collect(bytes.Lines(source)) {
		if bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("|")) && !known[i+1] {
			stray = append(stray, i+1)
		}
	}
	return rows, stray
}

// readPage reads a page under docs and returns the rows of its tables, each cut into cells.
func readPage(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := parseTables(data)
	return rows
}

// miscounted returns the numbers of lines of tables that have more or fewer cells than the line above: GitHub leaves
// out what is too much. A | in a cell is written \|, in code too.
func miscounted(source []byte) (lines []int) {
	before := 0
	for i, line := range strings.Split(string(source), "\n") {
		cells := 0
		if strings.HasPrefix(line, "|") {
			cells = strings.Count(line, "|") - strings.Count(line, `\|`)
		}
		if before > 0 && cells > 0 && cells != before {
			lines = append(lines, i+1)
		}
		before = cells
	}
	return lines
}

// A blank line inside a table ends it: GitHub shows the rows below as text.
func TestTableRowsBelongToTables(t *testing.T) {
	for name := range readPages(t) {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, stray := parseTables(source); len(stray) > 0 {
			t.Errorf("%s: lines %v begin with | and belong to no table: is a blank line above, or is the line of dashes missing?", name, stray)
		}
		if lines := miscounted(source); len(lines) > 0 {
			t.Errorf("%s: lines %v have more or fewer cells than the line above", name, lines)
		}
	}
}

func TestParseTables(t *testing.T) {
	for _, tt := range []struct {
		name, page string
		rows       [][]string
		stray      []int
	}{
		{"a table", "# A\n\n| a | `b \\| c` |\n| --- | --- |\n| 1 | |\n", [][]string{{"a", "`b \\| c`"}, {"1", ""}}, nil},
		{"an empty header", "| | |\n| --- | --- |\n| 1 | 2 |\n", [][]string{{"", ""}, {"1", "2"}}, nil},
		{"a blank line inside", "| a |\n| --- |\n| 1 |\n\n| 2 |\n", [][]string{{"a"}, {"1"}}, []int{5}},
		{"no line of dashes", "| a |\n| 1 |\n", nil, []int{1, 2}},
		{"code", "```\n| a |\n```\n", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, stray := parseTables([]byte(tt.page))
			if !slices.EqualFunc(rows, tt.rows, slices.Equal) || !slices.Equal(stray, tt.stray) {
				t.Errorf("got rows %q and lines %v, want %q and %v", rows, stray, tt.rows, tt.stray)
			}
		})
	}
}

func TestMiscounted(t *testing.T) {
	got := miscounted([]byte("| a | b |\n| --- | --- |\n| 1 | `x \\| y` |\n| 1 | | 2 |\n\n| c |\n| --- |\n"))
	if want := []int{4}; !slices.Equal(got, want) {
		t.Errorf("got lines %v, want %v", got, want)
	}
}
