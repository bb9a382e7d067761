package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/rowid"
	"prism/internal/table"
	"prism/internal/term"
)

// inputPlan is what a dry run tells of a file.
type inputPlan struct {
	label, path string
	done        []string // how it is normalized; nil: it is read as it is
	columns     job.InputColumns
	names       []string // of its columns, as workers read them
	places      columns.Places
	first       *prompt.Mention // nil: it has no rows
}

// notePlan notes what a dry run tells of a table.
func (p *planner) notePlan(f *table.File, label string, o table.Options, c job.InputColumns) error {
	plan := inputPlan{label: label, path: f.Name, columns: c}
	if n := p.normal[label]; n != nil {
		plan.path, plan.done = n.from.Path, []string{n.describe()}
	}
	r, err := table.NewReader(io.NewSectionReader(f, 0, f.Size), o)
	if err != nil {
		return err
	}
	plan.names = r.Header().Names
	plan.places = columns.Find(plan.names, c)
	rec, err := r.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if rec != nil {
		plan.first = firstMention(rec, plan.places, plan.names)
	}
	p.plans = append(p.plans, plan)
	return nil
}

// firstMention is what the model sees of the first row.
func firstMention(rec *table.Record, at columns.Places, names []string) *prompt.Mention {
	text := func(i int) string {
		if i < 0 {
			return ""
		}
		return string(rec.Text(nil, i))
	}
	m := &prompt.Mention{RowID: 1, Title: text(at.Title), Message: text(at.Text), Sentiment: text(at.Sentiment)}
	if id, err := rowid.Parse([]byte(text(at.ID))); at.ID >= 0 && err == nil {
		m.RowID = id
	}
	for _, i := range at.Context {
		m.Context = append(m.Context, prompt.ContextLine{Label: prompt.ContextLabel(names[i]), Text: text(i)})
	}
	return m
}

// writeColumns prints what is done to the file, and what its columns are for.
func (plan *inputPlan) writeColumns(w io.Writer) {
	fmt.Fprintf(w, "input      %s: %s\n", plan.label, term.Printable(plan.path))
	if plan.done != nil {
		fmt.Fprintf(w, "           normalized: %s\n", strings.Join(plan.done, "; "))
	}
	if len(plan.names) == 0 {
		return
	}
	at := plan.places
	var roles []string
	add := func(role string, i int) {
		if i >= 0 {
			roles = append(roles, fmt.Sprintf("%s %q", role, plan.names[i]))
		}
	}
	add("ID", at.ID)
	add("text", at.Text)
	add("title", at.Title)
	add("sentiment", at.Sentiment)
	for _, i := range at.Context {
		add("context", i)
	}
	fmt.Fprintf(w, "           %s\n", strings.Join(roles, ", "))
}

// writeFirstRow prints the message of the first row, as p asks for it.
func (plan *inputPlan) writeFirstRow(w io.Writer, p *prompt.Prompt) {
	switch {
	case plan.first == nil:
		fmt.Fprintf(w, "\n%s has no rows\n", plan.label)
		return
	case columns.IsBlank(plan.first.Message+plan.first.Title) && plan.columns.Blank() != job.BlankAsked:
		fmt.Fprintf(w, "\nthe first row of %s has neither text nor title: the model will not see it\n", plan.label)
		return
	}
	first := *plan.first
	first.Message = shorten(first.Message)
	fmt.Fprintf(w, "\nthe first row of %s, as the model will see it:\n", plan.label)
	for line := range bytes.Lines(p.AppendUser(nil, []prompt.Mention{first})) {
		fmt.Fprintf(w, "%s\n", bytes.TrimRight(append([]byte("    "), line...), " \r\n"))
	}
}

// maxShown is how many bytes of a text a dry run shows.
const maxShown = 2000

func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%s in all)", text[:end], term.Plural(int64(utf8.RuneCountInString(text)), "character"))
}
