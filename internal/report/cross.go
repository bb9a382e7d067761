package report

import (
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

const (
	maxCrossColumns = 8  // of a cross table in text and Markdown; CSV and JSON have all
	maxCrossRows    = 20 // likewise
	maxCrossHead    = 12 // width of a column's head
)

// crossGrid is a cross table with its heads, cut to a number of rows and
// columns, and what to say beside it.
func crossCells(c *stats.CrossTable, rows, columns int) (heads []string, body [][]string, notes []string) {
	if len(c.RowAxis)+len(c.ColAxis) == 0 && c.OtherRows > 0 {
		return nil, nil, []string{"one of the two is free text: not tabulated"}
	}
	heads = append(heads, c.Rows)
	for _, v := range c.ColAxis[:min(columns, len(c.ColAxis))] {
		heads = append(heads, quoteBlanks(valueOrOthers(v)))
	}
	for i, v := range c.RowAxis[:min(rows, len(c.RowAxis))] {
		line := []string{quoteBlanks(valueOrOthers(v))}
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
	if c.MissingRows > 0 {
		notes = append(notes, term.Plural(c.MissingRows, "row")+" without a value in one of the two")
	}
	if c.OtherRows > 0 {
		notes = append(notes, term.Plural(c.OtherRows, "row")+" with values that are not told apart")
	}
	return heads, body, notes
}

func valueOrOthers(v string) string {
	if v == "" {
		return "(others)"
	}
	return v
}

func appendCrossTable(dst []byte, c *stats.CrossTable) []byte {
	dst = append(dst, term.Truncate(term.Printable(c.Rows), 30)+" by "+term.Truncate(term.Printable(c.Columns), 30)+"\n"...)
	heads, body, notes := crossCells(c, maxCrossRows, maxCrossColumns)
	for len(heads) > 0 {
		t := table{indent: "  ", columns: []column{{name: "", max: 20}}}
		for _, h := range heads[1:] {
			t.columns = append(t.columns, column{name: term.Truncate(term.Printable(h), maxCrossHead), right: true})
		}
		for _, line := range body {
			cells := append([]string{term.Printable(line[0])}, line[1:]...)
			t.add(cells[:len(heads)]...)
		}
		if t.width() <= textWidth || len(heads) == 2 {
			dst = t.appendTo(dst)
			break
		}
		heads = heads[:len(heads)-1]
		_, _, notes = crossCells(c, maxCrossRows, len(heads)-1)
	}
	if len(notes) > 0 {
		dst = append(dst, "  "+strings.Join(notes, ", ")+"\n"...)
	}
	return dst
}

func writeCrossMarkdown(b *strings.Builder, c *stats.CrossTable) {
	b.WriteString("\n## " + markdownText(c.Rows) + " by " + markdownText(c.Columns) + "\n")
	heads, body, notes := crossCells(c, 40, 40)
	if len(heads) > 0 {
		b.WriteString("\n")
		markdownRow(b, heads...)
		b.WriteString("| --- |" + strings.Repeat(" ---: |", len(heads)-1) + "\n")
		for _, line := range body {
			markdownRow(b, line...)
		}
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, ", ") + ".\n")
	}
}

func appendCrossRecords(out [][]string, c *stats.CrossTable) [][]string {
	var all int64
	for _, line := range c.Counts {
		for _, n := range line {
			all += n
		}
	}
	for i, line := range c.Counts {
		for k, n := range line {
			name := c.Rows + "=" + valueOrOthers(c.RowAxis[i])
			out = append(out, []string{"cross", name, c.Columns + "=" + valueOrOthers(c.ColAxis[k]), formatInt(n), formatShare(shareOf(n, all))})
		}
	}
	return out
}
