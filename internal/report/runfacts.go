package report

import (
	"strconv"
	"strings"

	"prism/internal/stats"
	"prism/internal/term"
)

// appendRun says what a run is and what became of its files.
func appendRunSection(dst []byte, r *stats.Run) []byte {
	head := table{columns: []column{{}, {}}}
	for _, f := range runProperties(r) {
		head.add(f[0], term.Printable(f[1]))
	}
	dst = append(head.appendTo(dst), '\n')
	files := table{columns: []column{{name: "FILE", max: 24}, {name: "STATUS"}, {name: "ROWS", right: true}, {name: "MISSING", right: true}, {name: "OUTPUT"}}}
	for _, f := range r.Files {
		files.add(term.Printable(f.Label), f.Status, term.Count(f.Rows), term.Count(f.Missing), term.Printable(orDash(f.Output)))
	}
	dst = append(files.appendTo(dst), '\n')
	if r.FailedRanges != "" {
		dst = append(dst, "missing rows are listed in "+term.Printable(r.FailedRanges)+"\n\n"...)
	}
	return dst
}

func runProperties(r *stats.Run) [][2]string {
	return [][2]string{
		{"run", r.ID}, {"project", r.Project + ", version " + r.Version}, {"model", r.Model + ", " + term.Plural(int64(r.BatchSize), "row") + " a call"},
		{"planned", r.CreatedAt + ", " + term.Plural(int64(r.Units), "unit") + " of " + term.Plural(int64(len(r.Files)), "file")},
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
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

func appendRunRecords(out [][]string, r *stats.Run) [][]string {
	for _, f := range r.Files {
		out = append(out, []string{"file_status", f.Label, f.Status, formatInt(f.Rows), ""},
			[]string{"file_missing", f.Label, "", formatInt(f.Missing), formatShare(shareOf(f.Missing, f.Rows))})
	}
	return append(out, []string{"run", "units", strconv.Itoa(r.Units), "", ""})
}
