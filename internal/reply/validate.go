package reply

import (
	"encoding/json"
	"fmt"
	"strings"

	"prism/internal/prompt"
)

// validator turns the values of objects into rows.
type validator struct {
	schema  *prompt.Prompt
	columns []prompt.Column // of schema
	strict  bool
	reasons *reasons
	texts   []string // holds the values of all rows
	places  []Place  // likewise
}

// validateRow returns the row of vals, one value a column, or the reason why it
// has none.
func (v *validator) validateRow(id int64, vals []value) (Row, string) {
	start := len(v.texts)
	if vals[0].kind == miscounted {
		return Row{}, "its array has more or fewer values than there are columns"
	}
	row := Row{RowID: id}
	if gate := v.schema.Gate; gate != prompt.NoGate {
		row.Gate = isGate(&v.columns[gate], vals[gate])
	}
	if row.Gate {
		v.appendNotApplicable(vals)
	} else {
		for i := range v.columns {
			text, organic, reason := v.validate(&v.columns[i], vals[i])
			if reason != "" {
				v.texts = v.texts[:start]
				return Row{}, fmt.Sprintf("column %q %s", v.columns[i].Name, reason)
			}
			for _, l := range organic {
				row.Organic = append(row.Organic, Label{v.columns[i].Name, l})
			}
			v.texts = append(v.texts, text)
		}
	}
	row.Values = v.texts[start:len(v.texts):len(v.texts)]
	first := len(v.places)
	for _, val := range vals {
		v.places = append(v.places, val.place())
	}
	row.Places = v.places[first:len(v.places):len(v.places)]
	return row, ""
}

// appendNotApplicable appends the values of a row that has nothing to classify: the
// defaults, and the reasoning that says why.
func (v *validator) appendNotApplicable(vals []value) {
	start := len(v.texts)
	v.texts = append(v.texts, v.schema.NotApplicableValues()...)
	for i := range v.columns {
		if v.columns[i].IsReasoning {
			if text, _, reason := v.validate(&v.columns[i], vals[i]); reason == "" {
				v.texts[start+i] = text
			}
		}
	}
}

// isGate reports whether the gate says that the row is not applicable.
func isGate(c *prompt.Column, v value) bool {
	if v.kind != text {
		return false
	}
	t, ok := v.text()
	return ok && c.MeansNotApplicable(t)
}

// validate returns the cell for val in column c and which labels in it are not listed; or
// the reason why it is not valid.
func (v *validator) validate(c *prompt.Column, val value) (cell string, organic []string, reason string) {
	switch val.kind {
	case missing:
		return "", nil, "is missing"
	case null:
		if c.Optional {
			return "", nil, ""
		}
		return "", nil, "is null"
	case object:
		return "", nil, "is an object"
	case conflicting:
		return "", nil, "has two different values"
	case contradicted:
		return "", nil, v.reasons.contradicted
	}
	if c.Type == prompt.TypeLabels {
		return v.validateLabels(c, val)
	}
	if val.kind == array {
		return "", nil, "is an array"
	}
	t, ok := val.text()
	if !ok {
		return "", nil, "has an invalid escape"
	}
	switch c.Type {
	case prompt.TypeLabel:
		return v.validateLabel(c, t)
	case prompt.TypeInteger, prompt.TypeNumber:
		if !isJSONNumber(t) {
			return "", nil, fmt.Sprintf("is %s, want a number", excerpt(t))
		}
		cell, err := c.NumberCell(t)
		if err != nil {
			return "", nil, err.Error()
		}
		return cell, nil, ""
	case prompt.TypeBoolean:
		for _, word := range []string{"true", "false"} {
			if strings.EqualFold(t, word) {
				return word, nil, ""
			}
		}
		return "", nil, fmt.Sprintf("is %s, want true or false", excerpt(t))
	}
	return t, nil, ""
}

// isJSONNumber reports whether t is a number as JSON writes it. Its quotes, if it had any, are gone.
func isJSONNumber(t string) bool {
	return t != "" && (t[0] == '-' || t[0]-'0' <= 9) && json.Valid([]byte(t))
}

// validateLabel is validate for one label, with the text t.
func (v *validator) validateLabel(c *prompt.Column, t string) (label string, organic []string, reason string) {
	if t == "" {
		return "", nil, "is empty"
	}
	label, listed := c.FindLabel(t)
	switch {
	case listed:
		return label, nil, ""
	case v.strict:
		return "", nil, fmt.Sprintf("has the unlisted label %s", excerpt(t))
	}
	return label, []string{label}, ""
}

// validateLabels is validate for an array of labels.
func (v *validator) validateLabels(c *prompt.Column, val value) (cell string, organic []string, reason string) {
	if val.kind != array {
		return "", nil, fmt.Sprintf("is %s, want an array of labels", excerpt(val.raw))
	}
	items := val.items()
	if err := c.CheckCount(len(items)); err != nil {
		return "", nil, err.Error()
	}
	labels := make([]string, 0, len(items))
	for _, item := range items {
		t, ok := item.text()
		if item.kind != text || !ok {
			return "", nil, "has an element that is not a label in its array"
		}
		label, unlisted, reason := v.validateLabel(c, t)
		if reason != "" {
			return "", nil, strings.Replace(reason, "is empty", "has an empty label", 1)
		}
		labels, organic = append(labels, label), append(organic, unlisted...)
	}
	cell, err := c.JoinLabels(labels)
	if err != nil {
		return "", nil, err.Error()
	}
	return cell, organic, ""
}

// excerpt quotes t, of long texts the first characters.
func excerpt(t string) string {
	const most = 60
	if s := fmt.Sprintf("%.*s", most, t); s != t {
		return fmt.Sprintf("%q…", s)
	}
	return fmt.Sprintf("%q", t)
}
