package xlsx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
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

// maxPromptText is the most characters of a prompt, in units of UTF-16.
const maxPromptText = 255

// needsSheet reports whether there are choices that stand on the hidden sheet.
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
		rule, formulas := c.Input.rule(onSheet)
		if rule == "" && c.Input.Prompt == "" {
			continue
		}
		if c.Input.needsSheet() {
			onSheet++
		}
		name := columnName(i)
		all = append(all, fmt.Sprintf(`<dataValidation %sallowBlank="1"%s sqref="%s2:%s%d">%s</dataValidation>`, rule, c.Input.messages(), name, name, w.rows, formulas))
	}
	if len(all) > 0 {
		fmt.Fprintf(w.sheet, `<dataValidations count="%d">%s</dataValidations>`, len(all), strings.Join(all, ""))
	}
}

// formulaEscaper leaves quotes as they are, which some programs do not read otherwise.
var formulaEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// rule is the attributes of a validation, each with a blank behind it, and its formulas, both
// empty if anything is accepted; onSheet is how many columns before have choices on the hidden sheet.
func (in *Input) rule(onSheet int) (attributes, formulas string) {
	switch {
	case in.needsSheet():
		name := columnName(onSheet)
		return `type="list" `, formula(1, fmt.Sprintf("%s!$%s$1:$%s$%d", choiceSheet, name, name, len(in.Choices)))
	case len(in.Choices) > 0:
		return `type="list" `, formula(1, `"`+strings.Join(in.Choices, ",")+`"`)
	case !in.Numbers || in.Minimum == nil && in.Maximum == nil && !in.Whole:
		return "", ""
	}
	attributes = `type="decimal" `
	if in.Whole {
		attributes = `type="whole" `
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	const most = 1 << 53 // of a whole number that has no bounds
	switch {
	case in.Minimum != nil && in.Maximum != nil:
		return attributes + `operator="between" `, formula(1, number(*in.Minimum)) + formula(2, number(*in.Maximum))
	case in.Maximum != nil:
		return attributes + `operator="lessThanOrEqual" `, formula(1, number(*in.Maximum))
	case in.Minimum != nil:
		return attributes + `operator="greaterThanOrEqual" `, formula(1, number(*in.Minimum))
	}
	return attributes + `operator="between" `, formula(1, number(-most)) + formula(2, number(most))
}

func formula(n int, text string) string {
	return fmt.Sprintf("<formula%d>%s</formula%d>", n, formulaEscaper.Replace(text), n)
}

// messages are the attributes of what the program shows.
func (in *Input) messages() string {
	text := ""
	if !in.Others {
		text = ` showErrorMessage="1" errorTitle="Not valid" error="This value is not in the codebook."`
	}
	if in.Prompt != "" {
		prompt := string(appendEscaped(nil, []byte(cutPrompt(in.Prompt))))
		text += fmt.Sprintf(` showInputMessage="1" prompt="%s"`, strings.ReplaceAll(prompt, "\n", "&#10;")) // an attribute's own line ends are blanks
	}
	return text
}

// cutPrompt cuts a prompt to what programs accept.
func cutPrompt(prompt string) string {
	units, end := 0, 0
	for at, c := range prompt {
		if units < maxPromptText {
			end = at
		}
		if units += utf16.RuneLen(c); units > maxPromptText {
			return prompt[:end] + "…"
		}
	}
	return prompt
}

// choiceSheet is the text of the hidden sheet: a column of choices for each column that needs
// it; "" if none does.
func (w *Writer) choiceSheet() string {
	var lists [][]string
	rows := 0
	for _, c := range w.columns {
		if c.Input != nil && w.rows > 1 && c.Input.needsSheet() {
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
