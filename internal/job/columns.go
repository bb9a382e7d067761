package job

// InputColumns say what the columns of a table are for, and how its rows are read. They
// are flags of prism-split and prism-classify, and keys of a job file.
type InputColumns struct {
	IDColumn        string   `json:"id_column,omitempty" name:"id-column" placeholder:"NAME" help:"Column that identifies a row [RowID]." group:"Input columns:"`
	TextColumn      string   `json:"text_column,omitempty" name:"text-column" placeholder:"NAME" help:"Column with the text to label [Message]." group:"Input columns:"`
	TitleColumn     string   `json:"title_column,omitempty" name:"title-column" placeholder:"NAME" help:"Column with the title of the text [Title, if it exists]." group:"Input columns:"`
	SentimentColumn string   `json:"sentiment_column,omitempty" name:"sentiment-column" placeholder:"NAME" help:"Column with a sentiment to validate [Sentiment, if it exists]." group:"Input columns:"`
	ContextColumns  []string `json:"context_columns,omitempty" name:"context-columns" sep:"," placeholder:"A,B" help:"Columns that the model sees too, a line each; repeat for more. In a name, a comma may be written \\,." group:"Input columns:"`
	NumberRows      bool     `json:"number_rows" name:"number-rows" help:"Add a first column RowID with each row's position in its file." group:"Input columns:"`
	Delimiter       string   `json:"delimiter,omitempty" name:"delimiter" placeholder:"D" help:"Delimiter of CSV, a character or tab [the most frequent in the header]." group:"Input columns:"`
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

// NeedsNormalForm tells whether the file must be normalized whatever it is.
func (c *InputColumns) NeedsNormalForm() bool {
	return c.NumberRows || c.InputForm != InputForm{}
}
