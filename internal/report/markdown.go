package report

import (
	"strings"
	"time"
	"unicode"

	"prism/internal/stats"
	"prism/internal/term"
)

// The most lines of a table of Markdown.
const (
	maxMarkdownValues = 50 // of a column
	maxMarkdownGroups = 100
	maxMarkdownErrors = 50
)

// Markdown writes statistics as a summary in Markdown.
func Markdown(r *stats.Result) []byte {
	var b strings.Builder
	b.WriteString("# Summary" + markdownRunTitle(r) + "\n")
	if r.Run != nil {
		writeRunMarkdown(&b, r.Run)
	}
	if len(r.Files) > 0 {
		b.WriteString("\n| | |\n| --- | --- |\n")
		markdownRow(&b, "rows", term.Count(r.Rows))
		for _, f := range r.RunColumns {
			markdownRow(&b, f.Column, runColumnText(f, 10))
		}
		if g := r.Gate; g != nil {
			markdownRow(&b, "not applicable", term.Plural(g.NotApplicable, "row")+" ("+term.Percent(g.NotApplicable, rowsOfColumn(r, g.Column))+"), by "+g.Column)
		}
		for _, f := range r.Files {
			markdownRow(&b, "file", f.Name+" ("+term.Plural(f.Rows, "row")+")")
		}
	}
	if r.Gold != nil {
		writeGoldMarkdown(&b, r.Gold)
	}
	if r.Estimate != nil {
		writeEstimateMarkdown(&b, r.Estimate)
	}
	for i := range r.Cascades {
		writeCascadeMarkdown(&b, &r.Cascades[i])
	}
	if r.Compare != nil {
		writeComparisonMarkdown(&b, r.Compare)
	}
	for i := range r.Columns {
		writeColumnMarkdown(&b, &r.Columns[i])
	}
	for i := range r.CrossTables {
		writeCrossMarkdown(&b, &r.CrossTables[i])
	}
	if c := r.Calls; c != nil {
		b.WriteString("\n## Model calls\n\n| | | |\n| --- | ---: | --- |\n")
		if c.Calls > 0 {
			markdownRow(&b, "first sent", c.StartedAt.Format(time.RFC3339), "")
			markdownRow(&b, "last ended", c.EndedAt.Format(time.RFC3339), "")
		}
		for _, l := range callFigures(c) {
			markdownRow(&b, l.Name, l.Value, l.Note)
		}
		writeGroupsMarkdown(&b, c)
	}
	return []byte(b.String())
}

func markdownRunTitle(r *stats.Result) string {
	if r.Run != nil {
		return " of " + markdownText(r.Run.ID)
	}
	for _, f := range r.RunColumns {
		if f.Column == "Run_ID" && len(f.Values) == 1 {
			return " of " + markdownText(f.Values[0].Value)
		}
	}
	return ""
}

func writeRunMarkdown(b *strings.Builder, r *stats.Run) {
	b.WriteString("\n| | |\n| --- | --- |\n")
	for _, f := range runProperties(r) {
		markdownRow(b, f[0], f[1])
	}
	b.WriteString("\n## Files\n\n| file | input | status | rows | missing | output |\n| --- | --- | --- | ---: | ---: | --- |\n")
	for _, f := range r.Files {
		markdownRow(b, f.Label, f.Input, f.Status, term.Count(f.Rows), term.Count(f.Missing), orDash(f.Output))
	}
	if r.FailedRanges != "" {
		b.WriteString("\nMissing rows are listed in `" + strings.ReplaceAll(r.FailedRanges, "`", "'") + "`.\n")
	}
	b.WriteString("\n## Results\n")
}

func writeColumnMarkdown(b *strings.Builder, c *stats.Column) {
	b.WriteString("\n## " + markdownText(c.Name) + "\n\n" + strings.Join(columnNotes(c), ", ") + ".\n")
	for _, line := range certaintyLines(c) {
		b.WriteString("\n" + line + ".\n")
	}
	if showsHistogram(c) {
		b.WriteString("\n| from, to | rows | share |\n| --- | ---: | ---: |\n")
		for _, bin := range c.Numbers.Histogram {
			markdownRow(b, binText(bin), term.Count(bin.Rows), term.Percent(bin.Rows, c.Numbers.Count))
		}
		return
	}
	if c.Kind == stats.Text || len(c.Values) == 0 {
		return
	}
	b.WriteString("\n| label | rows | share |\n| --- | ---: | ---: |\n")
	values := listedValues(c, maxMarkdownValues, maxMarkdownValues)
	for _, v := range values {
		label := quoteBlanks(v.Value)
		if v.Class == stats.Organic {
			label += " (organic)"
		}
		markdownRow(b, label, term.Count(v.Count), term.Percent(v.Count, c.Rows))
	}
	if more := int64(len(c.Values) - len(values)); more > 0 {
		b.WriteString("\n… and " + term.Plural(more, "more value") + ".\n")
	}
}

// writeMoreMarkdown says how many things a table leaves out, if it does.
func writeMoreMarkdown(b *strings.Builder, more int, what string) {
	if more > 0 {
		b.WriteString("\n… and " + term.Plural(int64(more), "more "+what) + "; --format csv has all.\n")
	}
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

func writeGroupsMarkdown(b *strings.Builder, c *stats.Calls) {
	for _, k := range groupKinds(c) {
		if len(k.groups) == 0 {
			continue
		}
		b.WriteString("\n")
		markdownRow(b, append([]string{k.title}, groupColumns...)...)
		b.WriteString("| --- |" + strings.Repeat(" ---: |", len(groupColumns)) + "\n")
		for i := range k.groups[:min(maxMarkdownGroups, len(k.groups))] {
			markdownRow(b, append([]string{k.name(&k.groups[i])}, groupCells(&k.groups[i])...)...)
		}
		writeMoreMarkdown(b, len(k.groups)-maxMarkdownGroups, "group")
	}
	if len(c.ErrorGroups) == 0 {
		return
	}
	b.WriteString("\n| calls | outcome | message |\n| ---: | --- | --- |\n")
	for _, t := range c.ErrorGroups[:min(maxMarkdownErrors, len(c.ErrorGroups))] {
		markdownRow(b, term.Count(t.Calls), string(t.Outcome), t.Error)
	}
	writeMoreMarkdown(b, len(c.ErrorGroups)-maxMarkdownErrors, "message")
}

func markdownRow(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + markdownText(c) + " ")
	}
	b.WriteString("|\n")
}

// markdownText makes a text from outside stand as it is, on one line.
func markdownText(s string) string {
	var b strings.Builder
	text := []rune(term.Printable(s))
	for i, r := range text {
		within := i > 0 && i+1 < len(text) && isWordCharacter(text[i-1]) && isWordCharacter(text[i+1])
		if strings.ContainsRune("\\`*[]<|~&", r) || r == '_' && !within {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isWordCharacter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
