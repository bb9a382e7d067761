package prompt

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseCodebook(t *testing.T) {
	s := parseTestdata(t, "codebook.json")
	number := func(v float64) *float64 { return &v }
	want := []Column{
		{Name: "Reasoning", Type: TypeText, MaxLength: 200, Default: "-", IsReasoning: true},
		{Name: "Topic", Type: TypeLabel, Description: "what it is mainly about", Labels: []string{"Billing", "Product", "Other"},
			Definitions: []string{"invoices, charges, refunds", "the thing itself", ""}, MaxLength: 300, Default: "-"},
		{Name: "Areas", Type: TypeLabels, Labels: []string{"App", "Web", `Store "Ü"`}, MaxItems: 2, MaxLength: 300, Default: "Web|none"},
		{Name: "Severity", Type: TypeInteger, Description: "5: cannot work at all", Minimum: number(1), Maximum: number(5), MaxLength: 300, Default: "0"},
		{Name: "Score", Type: TypeNumber, Minimum: number(-0.5), Optional: true, MaxLength: 300},
		{Name: "Refund", Type: TypeBoolean, MaxLength: 300, Default: "false"},
		{Name: "Order", Type: TypeText, Description: "order number, if any", MaxLength: 20, Optional: true, Default: "-"},
		{Name: "Tone", Type: TypeLabel, Labels: []string{"calm", "angry"}, MaxLength: 300, Optional: true, Default: "-"},
		{Name: "Key_Point", Type: TypeText, MaxLength: 300, Default: "-"},
	}
	for i := range want {
		if i >= len(s.Columns) || !reflect.DeepEqual(s.Columns[i], want[i]) {
			t.Errorf("column %d: got %+v, want %+v", i, s.Columns[i], want[i])
		}
	}
	if s.Gate != 1 || len(s.Columns) != len(want) {
		t.Errorf("gate %d of %d columns", s.Gate, len(s.Columns))
	}
}

// The two ways to list labels are the same.
func TestLabelsInTwoWays(t *testing.T) {
	const head = `{"system_prompt":"p","columns_to_code":["A","B"],`
	rules, err := Parse([]byte(head+`"validation_rules":{"valid_a":["x","y"]}}`), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, columns := range []string{
		`"columns":{"A":{"labels":["x","y"]}}}`,
		`"columns":{"A":{"type":"label","labels":{"x":"","y":" "}},"b":{"type":"text","max_length":300,"description":"\n"}}}`,
		`"gate":"A","examples":[],"columns":{"A":{"optional":false}},"validation_rules":{"valid_a":["x","y"]}}`,
	} {
		s, err := Parse([]byte(head+columns), "p.json")
		if err != nil {
			t.Fatal(err)
		}
		if s.Hash() != rules.Hash() {
			t.Errorf("%s: got %+v, want %+v", columns, s, rules)
		}
	}
}

// codebookFile is a prompt schema of the columns A to C, with these other lines.
func codebookFile(lines ...string) string {
	return "{\"system_prompt\": \"p\", \"columns_to_code\": [\"Alpha\", \"Beta\", \"Gamma\"],\n" + strings.Join(lines, "\n") + "}"
}

func TestCodebookMistakes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"no objects", []string{`"columns": [],`, `"reasoning": true,`, `"examples": {}, "gate": true, "codebook": false`},
			[]string{`2: columns: want an object, have an array`, `3: reasoning: want an object, have a boolean`,
				`4: gate: want the name of a column or false, have true`, `4: examples: want an array, have an object`, `4: codebook: want a string, have a boolean`}},
		{"unknown names", []string{`"columns": {"Alpa": {},`, `"alpha": {"lables": ["x"]}},`, `"gate": "Delta",`, `"codebook": "system"`},
			[]string{`2: columns: unknown column "Alpa"; did you mean "Alpha"?`, `3: columns.alpha: unknown key "lables"; did you mean "labels"?`,
				`4: gate: unknown column "Delta"; did you mean "Beta"?`, `5: codebook: want "system_prompt", have "system"`}},
		{"types", []string{`"columns": {"Alpha": {"type": "Labels"},`, `"Beta": {"type": "label"},`, `"Gamma": {"type": ["text"]}}`},
			[]string{`2: columns.Alpha.type: want "label", "labels", "integer", "number", "boolean" or "text", have "Labels"; did you mean "labels"?`,
				`3: columns.Beta: type "label" requires labels`, `4: columns.Gamma.type: want a string, have an array`}},
		{"labels for other types", []string{`"columns": {"Alpha": {"type": "text", "labels": ["x"]},`, `"Beta": {"type": "boolean"}},`,
			`"validation_rules": {"valid_beta": ["yes"]}`},
			[]string{`2: columns.Alpha: "labels" is for columns of type "label" or "labels", and the type is "text"`,
				`3: columns.Beta: type "boolean" takes no labels, and validation_rules has some for it`}},
		{"labels twice", []string{`"validation_rules": {"valid_alpha": ["x"]},`, `"columns": {"Alpha": {"labels": {"x": "d"}}}`},
			[]string{`3: column "Alpha" has labels both in validation_rules (line 2) and in columns (line 3): give them once`}},
		{"labels", []string{`"columns": {"Alpha": {"labels": []},`, `"Beta": {"labels": {"x": 3,`, `" y": "",`, `"X": ""}},`, `"Gamma": {"type": "labels", "labels": {"a|b": "", "c": "\u0007"}}}`},
			[]string{`2: columns.Alpha.labels has no labels; leave it out for a free-text column`,
				`3: columns.Beta.labels of "x": want a string, have a number`, `4: label of columns.Beta.labels " y" has leading or trailing white space`,
				`5: columns.Beta.labels: labels "x" and "X" differ only in case`, `6: columns.Gamma.labels: the label "a|b" has |, which separates the labels of a cell`,
				`6: columns.Gamma.labels of "c" has a control character: "\a"`}},
		{"labels of a rule with |", []string{`"columns": {"Alpha": {"type": "labels"}},`, `"validation_rules": {"valid_alpha": ["a|b"]}`},
			[]string{`3: valid_alpha: the label "a|b" has |, which separates the labels of a cell`}},
		{"bounds", []string{`"columns": {"Alpha": {"type": "integer", "minimum": 0.5, "maximum": 1e300},`, `"Beta": {"type": "number", "minimum": 1e999, "maximum": "9"},`,
			`"Gamma": {"type": "integer", "minimum": 3,`, `"maximum": 2, "max": 1, "max_length": 3}}`},
			[]string{`2: columns.Alpha.minimum: want a whole number, have 0.5`, `2: columns.Alpha.maximum: want a whole number from -9007199254740991 to 9007199254740991, have 1e300`,
				`3: columns.Beta.minimum: 1e999 is too large`, `3: columns.Beta.maximum: want a number, have a string`,
				`5: columns.Gamma: "max" is for columns of type "labels", and the type is "integer"`,
				`5: columns.Gamma: "max_length" is for columns of type "label", "labels" or "text", and the type is "integer"`,
				`5: columns.Gamma: maximum 2 is less than minimum 3`}},
		{"sizes", []string{`"columns": {"Alpha": {"type": "labels", "labels": ["x"], "max": 101, "optional": 1},`, `"Beta": {"max_length": 0, "description": 4},`,
			`"Gamma": {"type": "boolean"}},`, `"max_length": {"Beta": 3,`, `"Gamma": 3}, "reasoning": {"length": 3, "max_length": 2001}`},
			[]string{`2: columns.Alpha.max: want a whole number from 1 to 100, have 101`, `2: columns.Alpha.optional: want a boolean, have a number`,
				`3: columns.Beta.max_length: want a whole number from 1 to 2000, have 0`, `3: columns.Beta.description: want a string, have a number`,
				`5: column "Beta" has max_length both on line 5 and on line 3: give it once`, `6: max_length of "Gamma": the type of the column is "boolean"`,
				`6: reasoning: unknown key "length"`, `6: reasoning.max_length: want a whole number from 1 to 2000, have 2001`}},
		{"gate of a type", []string{`"columns": {"Alpha": {"type": "labels", "labels": ["x"]}},`, `"gate": "Alpha"`},
			[]string{`3: gate: want a column of type "label" or "text", and the type of "Alpha" is "labels"`}},
		{"defaults", []string{`"columns": {"Alpha": {"type": "labels", "labels": ["x"]}, "Beta": {"type": "integer"}, "Gamma": {"type": "boolean"}},`,
			`"not_applicable_defaults": {"Alpha": ["x",`, `"y|z"],`, `"Beta": 1.5,`, `"Gamma": "false"}`},
			[]string{`3: not_applicable_defaults of "Alpha" has a label with |: "y|z"`, `5: not_applicable_defaults of "Beta" is 1.5, want a whole number`,
				`6: not_applicable_defaults of "Gamma": want a boolean, have a string`}},
		{"examples", []string{`"columns": {"Alpha": {"labels": ["Good", "Bad"]}, "Beta": {"type": "labels", "labels": ["x", "y"], "max": 1}, "Gamma": {"type": "integer", "maximum": 5}},`,
			`"examples": [3,`, `{"Message": " ", "Title": 3},`, `{"Message": "m", "labels": {"Alpha": "God",`, `"Beta": ["x", "y"],`, `"Gamma": 6, "gamma": 5}},`,
			`{"Message": "m", "labels": {"Alpha": null, "Beta": ["z"], "Gamma": "3", "Delta": 1}},`,
			`{"Message": "m", "labels": {}}, {"Message": "m", "labels": {"Beta": ["x", "X"]}}, {"Message": "m", "labels": {"Beta": [1], "Gamma": 2.5}}]`},
			[]string{`3: examples[0]: want an object, have a number`, `4: examples[1].Title: want a string, have a number`, `4: examples[1].Message is empty`,
				`4: examples[1]: labels is missing`, `5: examples[2].labels: "Alpha" has the unlisted label "God"; did you mean "Good"?`,
				`6: examples[2].labels: "Beta" has 2 labels, want at most 1`, `7: examples[2].labels: "Gamma" is 6, want a whole number of at most 5`,
				`8: examples[3].labels: "Alpha" is null, want a string`, `8: examples[3].labels: "Beta" has the unlisted label "z"; did you mean "x"?`,
				`8: examples[3].labels: "Gamma" is a string, want a number`, `8: examples[3].labels: unknown column "Delta"; did you mean "Beta"?`,
				`9: examples[4].labels is empty`, `9: examples[5].labels: "Beta" has 2 labels, want at most 1`,
				`9: examples[6].labels: "Beta" has a number among its labels, want strings`, `9: examples[6].labels: "Gamma" is 2.5, want a whole number of at most 5`}},
		{"text of an example", []string{`"examples": [{"Message": "m", "labels": {"Beta": "four", "Alpha": "not_applicable"}}],`, `"max_length": 3`},
			[]string{`2: examples[0].labels: "Beta" has 4 characters, want at most 3`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse([]byte(codebookFile(tt.lines...)), "p.json")
			if err == nil || s != nil {
				t.Fatalf("got schema %+v, error %v", s, err)
			}
			if got, want := strings.ReplaceAll(err.Error(), "p.json:", ""), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	if _, err := Parse([]byte(`{"system_prompt":"p","columns_to_code":["reasoning"],`+"\n"+`"reasoning":{}}`), "p.json"); err == nil ||
		err.Error() != `p.json:2: reasoning adds a column "Reasoning", and columns_to_code has "reasoning"` {
		t.Errorf("got %v", err)
	}
}

func TestCells(t *testing.T) {
	labels := Column{Type: TypeLabels, Labels: []string{"a", "b", "c"}, MaxItems: 3}
	for _, tt := range []struct {
		given      []string
		cell, json string
	}{
		{nil, "", "[]"},
		{[]string{"c", "a"}, "a|c", `["a","c"]`},
		{[]string{"z\"", "b", "y"}, "b|z\"|y", `["b","z\"","y"]`},
		{[]string{"a", "a"}, `has the duplicate label "a"`, ""},
		{[]string{"x|y"}, `has a label with |: "x|y"`, ""},
		{[]string{"a", "b", "c", "d"}, "has 4 labels, want at most 3", ""},
	} {
		cell, err := labels.JoinLabels(tt.given)
		if err != nil {
			cell = err.Error()
		} else if got := string(labels.AppendJSON(nil, cell)); got != tt.json {
			t.Errorf("%q: got %s, want %s", tt.given, got, tt.json)
		}
		if cell != tt.cell {
			t.Errorf("%q: got %s, want %s", tt.given, cell, tt.cell)
		}
	}
	for _, tt := range []struct {
		column     Column
		cell, json string
	}{
		{Column{Type: TypeText}, "", `""`},
		{Column{Type: TypeText, Optional: true}, "", "null"},
		{Column{Type: TypeText}, "<a>\n\"", `"<a>\n\""`},
		{Column{Type: TypeInteger}, "", "null"},
		{Column{Type: TypeNumber}, "-0.5", "-0.5"},
		{Column{Type: TypeBoolean}, "true", "true"},
		{Column{Type: TypeLabels}, "", "[]"},
	} {
		if got := string(tt.column.AppendJSON(nil, tt.cell)); got != tt.json {
			t.Errorf("%s %q: got %s, want %s", tt.column.Type, tt.cell, got, tt.json)
		}
	}
}

func TestNumberCell(t *testing.T) {
	low, high := -0.5, 5.0
	for _, tt := range []struct {
		kind        Type
		token, want string
	}{
		{TypeInteger, "3", "3"}, {TypeInteger, "3.0", "3"}, {TypeInteger, "-0", "0"}, {TypeInteger, "2e0", "2"},
		{TypeInteger, "2.5", "! is 2.5, want a whole number from -0.5 to 5"},
		{TypeInteger, "6", "! is 6, want a whole number from -0.5 to 5"},
		{TypeNumber, "2.50", "2.5"}, {TypeNumber, "-0.0", "0"}, {TypeNumber, "1e-7", "1e-07"}, {TypeNumber, "5", "5"},
		{TypeNumber, "-0.6", "! is -0.6, want a number from -0.5 to 5"}, {TypeNumber, "5.0000001", "! is 5.0000001, want a number from -0.5 to 5"},
		{TypeNumber, "1e999", "! is 1e999, want a number from -0.5 to 5"},
	} {
		c := Column{Type: tt.kind, Minimum: &low, Maximum: &high}
		got, err := c.NumberCell(tt.token)
		if err != nil {
			got = "! " + err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.kind, tt.token, got, tt.want)
		}
	}
	free := Column{Type: TypeInteger}
	if got, err := free.NumberCell("9223372036854775807"); err != nil || got != "9223372036854775807" {
		t.Errorf("all digits: got %s, %v", got, err)
	}
}
