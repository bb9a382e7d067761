package report

import (
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

const (
	crossColumns = 8  // of a cross table in text and Markdown; CSV and JSON have all
	crossRows    = 20 // likewise
	crossCells   = 12 // width of a column's head
)

// crossGrid is a cross table with its heads, cut to a number of rows and
// columns, and what to say beside it.
func crossGrid(c *stats.Cross, rows, columns int) (heads []string, body [][]string, notes []string) {
	if len(c.RowAxis)+len(c.ColAxis) == 0 && c.Rest > 0 {
		return nil, nil, []string{"one of the two is free text: not tabulated"}
	}
	heads = append(heads, c.Rows)
	for _, v := range c.ColAxis[:min(columns, len(c.ColAxis))] {
		heads = append(heads, visible(orOthers(v)))
	}
	for i, v := range c.RowAxis[:min(rows, len(c.RowAxis))] {
		line := []string{visible(orOthers(v))}
		for _, n := range c.Counts[i][:min(columns, len(c.ColAxis))] {
			line = append(line, term.Count(n))
		}
		body = append(body, line)
	}
	if more := int64(len(c.ColAxis) - columns); more > 0 {
		notes = append(notes, term.Plural(more, "more column"))
	}
	if more := int64(len(c.RowAxis) - rows); more > 0 {
		notes = append(notes, term.Plural(more, "more line"))
	}
	if c.Missing > 0 {
		notes = append(notes, term.Plural(c.Missing, "row")+" without a value in one of the two")
	}
	if c.Rest > 0 {
		notes = append(notes, term.Plural(c.Rest, "row")+" with values that are not told apart")
	}
	return heads, body, notes
}

func orOthers(v string) string {
	if v == "" {
		return "(others)"
	}
	return v
}

func appendCross(dst []byte, c *stats.Cross) []byte {
	dst = append(dst, term.Cut(term.Plain(c.Rows), 30)+" by "+term.Cut(term.Plain(c.Columns), 30)+"\n"...)
	heads, body, notes := crossGrid(c, crossRows, crossColumns)
	for len(heads) > 0 {
		t := table{indent: "  ", columns: []column{{name: "", max: 20}}}
		for _, h := range heads[1:] {
			t.columns = append(t.columns, column{name: term.Cut(term.Plain(h), crossCells), right: true})
		}
		for _, line := range body {
			cells := append([]string{term.Plain(line[0])}, line[1:]...)
			t.add(cells[:len(heads)]...)
		}
		if t.width() <= textWidth || len(heads) == 2 {
			dst = t.appendTo(dst)
			break
		}
		heads = heads[:len(heads)-1]
		_, _, notes = crossGrid(c, crossRows, len(heads)-1)
	}
	if len(notes) > 0 {
		dst = append(dst, "  "+strings.Join(notes, ", ")+"\n"...)
	}
	return dst
}

func crossMarkdown(b *strings.Builder, c *stats.Cross) {
	b.WriteString("\n## " + markdownText(c.Rows) + " by " + markdownText(c.Columns) + "\n")
	heads, body, notes := crossGrid(c, 40, 40)
	if len(heads) > 0 {
		b.WriteString("\n")
		row(b, heads...)
		b.WriteString("| --- |" + strings.Repeat(" ---: |", len(heads)-1) + "\n")
		for _, line := range body {
			row(b, line...)
		}
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, ", ") + ".\n")
	}
}

func crossRecords(out [][]string, c *stats.Cross) [][]string {
	var all int64
	for _, line := range c.Counts {
		for _, n := range line {
			all += n
		}
	}
	for i, line := range c.Counts {
		for k, n := range line {
			name := c.Rows + "=" + orOthers(c.RowAxis[i])
			out = append(out, []string{"cross", name, c.Columns + "=" + orOthers(c.ColAxis[k]), whole(n), fraction(ratio(n, all))})
		}
	}
	return out
}
