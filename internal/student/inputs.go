package student

import (
	"slices"
	"strings"

	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/table"
)

// IsBy reports whether a student labelled a row, by its cells in Labelled_By and Model_Name.
func IsBy(labelledBy, modelName string) bool {
	return strings.HasPrefix(labelledBy, job.StudentAPI) || strings.HasPrefix(modelName, job.StudentAPI+":")
}

// Inputs are the names of the columns that a student reads; empty: none.
type Inputs struct {
	Text      string   `json:"text"`
	Title     string   `json:"title"`
	Sentiment string   `json:"sentiment"`
	Context   []string `json:"context"`
}

// FindInputs finds the columns to read among those of a result. A column to code that only
// its name makes an input is none: it holds the labels. missing are named columns that are not there.
func FindInputs(names []string, s *prompt.Schema, c job.InputColumns) (in Inputs, missing []string) {
	ofInput := slices.Clone(names)
	for i, name := range names {
		if s.FindOutput(name, names) != nil {
			ofInput[i] = ""
		}
	}
	p := columns.Find(ofInput, c)
	name := func(at int, wanted string) string {
		switch {
		case at >= 0:
			return ofInput[at]
		case wanted != "":
			missing = append(missing, wanted)
		}
		return ""
	}
	in = Inputs{Text: name(p.Text, c.Text()), Title: name(p.Title, c.TitleColumn), Sentiment: name(p.Sentiment, c.SentimentColumn), Context: []string{}}
	for i, wanted := range table.MatchNames(c.ContextColumns, ofInput) {
		in.Context = append(in.Context, name(p.Context[i], wanted))
	}
	return in, missing
}

// Find finds the columns in a table, with that of the ID, -1 where there is none.
func (in *Inputs) Find(names []string, id string) columns.Places {
	place := func(name string) int {
		if name == "" {
			return -1
		}
		return slices.Index(names, name)
	}
	p := columns.Places{ID: slices.Index(names, id), Text: place(in.Text), Title: place(in.Title), Sentiment: place(in.Sentiment)}
	for _, name := range in.Context {
		p.Context = append(p.Context, place(name))
	}
	return p
}

// Missing are the columns that a table lacks.
func (in *Inputs) Missing(names []string) (missing []string) {
	for _, name := range slices.Concat([]string{in.Text, in.Title, in.Sentiment}, in.Context) {
		if name != "" && !slices.Contains(names, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// Apply makes c name the columns. It returns the flags that name others.
func (in *Inputs) Apply(c *job.InputColumns) (other []string) {
	set := func(flag string, to *string, name string) {
		if *to != "" && *to != name {
			other = append(other, flag)
		}
		*to = name
	}
	set("--text-column", &c.TextColumn, in.Text)
	set("--title-column", &c.TitleColumn, in.Title)
	set("--sentiment-column", &c.SentimentColumn, in.Sentiment)
	if len(c.ContextColumns) > 0 && !slices.Equal(table.MatchNames(c.ContextColumns, in.Context), in.Context) {
		other = append(other, "--context-columns")
	}
	c.ContextColumns = in.Context
	return other
}

// Restrict forgets the places of columns that are found by their names alone, and are not read.
func (in *Inputs) Restrict(p *columns.Places) {
	if in.Title == "" {
		p.Title = -1
	}
	if in.Sentiment == "" {
		p.Sentiment = -1
	}
}

// Equal reports whether both are the same columns.
func (in *Inputs) Equal(other *Inputs) bool {
	return in.Text == other.Text && in.Title == other.Title && in.Sentiment == other.Sentiment && slices.Equal(in.Context, other.Context)
}
