// Package columns knows which columns of a table are its ID, text, title, sentiment and
// context, and what stands in the way of labelling a table: all of it at once, each with
// the option that removes it.
//
//  1. Examine looks at the header and finds the columns that are missing.
//  2. The caller reads the whole table, where the header can be read at all, and finds
//     the first faulty record.
//  3. Findings.Explain joins both to one error. Only now the first rows are read, of the
//     normal form where the file has another one, to name the likely columns and the
//     command that does all that is needed.
package columns

import (
	"slices"
	"strings"
	"unicode"

	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

// Places are the indices of the input columns among the columns of a table; -1 where
// there is none.
type Places struct {
	ID                     int // -1: rows are numbered
	Text, Title, Sentiment int
	Context                []int // in the order in which they are given
}

// Find finds the input columns among the names of a table's columns. A column that has
// a purpose by its name alone has none if it is given another one.
func Find(names []string, c job.InputColumns) Places {
	p := Places{ID: -1, Text: slices.Index(names, c.Text()), Title: -1, Sentiment: -1}
	if !c.NumberRows {
		p.ID = slices.Index(names, c.ID())
	}
	given := []int{p.Text}
	if c.IDColumn != "" {
		given = append(given, p.ID)
	}
	for _, name := range table.MatchNames(c.ContextColumns, names) {
		i := slices.Index(names, name)
		p.Context = append(p.Context, i)
		given = append(given, i)
	}
	title, sentiment := slices.Index(names, c.Title()), slices.Index(names, c.Sentiment())
	if c.TitleColumn != "" {
		given = append(given, title)
	}
	if c.SentimentColumn != "" || !slices.Contains(given, sentiment) {
		p.Sentiment = sentiment
		given = append(given, sentiment)
	}
	if c.TitleColumn != "" || !slices.Contains(given, title) {
		p.Title = title
	}
	return p
}

// IsBlank reports whether a text has nothing to read: no characters but blanks, controls
// and invisible ones.
func IsBlank(text string) bool {
	const brailleBlank = '\u2800'
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !term.IsInvisible(r) && r != brailleBlank &&
			!unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
	}) < 0
}
