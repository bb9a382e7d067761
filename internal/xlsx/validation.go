package xlsx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Input is what people may put into the cells of a column, as spreadsheet programs check it
// and offer it. An empty cell is always accepted.
type Input struct {
	Choices []string // offered in a list; nil: none
	Numbers bool     // cells are numbers, and so are Choices
	Whole   bool     // of these whole ones
	Minimum *float64 // of numbers without Choices; nil: no bound
	Maximum *float64
	Others  bool   // other values are accepted too
	Prompt  string // what the program shows beside the cell; empty: nothing
}

// maxListText is the most characters of a list that stands in the validation itself. Longer
// ones, and those with commas or quotes, which cannot be escaped there, stand on a hidden sheet.
const maxListText = 255

// maxPromptText is the most characters of a prompt.
const maxPromptText = 255

// needsSheet tells whether the choices stand on the hidden sheet.
func (in *Input) needsSheet() bool {
	n := len(in.Choices) - 1
	for _, c := range in.Choices {
		if n += TextUnits([]byte(c)); n > maxListText || strings.ContainsAny(c, ",\"") || strings.TrimSpace(c) != c {
			return true
		}
	}
	return false
}

// writeValidations writes what the columns with Input accept, below the header.
func (w *Writer) writeValidations() {
	var all []string
	onSheet := 0
	for i, c := range w.columns {
		if c.Input == nil || w.rows < 2 {
			continue
		}
		rule := c.Input.rule(onSheet)
		if rule == "" && c.Input.Prompt == "" {
			continue
		}
		if rule == "" {
			rule = `allowBlank="1"`
		}
		if len(c.Input.Choices) > 0 && c.Input.needsSheet() {
			onSheet++
		}
		attributes, formulas, _ := strings.Cut(rule, ">")
		name := columnName(i)
		all = append(all, fmt.Sprintf(`<dataValidation %s%s sqref="%s2:%s%d">%s</dataValidation>`, attributes, c.Input.messages(), name, name, w.rows, formulas))
	}
	if len(all) > 0 {
		fmt.Fprintf(w.sheet, `<dataValidations count="%d">%s</dataValidations>`, len(all), strings.Join(all, ""))
	}
}

// formulaEscaper leaves quotes as they are, which some programs do not read otherwise.
var formulaEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// rule is the attributes of a validation and, behind >, its formulas; onSheet is how many
// columns before have choices on the hidden sheet.
func (in *Input) rule(onSheet int) string {
	formula := func(n int, text string) string {
		return fmt.Sprintf("<formula%d>%s</formula%d>", n, formulaEscaper.Replace(text), n)
	}
	switch {
	case len(in.Choices) > 0 && in.needsSheet():
		name := columnName(onSheet)
		return `type="list" allowBlank="1">` + formula(1, fmt.Sprintf("%s!$%s$1:$%s$%d", choiceSheet, name, name, len(in.Choices)))
	case len(in.Choices) > 0:
		return `type="list" allowBlank="1">` + formula(1, `"`+strings.Join(in.Choices, ",")+`"`)
	case !in.Numbers || in.Minimum == nil && in.Maximum == nil && !in.Whole:
		return ""
	}
	kind := "decimal"
	if in.Whole {
		kind = "whole"
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	switch {
	case in.Minimum != nil && in.Maximum != nil:
		return fmt.Sprintf(`type="%s" operator="between" allowBlank="1">`, kind) + formula(1, number(*in.Minimum)) + formula(2, number(*in.Maximum))
	case in.Maximum != nil:
		return fmt.Sprintf(`type="%s" operator="lessThanOrEqual" allowBlank="1">`, kind) + formula(1, number(*in.Maximum))
	case in.Minimum != nil:
		return fmt.Sprintf(`type="%s" operator="greaterThanOrEqual" allowBlank="1">`, kind) + formula(1, number(*in.Minimum))
	}
	const most = 1 << 53
	return fmt.Sprintf(`type="%s" operator="between" allowBlank="1">`, kind) + formula(1, number(-most)) + formula(2, number(most))
}

// messages are the attributes of what the program shows.
func (in *Input) messages() string {
	text := ""
	if !in.Others {
		text = ` showErrorMessage="1" errorTitle="Not valid" error="This value is not in the codebook."`
	}
	if in.Prompt != "" {
		prompt := in.Prompt
		if utf8.RuneCountInString(prompt) > maxPromptText {
			prompt = string([]rune(prompt)[:maxPromptText-1]) + "…"
		}
		text += fmt.Sprintf(` showInputMessage="1" prompt="%s"`, appendEscaped(nil, []byte(prompt)))
	}
	return text
}

// choiceSheet is the text of the hidden sheet: a column of choices for each column that needs
// it; "" if none does.
func (w *Writer) choiceSheet() string {
	var lists [][]string
	rows := 0
	for _, c := range w.columns {
		if c.Input != nil && w.rows > 1 && len(c.Input.Choices) > 0 && c.Input.needsSheet() {
			lists = append(lists, c.Input.Choices)
			rows = max(rows, len(c.Input.Choices))
		}
	}
	if len(lists) == 0 {
		return ""
	}
	b := []byte(`<worksheet xmlns="` + mainNamespace + `"><sheetData>`)
	for row := range rows {
		b = fmt.Appendf(b, `<row r="%d">`, row+1)
		for i, list := range lists {
			if row < len(list) {
				b = fmt.Appendf(b, `<c r="%s" t="inlineStr"><is><t xml:space="preserve">`, CellName(i, int64(row+1)))
				b = append(appendEscaped(b, []byte(list[row])), "</t></is></c>"...)
			}
		}
		b = append(b, "</row>"...)
	}
	return string(append(b, "</sheetData></worksheet>"...))
}
