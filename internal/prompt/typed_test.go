package prompt

import "testing"

func TestParseTyped(t *testing.T) {
	s, err := Parse([]byte(`{"system_prompt": "p", "columns_to_code": ["Topic", "Areas", "Severity", "Score", "Refund", "Order", "Mood"],
		"not_applicable_defaults": {"Severity": -1},
		"columns": {
			"Topic": {"labels": ["Billing", "Product", "null"], "optional": true},
			"Areas": {"type": "labels", "labels": ["App", "Web", "Store"], "max": 2, "optional": true},
			"Severity": {"type": "integer", "minimum": 1, "maximum": 5},
			"Score": {"type": "number", "optional": true},
			"Refund": {"type": "boolean"},
			"Order": {"type": "text", "max_length": 5, "optional": true},
			"Mood": {"labels": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]}}}`), "codebook.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		column, typed string
		comma         bool
		want, fault   string
	}{
		{column: "Topic", typed: " billing ", want: "Billing"},
		{column: "Topic", typed: "NULL", want: "null"},
		{column: "Topic", typed: "not_applicable", want: "NOT_APPLICABLE"},
		{column: "Topic", typed: "-", fault: `has the unlisted label "-"; the labels are Billing, Product, null`},
		{column: "Topic", typed: "Prodcut", fault: `has the unlisted label "Prodcut"; did you mean "Product"?`},
		{column: "Mood", typed: "-", want: "-"},
		{column: "Mood", typed: "null", fault: `has the unlisted label "null"; the labels are a, b, c, d, e, f, g, h, i, j, …`},
		{column: "Areas", typed: "web| APP", want: "App|Web"},
		{column: "Areas", typed: `["Store"]`, want: "Store"},
		{column: "Areas", typed: "[]", want: ""},
		{column: "Areas", typed: "null", want: ""},
		{column: "Areas", typed: "App|app", fault: `has the duplicate label "App"`},
		{column: "Areas", typed: "App|Web|Store", fault: "has 3 labels, want at most 2"},
		{column: "Areas", typed: "Wbe|Stroe", fault: `has the unlisted label "Wbe"; did you mean "Web"?, has the unlisted label "Stroe"; did you mean "Store"?`},
		{column: "Severity", typed: "5.0", want: "5"},
		{column: "Severity", typed: "-1", want: "-1"},
		{column: "Severity", typed: "6", fault: "is 6, want a whole number from 1 to 5"},
		{column: "Severity", typed: "2.5", fault: "is 2.5, want a whole number from 1 to 5"},
		{column: "Severity", typed: "null", fault: `is "null", want a whole number from 1 to 5`},
		{column: "Score", typed: "1e2", want: "100"},
		{column: "Score", typed: "2,5", comma: true, want: "2.5"},
		{column: "Score", typed: "2,5", fault: `is "2,5", want a number`},
		{column: "Score", typed: "1,234,5", comma: true, fault: `is "1,234,5", want a number`},
		{column: "Score", typed: "0x10", fault: `is "0x10", want a number`},
		{column: "Score", typed: "Null", want: ""},
		{column: "Refund", typed: "TRUE", want: "true"},
		{column: "Refund", typed: "Fałsz", want: "false"},
		{column: "Refund", typed: "1", fault: `is "1", want true or false`},
		{column: "Order", typed: "A\r\nB", want: "A\nB"},
		{column: "Order", typed: "null", want: ""},
		{column: "Order", typed: "123456", fault: "has 6 characters, want at most 5"},
	} {
		for i := range s.Columns {
			if s.Columns[i].Name != c.column {
				continue
			}
			got, err := s.ParseTyped(&s.Columns[i], c.typed, c.comma)
			fault := ""
			if err != nil {
				fault = err.Error()
			}
			if got != c.want || fault != c.fault {
				t.Errorf("%s %q: got %q and fault %q, want %q and %q", c.column, c.typed, got, fault, c.want, c.fault)
			}
		}
	}
}
