package report

import (
	"slices"
	"strings"

	"prism/internal/override"
	"prism/internal/stats"
	"prism/internal/term"
)

// labelledByGrid is how many rows each labelled; nil: one labelled them all.
func labelledByGrid(r *stats.Result) *grid {
	i := slices.IndexFunc(r.RunColumns, func(c stats.RunColumn) bool { return c.Column == override.LabelledBy })
	if i < 0 {
		return nil
	}
	g := &grid{Name: "Who labelled the rows", Heads: []string{"labelled by", "rows", "share"}}
	values := r.RunColumns[i].Values
	for _, v := range values[:min(len(values), maxPageValues)] {
		g.Lines = append(g.Lines, []string{quoteBlanks(v.Value), term.Count(v.Count), term.Percent(v.Count, r.Rows)})
	}
	return g
}

// cascadeSentence says what a student did, and how that was checked.
func cascadeSentence(c *stats.Cascade) string {
	s := &c.Student
	switch s.State {
	case stats.StudentNotNeeded:
		return "The model labelled all " + term.Plural(c.Rows, "row") + ": too few for a student."
	case stats.StudentSetAside:
		return "The student was set aside, and the model labelled all rows: " + term.Printable(s.Why) + "."
	}
	return "A student learned from " + term.Plural(s.Learned, "row") + " that the model labelled, and was sure of " + term.Count(s.Sure) +
		". The model was also asked for " + term.Count(s.Audited) + " of these, drawn at random: the agreement is how often it says the same there, with its interval of 95%."
}

// CascadeLine says in a line what became of a student.
func CascadeLine(c *stats.Cascade) string {
	s := &c.Student
	text := term.Printable(c.Name) + ": " + s.State
	switch s.State {
	case stats.StudentInUse:
		text += ", sure of " + term.Count(s.Sure) + " of " + term.Plural(c.Rows, "row")
		var audits []string
		for i := range s.Columns {
			if a := &s.Columns[i]; a.Agreement.IsDefined() {
				audits = append(audits, term.Printable(a.Column)+" "+shareWithInterval(a.Agreement, a.Low, a.High))
			}
		}
		if audits != nil {
			text += "; as the model says: " + strings.Join(audits, ", ")
		}
	case stats.StudentSetAside:
		text += ": " + term.Printable(s.Why)
	}
	return text
}

// corrected is an estimate with the shares that the audit corrects.
func corrected(c *stats.Cascade) *stats.Estimate { return &stats.Estimate{Columns: c.Shares} }

// correctedShares says what shares of a cascade are.
const correctedShares = "Shares of all rows: as student and model labelled them, and corrected by the audit to what the model would have said of all of them."

// auditHeads are the heads of auditCells.
var auditHeads = []string{"column", "sure from", "promised", "agreement", "95%", "rows"}

func auditCells(c *stats.AuditedColumn) []string {
	return []string{
		term.Printable(c.Column), formatThousandths(c.Threshold), formatPercent(c.Promised), formatPercent(c.Agreement),
		intervalText(c.Low, c.High, formatPercent), term.Count(c.Audited),
	}
}

// cascadePanel is a cascade on the page.
type cascadePanel struct {
	Name, Sentence string // Name is empty where there is one
	Audit          *grid
	Shares         string // what Corrections are
	Corrections    []correction
}

func cascadePanels(r *stats.Result) (panels []cascadePanel) {
	for i := range r.Cascades {
		c := &r.Cascades[i]
		p := cascadePanel{Sentence: cascadeSentence(c), Shares: correctedShares, Corrections: correctionsOf(corrected(c))}
		if len(r.Cascades) > 1 {
			p.Name = term.Printable(c.Name)
		}
		if len(c.Student.Columns) > 0 {
			p.Audit = &grid{Name: "Audit of the student", Heads: auditHeads}
			for j := range c.Student.Columns {
				p.Audit.Lines = append(p.Audit.Lines, auditCells(&c.Student.Columns[j]))
			}
		}
		panels = append(panels, p)
	}
	return panels
}

// appendCascade shows a cascade.
func appendCascade(dst []byte, c *stats.Cascade) []byte {
	dst = append(dst, "Student of "+term.Printable(c.Name)+"\n"...)
	dst = append(dst, "  "+strings.ReplaceAll(cascadeSentence(c), ". ", ".\n  ")+"\n"...)
	if len(c.Student.Columns) == 0 {
		return dst
	}
	t := term.Table{Indent: "  "}
	for i, head := range auditHeads {
		t.Columns = append(t.Columns, term.Column{Name: head, Right: i > 0 && i != 4, Max: maxLabelWidth})
	}
	for i := range c.Student.Columns {
		t.AddRow(auditCells(&c.Student.Columns[i])...)
	}
	dst = t.AppendTo(dst)
	if len(c.Shares) > 0 {
		dst = append(dst, "  "+strings.ReplaceAll(correctedShares, ", and", ",\n  and")+"\n"...)
	}
	return appendEstimateTables(dst, corrected(c))
}

func writeCascadeMarkdown(b *strings.Builder, c *stats.Cascade) {
	b.WriteString("\n## Student of " + markdownText(c.Name) + "\n\n" + markdownText(cascadeSentence(c)) + "\n")
	if len(c.Student.Columns) > 0 {
		b.WriteString("\n| column | sure from | promised | agreement | 95% | rows |\n| --- | ---: | ---: | ---: | --- | ---: |\n")
		for i := range c.Student.Columns {
			markdownRow(b, auditCells(&c.Student.Columns[i])...)
		}
	}
	if len(c.Shares) > 0 {
		b.WriteString("\n" + correctedShares + "\n")
	}
	writeEstimateTablesMarkdown(b, corrected(c))
}

// appendCascadeRecords adds a record for each figure of an audit.
func appendCascadeRecords(out [][]string, c *stats.Cascade) [][]string {
	out = append(out, []string{"student", c.Name, c.Student.State, "", ""})
	for i := range c.Student.Columns {
		a := &c.Student.Columns[i]
		name := c.Name + " " + a.Column
		out = append(out, []string{"audit_rows", name, "", formatInt(a.Audited), ""})
		for _, f := range []namedFigure{{"agreement", a.Agreement}, {"low", a.Low}, {"high", a.High}, {"promised", a.Promised}, {"threshold", a.Threshold}} {
			out = append(out, []string{"audit_" + f.name, name, formatFigure(f.value), "", ""})
		}
	}
	return appendEstimateRecords(out, "audit_share", corrected(c))
}
