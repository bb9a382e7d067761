package job

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"prism/internal/table"
	"prism/internal/term"
)

// InputColumns say what the columns of a table are for, and how its rows are read. They
// are flags of prism-split and prism-classify, and keys of a job file.
type InputColumns struct {
	IDColumn        string   `json:"id_column,omitempty" name:"id-column" filled:"" placeholder:"NAME" help:"Column that identifies a row [RowID]." group:"Input columns:"`
	TextColumn      string   `json:"text_column,omitempty" name:"text-column" filled:"" placeholder:"NAME" help:"Column with the text to label [Message]." group:"Input columns:"`
	TitleColumn     string   `json:"title_column,omitempty" name:"title-column" filled:"" placeholder:"NAME" help:"Column with the title of the text [Title, if it exists]." group:"Input columns:"`
	SentimentColumn string   `json:"sentiment_column,omitempty" name:"sentiment-column" filled:"" placeholder:"NAME" help:"Column with a sentiment to validate [Sentiment, if it exists]." group:"Input columns:"`
	ContextColumns  []string `json:"context_columns,omitempty" name:"context-columns" filled:"" sep:"," placeholder:"A,B" help:"Columns that the model sees too, a line each; repeat for more. In a name, a comma may be written \\,." group:"Input columns:"`
	NumberRows      bool     `json:"number_rows" name:"number-rows" help:"Add a first column RowID with each row's position in its file." group:"Input columns:"`
	Delimiter       string   `json:"delimiter,omitempty" name:"delimiter" filled:"" placeholder:"D" help:"Delimiter of CSV, a character or tab [the most frequent in the header]." group:"Input columns:"`
	BlankRows       string   `json:"blank_rows" name:"blank-rows" enum:"na,ask,fail" default:"na" placeholder:"HOW" help:"Rows with neither text nor title: na labels them NOT_APPLICABLE without a call, ask sends them, fail lists them as failed [na]." group:"Input columns:"`

	InputForm `kong:"-"`
}

// InputForm is how a file is to be read where its bytes do not tell: keys of a job file.
// A file for which one of them is set is normalized.
type InputForm struct {
	Encoding   string `json:"encoding,omitempty" kong:"-" help:"Encoding: utf-8, utf-16, windows-1252, shift_jis and others [by the bytes]."`
	Sheet      string `json:"sheet,omitempty" kong:"-" help:"Sheet of a workbook [the first that has cells]."`
	HeaderLine int64  `json:"header_line,omitempty" kong:"-" min:"1" max:"1000000000" help:"Line of the header; lines above are dropped [the first that is not blank]."`
	SkipRows   int64  `json:"skip_rows,omitempty" kong:"-" min:"0" max:"1000000000" help:"Records after the header to leave out."`
}

// NeedsNormalForm reports whether the file must be normalized whatever it is.
func (c *InputColumns) NeedsNormalForm() bool {
	return c.NumberRows || c.InputForm != InputForm{}
}

// Names of the columns where none is given.
const (
	DefaultText      = "Message"
	defaultTitle     = "Title"
	defaultSentiment = "Sentiment"
)

// ID is the name of the column that identifies a row: of the one that is added, where
// rows are numbered.
func (c *InputColumns) ID() string {
	if c.NumberRows {
		return table.RowID
	}
	return cmp.Or(c.IDColumn, table.RowID)
}

// Text is the name of the column with the text.
func (c *InputColumns) Text() string { return cmp.Or(c.TextColumn, DefaultText) }

// Title is the name of the column with the title; without a TitleColumn a table may lack it.
func (c *InputColumns) Title() string { return cmp.Or(c.TitleColumn, defaultTitle) }

// Sentiment is the name of the column with the sentiment; without a SentimentColumn a
// table may lack it.
func (c *InputColumns) Sentiment() string { return cmp.Or(c.SentimentColumn, defaultSentiment) }

// Blank is what is done with rows that have neither text nor title.
func (c *InputColumns) Blank() string { return cmp.Or(c.BlankRows, BlankNotApplicable) }

// What is done with rows that have neither text nor title.
const (
	BlankNotApplicable = "na"
	BlankAsked         = "ask"
	BlankFailed        = "fail"
)

// Args are the flags that say the same, quoted for xargs; nil where all is as it would be
// without flags.
func (c InputColumns) Args() []string {
	var args []string
	for _, option := range optionsIn(reflect.ValueOf(&c).Elem()) {
		if option.flag == "" || option.value.IsZero() || fmt.Sprint(option.value) == option.field.Tag.Get("default") {
			continue
		}
		switch v := option.value.Interface().(type) {
		case bool:
			args = append(args, "--"+option.flag)
		case []string:
			args = appendFlag(args, option.flag, JoinNames(v))
		default:
			args = appendFlag(args, option.flag, fmt.Sprint(v))
		}
	}
	return args
}

// IsColumnFlag reports whether an argument is a flag of InputColumns, and whether it takes a value.
func IsColumnFlag(arg string) (takesValue, ok bool) {
	for _, option := range optionsIn(reflect.ValueOf(new(InputColumns)).Elem()) {
		if option.flag != "" && arg == "--"+option.flag {
			return option.value.Kind() != reflect.Bool, true
		}
	}
	return false, false
}

// appendFlag appends a flag and its value.
func appendFlag(args []string, flag, value string) []string {
	if strings.HasPrefix(value, "-") { // else it is taken for a flag
		return append(args, term.QuoteXargs("--"+flag+"="+value))
	}
	return append(args, "--"+flag, term.QuoteXargs(value))
}

// JoinNames joins names to the value of a list flag; commas in them are escaped.
func JoinNames(names []string) string {
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = strings.ReplaceAll(n, ",", `\,`)
	}
	return strings.Join(escaped, ",")
}

// BlankCondition is the condition of labelled rows that says what is done with blank ones.
const BlankCondition = "blank rows"

// Conditions are what labelled rows depend on, as a checkpoint keeps it. Those of the zero
// value are what earlier versions did.
func (c *InputColumns) Conditions() map[string]string {
	return map[string]string{
		"ID column":        c.ID(),
		"text column":      c.Text(),
		"title column":     c.Title(),
		"sentiment column": c.Sentiment(),
		"context columns":  cmp.Or(JoinNames(c.ContextColumns), "none"),
		"numbered rows":    strconv.FormatBool(c.NumberRows),
		BlankCondition:     c.Blank(),
	}
}
