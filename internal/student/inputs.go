package student

import (
	"slices"

	"prism/internal/columns"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/table"
)

// LabelledBy is the column that tells who labelled a row of a cascade. Rows of a student begin with Name
// there, and so does their Model_Name.
const (
	LabelledBy = "Labelled_By"
	Name       = "student"
)

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

// Find finds the columns in a table, with that of the ID. missing are those that the table lacks.
func (in *Inputs) Find(names []string, id string) (p columns.Places, missing []string) {
	place := func(name string) int {
		at := slices.Index(names, name)
		if name == "" {
			return -1
		}
		if at < 0 {
			missing = append(missing, name)
		}
		return at
	}
	p = columns.Places{ID: slices.Index(names, id), Text: place(in.Text), Title: place(in.Title), Sentiment: place(in.Sentiment)}
	for _, name := range in.Context {
		p.Context = append(p.Context, place(name))
	}
	return p, missing
}

// Equal tells whether both are the same columns.
func (in *Inputs) Equal(other *Inputs) bool {
	return in.Text == other.Text && in.Title == other.Title && in.Sentiment == other.Sentiment && slices.Equal(in.Context, other.Context)
}
