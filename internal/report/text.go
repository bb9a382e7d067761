package report

import (
	"fmt"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

const (
	textWidth      = 80 // of the table of statistics, in cells
	maxLabelWidth  = 30
	maxTextValues  = 20 // of a column at most; CSV and JSON have all
	maxTextOrganic = 5  // of these, organic labels
)

const (
	maxCrossColumns = 8  // of a cross table in text and Markdown; CSV and JSON have all
	maxCrossRows    = 20 // likewise
	maxCrossHead    = 12 // width of a column's head
)

const maxGroupRows = 16 // of a kind in text; Markdown has 100, CSV and JSON all

// Text shows statistics as a table for a terminal of 80 columns.
func Text(r *stats.Result) []byte {
	var b []byte
	if r.Run != nil {
		b = appendRunSection(b, r.Run)
	}
	if len(r.Files) > 0 {
		b = appendProperties(b, r)
	}
	if r.Gold != nil {
		b = appendGold(append(b, '\n'), r.Gold)
	}
	if r.Estimate != nil {
		b = appendEstimate(append(b, '\n'), r.Estimate)
	}
	if r.Compare != nil {
		b = appendComparison(b, r.Compare)
	}
	for i := range r.Cascades {
		b = appendCascade(append(b, '\n'), &r.Cascades[i])
	}
	if r.Student != nil {
		b = appendStudent(b, r.Student)
	}
	width := labelColumnWidth(r)
	for i := range r.Columns {
		b = append(b, '\n')
		b = appendColumn(b, &r.Columns[i], width)
	}
	for i := range r.CrossTables {
		b = appendCrossTable(append(b, '\n'), &r.CrossTables[i])
	}
	if r.Calls != nil {
		if len(r.Files) > 0 {
			b = append(b, '\n')
		}
		b = appendGroupTables(appendCalls(b, r.Calls), r.Calls)
	}
	return b
}

// appendRunSection says what a run is and what became of its files.
func appendRunSection(dst []byte, r *stats.Run) []byte {
	head := term.Table{Columns: []term.Column{{}, {}}}
	for _, f := range runProperties(r) {
		head.AddRow(f[0], term.Printable(f[1]))
	}
	dst = append(head.AppendTo(dst), '\n')
	files := term.Table{Columns: []term.Column{{Name: "FILE", Max: 24}, {Name: "STATUS"}, {Name: "ROWS", Right: true}, {Name: "MISSING", Right: true}, {Name: "OUTPUT"}}}
	for _, f := range r.Files {
		files.AddRow(term.Printable(f.Label), f.Status, term.Count(f.Rows), term.Count(f.Missing), term.Printable(orDash(f.Output)))
	}
	dst = append(files.AppendTo(dst), '\n')
	if r.FailedRanges != "" {
		dst = append(dst, "missing rows are listed in "+term.Printable(r.FailedRanges)+"\n\n"...)
	}
	return dst
}

func appendProperties(dst []byte, r *stats.Result) []byte {
	t := term.Table{Columns: []term.Column{{}, {}}}
	rows := term.Count(r.Rows)
	if n := int64(len(r.Files)); n > 1 {
		rows += " in " + term.Plural(n, "file")
	}
	t.AddRow("rows", rows)
	for _, f := range r.RunColumns {
		t.AddRow(f.Column, term.Printable(runColumnText(f, 3)))
	}
	if g := r.Gate; g != nil {
		t.AddRow("gate", fmt.Sprintf("%s says NOT_APPLICABLE for %s (%s)",
			term.Printable(g.Column), term.Plural(g.NotApplicable, "row"), term.Percent(g.NotApplicable, rowsOfColumn(r, g.Column))))
	}
	return t.AppendTo(dst)
}

// labelColumnWidth is one width for the labels of all columns, so that their bars stand in line.
func labelColumnWidth(r *stats.Result) int {
	width := 0
	for i := range r.Columns {
		for _, v := range listedValues(&r.Columns[i], maxTextValues, maxTextOrganic) {
			width = max(width, term.Width(labelText(v)))
		}
	}
	return min(width, maxLabelWidth)
}

func labelText(v stats.ValueCount) string {
	text := quoteBlanks(v.Value)
	if v.Class == stats.Organic {
		return "~ " + text
	}
	return text
}

func appendColumn(dst []byte, c *stats.Column, label int) []byte {
	dst = appendWrapped(dst, term.Truncate(term.Printable(c.Name), 40)+": ", columnNotes(c))
	for _, line := range certaintyLines(c) {
		dst = append(dst, "  "+line+"\n"...)
	}
	switch {
	case c.Kind == stats.Text:
		return dst
	case showsHistogram(c):
		return appendHistogram(dst, c.Numbers, label)
	}
	values := listedValues(c, maxTextValues, maxTextOrganic)
	var most int64
	for _, v := range values {
		most = max(most, v.Count)
	}
	t := term.Table{Indent: "  ", Columns: []term.Column{{Min: label, Max: label}, {Right: true, Min: 7}, {Right: true, Min: 6}, {}}}
	bar := textWidth - label - 2 - 2 - 7 - 2 - 6 - 2
	for _, v := range values {
		width := bar - max(0, len(term.Count(most))-7)
		t.AddRow(labelText(v), term.Count(v.Count), term.Percent(v.Count, c.Rows), term.Bar(float64(v.Count)/float64(max(most, 1)), width))
	}
	dst = t.AppendTo(dst)
	if more := int64(len(c.Values) - len(values)); more > 0 {
		dst = append(dst, "  … and "+term.Plural(more, "more value")+"\n"...)
	}
	return dst
}

// appendHistogram draws a bar for each bin.
func appendHistogram(dst []byte, n *stats.Numbers, label int) []byte {
	var most int64 = 1
	for _, b := range n.Histogram {
		most = max(most, b.Rows)
	}
	t := term.Table{Indent: "  ", Columns: []term.Column{{Min: label, Max: max(label, maxLabelWidth)}, {Right: true, Min: 7}, {Right: true, Min: 6}, {}}}
	for _, b := range n.Histogram {
		t.AddRow(binText(b), term.Count(b.Rows), term.Percent(b.Rows, n.Count), "")
	}
	room := textWidth - t.Width() - 2
	for i, b := range n.Histogram {
		t.Rows[i][3] = term.Bar(float64(b.Rows)/float64(most), room)
	}
	return t.AppendTo(dst)
}

// appendWrapped appends notes with commas between them, in lines of textWidth.
func appendWrapped(dst []byte, head string, notes []string) []byte {
	cells := term.Width(head)
	dst = append(dst, head...)
	for i, n := range notes {
		if i > 0 {
			dst = append(dst, ',')
			if cells += 2; cells+term.Width(n) < textWidth {
				dst = append(dst, ' ')
			} else {
				dst = append(dst, "\n  "...)
				cells = 2
			}
		}
		dst = append(dst, n...)
		cells += term.Width(n)
	}
	return append(dst, '\n')
}

func appendCrossTable(dst []byte, c *stats.CrossTable) []byte {
	dst = append(dst, term.Truncate(term.Printable(c.Rows), 30)+" by "+term.Truncate(term.Printable(c.Columns), 30)+"\n"...)
	heads, body, notes := crossCells(c, maxCrossRows, maxCrossColumns)
	for len(heads) > 0 {
		t := term.Table{Indent: "  ", Columns: []term.Column{{Name: "", Max: 20}}}
		for _, h := range heads[1:] {
			t.Columns = append(t.Columns, term.Column{Name: term.Truncate(term.Printable(h), maxCrossHead), Right: true})
		}
		for _, line := range body {
			cells := append([]string{term.Printable(line[0])}, line[1:]...)
			t.AddRow(cells[:len(heads)]...)
		}
		if t.Width() <= textWidth || len(heads) == 3 {
			dst = t.AppendTo(dst)
			break
		}
		heads = heads[:len(heads)-1]
		_, _, notes = crossCells(c, maxCrossRows, len(heads)-2)
	}
	if len(notes) > 0 {
		dst = append(dst, "  "+strings.Join(notes, ", ")+"\n"...)
	}
	return dst
}

func appendCalls(dst []byte, c *stats.Calls) []byte {
	dst = append(dst, "Model calls\n"...)
	t := term.Table{Indent: "  ", Columns: []term.Column{{}, {Right: true}, {}}}
	for _, l := range callFigures(c) {
		t.AddRow(l.Name, l.Value, l.Note)
	}
	return t.AppendTo(dst)
}

func appendGroupTables(dst []byte, c *stats.Calls) []byte {
	for _, k := range groupKinds(c) {
		if len(k.groups) == 0 {
			continue
		}
		t := term.Table{Indent: "  ", Columns: []term.Column{{Name: k.title, Max: 24}}}
		for _, h := range groupColumns {
			t.Columns = append(t.Columns, term.Column{Name: h, Right: true})
		}
		for i := range k.groups[:min(maxGroupRows, len(k.groups))] {
			t.AddRow(append([]string{term.Printable(k.name(&k.groups[i]))}, groupCells(&k.groups[i])...)...)
		}
		if t.Width() > textWidth {
			t.Drop(3)
		}
		dst = t.AppendTo(append(dst, '\n'))
		if more := int64(len(k.groups) - maxGroupRows); more > 0 {
			dst = append(dst, "  … and "+term.Count(more)+" more\n"...)
		}
	}
	return dst
}
