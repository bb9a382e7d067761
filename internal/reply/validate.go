package reply

import (
	"fmt"
	"strings"

	"prism/internal/prompt"
)

// validator turns the values of elements into rows.
type validator struct {
	cols   []prompt.Column
	strict bool
	buf    []string // holds the values of all rows
}

// row returns the row of vals, one value a column, or the reason why it has none.
func (v *validator) row(id int64, vals []value) (Row, string) {
	start := len(v.buf)
	row := Row{RowID: id, Gate: isGate(&v.cols[0], vals[0])}
	if row.Gate {
		v.buf = append(v.buf, prompt.NotApplicable)
		for i := range v.cols[1:] {
			v.buf = append(v.buf, v.cols[1+i].Default)
		}
	} else {
		for i := range v.cols {
			text, organic, reason := v.value(&v.cols[i], vals[i])
			if reason != "" {
				v.buf = v.buf[:start]
				return Row{}, fmt.Sprintf("column %q %s", v.cols[i].Name, reason)
			}
			if organic {
				row.Organic = append(row.Organic, Label{v.cols[i].Name, text})
			}
			v.buf = append(v.buf, text)
		}
	}
	row.Values = v.buf[start:len(v.buf):len(v.buf)]
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
	if strings.EqualFold(t, prompt.NotApplicable) || strings.EqualFold(t, "N/A") {
		return true
	}
	if !strings.EqualFold(t, "NOT APPLICABLE") {
		return false
	}
	_, isListed := listed(c, t)
	return !isListed
}

// value returns what is written for v in column c and whether that is an
// unlisted label of a listed column; or the reason why it is not valid.
func (v *validator) value(c *prompt.Column, val value) (t string, organic bool, reason string) {
	switch val.kind {
	case missing:
		return "", false, "is missing"
	case null:
		return "", false, "is null"
	case array:
		return "", false, "is an array"
	case object:
		return "", false, "is an object"
	case clash:
		return "", false, "is there twice, with different values"
	}
	t, ok := val.text()
	if !ok {
		return "", false, "has an escape that JSON does not have"
	}
	if c.Labels == nil {
		return t, false, ""
	}
	if t == "" {
		return "", false, "is empty"
	}
	label, ok := listed(c, t)
	if !ok && v.strict {
		return "", false, fmt.Sprintf("says %s, which is not listed", excerpt(t))
	}
	return label, !ok, ""
}

// listed returns the listed label that t is apart from case, or else t itself
// and false.
func listed(c *prompt.Column, t string) (string, bool) {
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
