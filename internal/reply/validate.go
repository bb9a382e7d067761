package reply

import (
	"fmt"
	"strings"

	"prism/internal/prompt"
	"prism/internal/term"
)

// validator turns the values of objects into rows.
type validator struct {
	columns []prompt.Column
	strict  bool
	texts   []string // holds the values of all rows
}

// validateRow returns the row of vals, one value a column, or the reason why it
// has none.
func (v *validator) validateRow(id int64, vals []value) (Row, string) {
	start := len(v.texts)
	row := Row{RowID: id, Gate: isGate(&v.columns[0], vals[0])}
	if row.Gate {
		v.texts = append(v.texts, prompt.NotApplicable)
		for i := range v.columns[1:] {
			v.texts = append(v.texts, v.columns[1+i].Default)
		}
	} else {
		for i := range v.columns {
			text, organic, reason := v.validate(&v.columns[i], vals[i])
			if reason != "" {
				v.texts = v.texts[:start]
				return Row{}, fmt.Sprintf("column %q %s", v.columns[i].Name, reason)
			}
			if organic {
				row.Organic = append(row.Organic, Label{v.columns[i].Name, text})
			}
			v.texts = append(v.texts, text)
		}
	}
	row.Values = v.texts[start:len(v.texts):len(v.texts)]
	return row, ""
}

// isGate tells whether the first column says NOT_APPLICABLE or N/A, which it
// then never means as a label of its own. "Not applicable" is the same, unless
// it is listed.
func isGate(c *prompt.Column, v value) bool {
	if v.kind != text {
		return false
	}
	t, ok := v.text()
	if !ok {
		return false
	}
	t = term.CanonicalName(t)
	if strings.EqualFold(t, prompt.NotApplicable) || strings.EqualFold(t, "N/A") {
		return true
	}
	if !strings.EqualFold(t, "NOT APPLICABLE") {
		return false
	}
	_, listed := findLabel(c, t)
	return !listed
}

// validate returns what is written for v in column c and whether that is an
// unlisted label of a listed column; or the reason why it is not valid.
func (v *validator) validate(c *prompt.Column, val value) (t string, organic bool, reason string) {
	switch val.kind {
	case missing:
		return "", false, "is missing"
	case null:
		return "", false, "is null"
	case array:
		return "", false, "is an array"
	case object:
		return "", false, "is an object"
	case conflicting:
		return "", false, "has two different values"
	case contradicted:
		return "", false, "differs between two objects with the same RowID"
	}
	t, ok := val.text()
	if !ok {
		return "", false, "has an invalid escape"
	}
	if c.Labels == nil {
		return t, false, ""
	}
	if t == "" {
		return "", false, "is empty"
	}
	label, ok := findLabel(c, t)
	if !ok && v.strict {
		return "", false, fmt.Sprintf("has the unlisted label %s", excerpt(t))
	}
	return label, !ok, ""
}

// findLabel returns the listed label that t is apart from case, invisible characters and
// Unicode's form, or else t itself and false.
func findLabel(c *prompt.Column, t string) (string, bool) {
	for _, l := range c.Labels {
		if l == t {
			return l, true
		}
	}
	for _, l := range c.Labels {
		if strings.EqualFold(l, t) {
			return l, true
		}
	}
	if term.IsASCII(t) {
		return t, false
	}
	for _, l := range c.Labels {
		if term.EqualNames(l, t) {
			return l, true
		}
	}
	return t, false
}

// excerpt quotes t, of long texts the first characters.
func excerpt(t string) string {
	const most = 60
	if s := fmt.Sprintf("%.*s", most, t); s != t {
		return fmt.Sprintf("%q…", s)
	}
	return fmt.Sprintf("%q", t)
}
