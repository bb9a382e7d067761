package columns

import (
	"fmt"
	"slices"
	"strings"

	"prism/internal/job"
	"prism/internal/normalize"
	"prism/internal/table"
	"prism/internal/term"
)

// fault is one thing in the way.
type fault struct {
	what string
	hint string                  // what removes it; empty: nothing is known
	fix  func(*job.InputColumns) // does so; nil: the user must
	mild bool                    // it is an error only beside others
}

// flag is how a flag is named.
func (o *Options) flag(flag string) string {
	if o.Keys {
		return strings.ReplaceAll(flag, "-", "_")
	}
	return "--" + flag
}

// and is what stands between two options.
func (o *Options) and() string {
	if o.Keys {
		return ", "
	}
	return " "
}

// findFaults finds what is wrong with the columns of a table. Of a sample without rows
// it knows the names alone. In normal form the rows have IDs.
func (o *Options) findFaults(s *sample, normal bool) (faults []fault) {
	c := o.Columns
	add := func(x fault) {
		if len(faults) > 0 { // the columns were listed
			what, rest, _ := strings.Cut(x.what, "; the columns are ")
			if i := strings.LastIndex(rest, " ("); i >= 0 && strings.HasSuffix(rest, ": rename it)") {
				what += rest[i:]
			}
			x.what = what
		}
		faults = append(faults, x)
	}
	if !o.NoIDs && !normal {
		if x, bad := o.findIDFault(s); bad {
			add(x)
		}
	}
	if !slices.Contains(s.names, c.Text()) {
		add(o.missingText(s))
	}
	if c.TitleColumn != "" && !slices.Contains(s.names, c.TitleColumn) {
		add(o.missingNamed(s, "title-column", c.TitleColumn, func(c *job.InputColumns, name string) { c.TitleColumn = name }))
	}
	if c.SentimentColumn != "" && !slices.Contains(s.names, c.SentimentColumn) {
		add(o.missingNamed(s, "sentiment-column", c.SentimentColumn, func(c *job.InputColumns, name string) { c.SentimentColumn = name }))
	}
	context := table.MatchNames(c.ContextColumns, s.names)
	for i, name := range context {
		if !slices.Contains(s.names, name) {
			add(o.missingNamed(s, "context-columns", name, func(c *job.InputColumns, name string) {
				c.ContextColumns = slices.Clone(context)
				c.ContextColumns[i] = name
			}))
		}
	}
	for _, name := range o.Required {
		if !slices.Contains(s.names, name) && name != table.RowID && name != job.DefaultText { // these mean the ID and the text
			add(fault{what: table.MissingColumn(s.names, name), hint: "required_input_columns of settings.json names the columns that an input must have"})
		}
	}
	return faults
}

// findIDFault finds what is wrong with the column of the IDs.
func (o *Options) findIDFault(s *sample) (x fault, bad bool) {
	c := o.Columns
	number := func(c *job.InputColumns) { c.IDColumn, c.NumberRows = "", true }
	has := slices.Contains(s.names, c.ID())
	switch {
	case c.NumberRows && c.IDColumn != "" && c.IDColumn != table.RowID:
		return fault{what: o.option("id-column", c.IDColumn) + " and " + o.option("number-rows", "") + " are mutually exclusive",
			hint: "leave one of them out: a RowID is either a value of that column or the position of its row"}, true
	case c.NumberRows && has:
		return fault{what: "the table already has a column RowID: its rows cannot be numbered",
			hint: "leave out " + o.option("number-rows", ""), fix: func(c *job.InputColumns) { c.NumberRows = false }}, true
	case c.NumberRows || has:
		return fault{}, false
	}
	what := table.MissingColumn(s.names, c.ID())
	if near := table.NearMiss(s.names, c.ID()); near != "" && (s.rows == 0 || s.hasIntegers(slices.Index(s.names, near))) {
		return fault{what: what, hint: o.option("id-column", near) + " takes the RowIDs from that column",
			fix: func(c *job.InputColumns) { c.IDColumn = near }}, true
	}
	if c.IDColumn != "" {
		what += term.DidYouMean(c.IDColumn, s.names)
	}
	return fault{what: what, fix: number, hint: o.option("number-rows", "") + " numbers the rows; " +
		o.option("id-column", "NAME") + " names a column that has a different integer in every row"}, true
}

// aboutHeaderLine says what helps where the header is not on the first line.
func (o *Options) aboutHeaderLine() string {
	normalizer := "prism-split --normalize"
	if o.Keys {
		normalizer = "the file"
	}
	return "if the header is not on the first line, " + o.flag("header-line") + " of " + normalizer + " says where it is"
}

// missingText is the fault of a table without the column of the text.
func (o *Options) missingText(s *sample) fault {
	c := o.Columns
	x := fault{what: table.MissingColumn(s.names, c.Text()), mild: c.TextColumn == "" && !o.NeedsText}
	taken := func(name string) bool {
		return name == c.ID() || name == table.RowID || name == c.Title() || name == c.Sentiment() || slices.Contains(c.ContextColumns, name)
	}
	likely, why := table.NearMiss(s.names, c.Text()), ""
	if likely == "" {
		if i := s.longestColumn(taken); i >= 0 {
			likely, why = s.names[i], ", which has the longest texts"
		}
	}
	if likely == "" && len(s.names) == 1 && o.Table.Format != table.JSONL {
		x.hint = "the header names one column: " + o.aboutHeaderLine()
		return x
	}
	if likely == "" {
		x.hint = o.option("text-column", "NAME") + " names the column with the text to label"
		return x
	}
	if normalize.IsNameless(likely) {
		x.hint = "the longest texts are in a column without a name: " + o.aboutHeaderLine()
		return x
	}
	x.hint = o.option("text-column", likely) + " takes the text from that column" + why
	x.fix = func(c *job.InputColumns) { c.TextColumn = likely }
	return x
}

// missingNamed is the fault of a column that an option names and the table lacks.
func (o *Options) missingNamed(s *sample, flag, name string, set func(c *job.InputColumns, name string)) fault {
	if near := table.NearMiss(s.names, name); near != "" {
		return fault{what: table.MissingColumn(s.names, name), hint: fmt.Sprintf("write %q in %s", near, o.flag(flag)), fix: func(c *job.InputColumns) { set(c, near) }}
	}
	return fault{what: table.MissingColumn(s.names, name) + term.DidYouMean(name, s.names),
		hint: o.option(flag, "NAME") + " must name a column of the table"}
}
