package prompt

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseFeedback(t *testing.T) {
	s := parseTestdata(t, "feedback.json")
	if !strings.HasPrefix(s.InStyle(Classic).System, "You are a customer feedback analyst.") || !strings.Contains(s.InStyle(Classic).System, "\n\nFor each") {
		t.Errorf("system message: %q", s.InStyle(Classic).System)
	}
	want := []Column{
		testColumn("Topic", []string{"Product", "Support", "Billing", "Shipping", "Account", "Other"}, "Other", 300),
		testColumn("Sentiment", []string{"Positive", "Negative", "Neutral", "Mixed"}, "Neutral", 300),
		testColumn("Urgency", []string{"High", "Medium", "Low"}, "Low", 300),
		testColumn("Key_Point", nil, "-", 300),
	}
	if !slices.EqualFunc(s.Columns, want, equalColumns) {
		t.Errorf("columns: got %+v, want %+v", s.Columns, want)
	}
	if s.LabelPolicy != "" {
		t.Errorf("label policy: got %q, want none", s.LabelPolicy)
	}
}

// testColumn is a column of labels or, without labels, of text.
func testColumn(name string, labels []string, value string, length int) Column {
	c := Column{Name: name, Type: TypeText, Labels: labels, Default: value, MaxLength: length}
	if labels != nil {
		c.Type = TypeLabel
	}
	return c
}

func equalColumns(a, b Column) bool {
	return reflect.DeepEqual(a, b)
}

func TestParseOptions(t *testing.T) {
	const head = `{"system_prompt":"p","columns_to_code":["Topic","Note","Größe"]`
	for _, tt := range []struct {
		name, file string
		want       []Column
		policy     string
	}{
		{"least", head + `}`,
			[]Column{testColumn("Topic", nil, "-", 300), testColumn("Note", nil, "-", 300), testColumn("Größe", nil, "-", 300)}, ""},
		{"byte order mark", "\ufeff" + head + `}`,
			[]Column{testColumn("Topic", nil, "-", 300), testColumn("Note", nil, "-", 300), testColumn("Größe", nil, "-", 300)}, ""},
		{"one length", head + `,"max_length":2000,"label_policy":"organic"}`,
			[]Column{testColumn("Topic", nil, "-", 2000), testColumn("Note", nil, "-", 2000), testColumn("Größe", nil, "-", 2000)}, "organic"},
		{"a length for one", head + `,"max_length":{"Note":1},"label_policy":"strict"}`,
			[]Column{testColumn("Topic", nil, "-", 300), testColumn("Note", nil, "-", 1), testColumn("Größe", nil, "-", 300)}, "strict"},
		{"rules and defaults",
			head + `,"validation_rules":{"valid_größe":["S","M"],"valid_topic":["A","N/A","NOT_APPLICABLE"]},` +
				`"not_applicable_defaults":{"Note":"","Größe":"none"}}`,
			[]Column{testColumn("Topic", []string{"A", "N/A", "NOT_APPLICABLE"}, "-", 300), testColumn("Note", nil, "", 300),
				testColumn("Größe", []string{"S", "M"}, "none", 300)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse([]byte(tt.file), "p.json")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(s.Columns, tt.want, equalColumns) || s.LabelPolicy != tt.policy {
				t.Errorf("got %+v %q, want %+v %q", s.Columns, s.LabelPolicy, tt.want, tt.policy)
			}
		})
	}
}

func TestParseMistakes(t *testing.T) {
	const head = "{\n\"system_prompt\": \"p\",\n\"columns_to_code\": [\"Topic\", \"Key_Point\"]"
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"nothing", "", []string{`p.json:1: not JSON: the file is empty`}},
		{"no object", "[]", []string{`p.json:1: prompt schema: want an object, have an array`}},
		{"broken", "{\n\"system_prompt\": \"p\",\n,}", []string{`p.json:3: not JSON: invalid character ',' looking for beginning of object key string`}},
		{"raw newline", "{\n\"system_prompt\": \"p\n\"}", []string{`p.json:2: not JSON: a quote is missing at the end of this line; a line break in a text is written \n`}},
		{"cut", "{\n\"system_prompt\": \"p\",\n", []string{`p.json:2: not JSON: the end is missing: a quote or a bracket is not closed`}},
		{"more after it", "{}\n{}", []string{`p.json:2: not JSON: invalid character '{' after top-level value`}},
		{"not UTF-8", "{\n\"system_prompt\": \"\xff\"}", []string{`p.json:2: not UTF-8 text`}},
		{"empty object", "{}", []string{`p.json: system_prompt is missing`, `p.json: columns_to_code is missing`}},
		{"empty values", "{\n\"system_prompt\": \" \\n\",\n\"columns_to_code\": []}",
			[]string{`p.json:2: system_prompt is empty`, `p.json:3: columns_to_code is empty`}},
		{"NUL", "{\n\"system_prompt\": \"a\\u0000\",\n\"columns_to_code\": [\"T\"]}", []string{`p.json:2: system_prompt has a NUL (\u0000)`}},
		{"wrong types", "{\n\"system_prompt\": 3,\n\"columns_to_code\": \"Topic\",\n\"label_policy\": null}",
			[]string{`p.json:2: system_prompt: want a string, have a number`, `p.json:3: columns_to_code: want an array, have a string`,
				`p.json:4: label_policy: want a string, have null`}},
		{"wrong types of what is optional",
			head + ",\n\"validation_rules\": [],\n\"not_applicable_defaults\": true,\n\"max_length\": \"9\"}",
			[]string{`p.json:4: validation_rules: want an object, have an array`,
				`p.json:5: not_applicable_defaults: want an object, have a boolean`,
				`p.json:6: max_length: want a number, have a string`}},
		{"unknown keys", head + ",\n\"_comment\": {},\n\"validation_rule\": {\"a\":[[]]}}",
			[]string{`p.json:4: unknown key "_comment"`, `p.json:5: unknown key "validation_rule"; did you mean "validation_rules"?`}},
		{"repeated keys", head + ",\n\"system_prompt\": \"q\",\n\"not_applicable_defaults\": {\"Topic\": \"a\",\n\"Topic\": \"b\"}}",
			[]string{`p.json:4: duplicate key "system_prompt"`, `p.json:6: duplicate key "Topic"`}},
		{"columns", "{\"system_prompt\": \"p\",\n\"columns_to_code\": [\"A\",\n\"A\",\n\"a\",\n\"rowid\",\n\"Run_ID\",\n\"\",\n\" B\",\n\"C\\nD\",\n7,\n\"Position\"]}",
			[]string{`p.json:3: duplicate column "A"`, `p.json:4: columns "A" and "a" differ only in case`,
				`p.json:5: column "rowid": RowID is reserved for the rows`, `p.json:6: column "Run_ID": the name is reserved for a column that PRISM writes`,
				`p.json:7: empty column`, `p.json:8: column " B" has leading or trailing white space`, `p.json:9: column "C\nD" has a control character`,
				`p.json:10: a name in columns_to_code: want a string, have a number`,
				`p.json:11: column "Position": the name is reserved for a column that PRISM writes`}},
		{"rules for no column", head + ",\n\"validation_rules\": {\n\"valid_topc\": [\"A\"],\n\"valid_Key_Point\": [\"A\"],\n\"x\": [\"A\"]}}",
			[]string{`p.json:5: validation_rules: "valid_topc" matches no column in columns_to_code; did you mean "valid_topic"?`,
				`p.json:6: validation_rules: "valid_Key_Point" matches no column in columns_to_code; did you mean "valid_key_point"?`,
				`p.json:7: validation_rules: "x" matches no column in columns_to_code`}},
		{"labels", head + ",\n\"validation_rules\": {\"valid_topic\": [\n\"A\",\n\"A\",\n\"a\",\n\"\",\n\"B \",\n null, \n\"C\\u0000\"],\n\"valid_key_point\": []}}",
			[]string{`p.json:6: valid_topic: duplicate label "A"`,
				`p.json:7: valid_topic: labels "A" and "a" differ only in case`,
				`p.json:8: empty label of valid_topic`, `p.json:9: label of valid_topic "B " has leading or trailing white space`,
				`p.json:10: a label in valid_topic: want a string, have null`, `p.json:11: label of valid_topic "C\x00" has a control character`,
				`p.json:12: valid_key_point has no labels; leave it out for a free-text column`}},
		{"look-alike labels", head + ",\n\"validation_rules\": {\"valid_topic\": [\n\"Caf\u00e9\",\n\"CAFE\u0301\",\n\"A\u200bB\",\n\"\u0645\u06cc\u200c\u062e\"]}}",
			[]string{`p.json:6: valid_topic: labels "Caf\u00e9" and "CAFE\u0301" look the same`,
				`p.json:7: label of valid_topic "A\u200bB" has an invisible character`}},
		{"look-alike columns", "{\"system_prompt\": \"p\",\n\"columns_to_code\": [\"Caf\u00e9\",\n\"Cafe\u0301\",\n\"A\ufeff\"]}",
			[]string{`p.json:3: columns "Caf\u00e9" and "Cafe\u0301" look the same`, `p.json:4: column "A\ufeff" has an invisible character`}},
		{"defaults", head + ",\n\"not_applicable_defaults\": {\n\"topic\": \"-\",\n\"Topic\": 1,\n\"Key_Point\": \"a\\u001b\"}}",
			[]string{`p.json:5: not_applicable_defaults: unknown column "topic"; did you mean "Topic"?`,
				`p.json:6: not_applicable_defaults of "Topic": want a string, have a number`,
				`p.json:7: not_applicable_defaults of "Key_Point": "a\x1b" has a control character`}},
		{"length 0", head + ",\n\"max_length\": 0}", []string{`p.json:4: max_length: want a whole number from 1 to 2000, have 0`}},
		{"length 2001", head + ",\n\"max_length\": 2001}", []string{`p.json:4: max_length: want a whole number from 1 to 2000, have 2001`}},
		{"lengths", head + ",\n\"max_length\": {\"Key_Point\": 1.5,\n\"Keypoint\": 3}}",
			[]string{`p.json:4: max_length of "Key_Point": want a whole number from 1 to 2000, have 1.5`,
				`p.json:5: max_length: unknown column "Keypoint"; did you mean "Key_Point"?`}},
		{"policy", head + ",\n\"label_policy\": \"Strict\"}", []string{`p.json:4: label_policy: want "organic" or "strict", have "Strict"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse([]byte(tt.file), "p.json")
			if err == nil || s != nil {
				t.Fatalf("got schema %+v, error %v", s, err)
			}
			if got, want := err.Error(), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestHash(t *testing.T) {
	hash := func(file string) string {
		t.Helper()
		s, err := Parse([]byte(file), "p.json")
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash()
	}
	base := `{"system_prompt":"é","columns_to_code":["A","B"],"validation_rules":{"valid_a":["x","y"]}}`
	if got, want := hash(base), hash("{\"validation_rules\":\n{\"valid_a\":[\"x\", \"y\"]},\"max_length\":300,"+
		`"columns_to_code":["A","B"],"system_prompt":"\u00e9"}`); got != want || len(got) != 64 {
		t.Errorf("another layout: got %s, want %s", got, want)
	}
	for _, other := range []string{
		strings.Replace(base, "é", "e", 1),
		strings.Replace(base, `"A","B"`, `"A","C"`, 1),
		strings.Replace(base, `"A","B"`, `"A"`, 1),
		strings.Replace(base, `"x","y"`, `"y","x"`, 1),
		strings.Replace(base, `"x","y"`, `"xy"`, 1),
		strings.Replace(base, `{"sys`, `{"label_policy":"strict","sys`, 1),
		strings.Replace(base, `{"sys`, `{"max_length":{"B":20},"sys`, 1),
		strings.Replace(base, `{"sys`, `{"not_applicable_defaults":{"B":"none"},"sys`, 1),
	} {
		if hash(other) == hash(base) {
			t.Errorf("same hash as\n%s:\n%s", base, other)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"system_prompt":"p","columns_to_code":["Topic","Note"],"validation_rules":{"valid_topic":["A","b"]},` +
		`"not_applicable_defaults":{"Note":"-"},"max_length":{"Note":20},"label_policy":"strict"}`))
	f.Add([]byte("\ufeff{\n\"system_prompt\":\"\",\"columns_to_code\":[\"A\",\"a\",1],\"max_length\":0,\"max_length\":[]}"))
	f.Add([]byte(`{"system_prompt":"p","columns_to_code":["ſ","S","İ","i̇"],"validation_rules":{"valid_ſ":["ς","σ","Σ"],"valid_i̇":[]}}`))
	f.Add([]byte(`[{"a":[[[{}]]]}`))
	f.Add([]byte(`{"system_prompt":"p","columns_to_code":["A","B","C","D","E"],"columns":{"A":{"labels":{"x":"d","y":""}},` +
		`"B":{"type":"labels","labels":["u","v"],"max":1,"optional":true},"C":{"type":"integer","minimum":-1,"maximum":3},` +
		`"D":{"type":"number","minimum":0.5},"E":{"type":"boolean"}},"gate":"A","reasoning":{"max_length":9},` +
		`"not_applicable_defaults":{"B":["u","w"],"C":0,"D":1e3,"E":null},` +
		`"examples":[{"Message":"m","labels":{"A":"X","B":["v"],"C":2.0,"D":0.5,"E":true,"Reasoning":"r"}}]}`))
	f.Add([]byte(`{"system_prompt":"p","columns_to_code":["A"],"columns":{"a":{"type":"integer","minimum":1e999,"maximum":-1e300}},"gate":false,"codebook":"system_prompt"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data, "p.json")
		if err != nil {
			if s != nil {
				t.Error("a schema beside an error")
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "p.json:") {
					t.Errorf("no place in %q", line)
				}
			}
			return
		}
		if s.Gate < NoGate || s.Gate >= len(s.Columns) || s.Gate >= 0 && !s.Columns[s.Gate].isQuoted() {
			t.Errorf("gate %d of %+v", s.Gate, s.Columns)
		}
		for i, c := range s.Columns {
			checkCells(t, &c)
			if strings.TrimSpace(c.Name) == "" || c.MaxLength < 1 || c.MaxLength > MaxLength || c.Labels != nil && len(c.Labels) == 0 {
				t.Errorf("column %+v", c)
			}
			for _, other := range s.Columns[:i] {
				if strings.EqualFold(c.Name, other.Name) {
					t.Errorf("two columns %q", c.Name)
				}
			}
			for j, l := range c.Labels {
				if !utf8.ValidString(l) || slices.ContainsFunc(c.Labels[:j], func(o string) bool { return strings.EqualFold(l, o) }) {
					t.Errorf("label %q of %q", l, c.Labels)
				}
			}
		}
		checkReplySchema(t, s, []int64{1, -2}, true)
		checkReplySchema(t, s, []int64{3}, false)
		if got := s.InStyle(Compact).AppendReplySchema(nil, []int64{1, -2}, true); !json.Valid(got) {
			t.Errorf("compact: %s", got)
		}
		again, err := Parse(data, "other.json")
		if err != nil || again.Hash() != s.Hash() {
			t.Errorf("read twice: %v", err)
		}
	})
}

// checkCells fails the test unless the cells that a codebook gives are values of the type.
func checkCells(t *testing.T, c *Column) {
	t.Helper()
	var v any
	if err := json.Unmarshal(c.AppendJSON(nil, c.Default), &v); err != nil {
		t.Errorf("default %q of %+v: %v", c.Default, c, err)
	}
	if c.HasLabels() != (c.Type == TypeLabel || c.Type == TypeLabels) || c.Type == TypeLabels && (c.MaxItems < 1 || c.MaxItems > maxItems) {
		t.Errorf("column %+v", c)
	}
	if c.Minimum != nil && c.Maximum != nil && *c.Minimum > *c.Maximum {
		t.Errorf("bounds of %+v", c)
	}
}

// TestEditorSchema keeps docs/prompt.schema.json, for editors, what Parse reads.
func TestEditorSchema(t *testing.T) {
	data, err := os.ReadFile("../../docs/prompt.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type property struct {
		Default    int                 `json:"default"`
		Maximum    int                 `json:"maximum"`
		Enum       []string            `json:"enum"`
		OneOf      []property          `json:"oneOf"`
		Items      *property           `json:"items"`
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
	}
	var got struct {
		property
		Defs map[string]property `json:"$defs"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	checkKeys := func(what string, p property, keys []string) {
		t.Helper()
		for _, key := range keys {
			if _, ok := p.Properties[key]; !ok {
				t.Errorf("%s: no property %s", what, key)
			}
		}
		if len(p.Properties) != len(keys) {
			t.Errorf("%s: %d properties, want %d", what, len(p.Properties), len(keys))
		}
	}
	checkKeys("file", got.property, schemaKeys())
	checkKeys("example", *got.Properties[keyExamples].Items, []string{exampleTitle, exampleMessage, exampleSentiment, exampleLabels})
	checkKeys("reasoning", got.Properties[keyReasoning], []string{keyMaxLength})
	column := got.Defs["column"]
	var columnNames []string
	for _, k := range columnKeys {
		columnNames = append(columnNames, k.key)
	}
	checkKeys("column", column, columnNames)
	var types []string
	for _, word := range allTypes {
		types = append(types, string(word))
	}
	if words := column.Properties[keyType].Enum; !slices.Equal(words, types) {
		t.Errorf("%s: got %v, want %v", keyType, words, types)
	}
	if most := column.Properties[keyMaxItems].Maximum; most != maxItems {
		t.Errorf("%s: got %d, want %d", keyMaxItems, most, maxItems)
	}
	if length := column.Properties[keyMaxLength]; length.Default != DefaultMaxLength || length.Maximum != MaxLength {
		t.Errorf("%s of a column: %+v", keyMaxLength, length)
	}
	if words := got.Properties[keyCodebook].Enum; !slices.Equal(words, []string{keySystem}) {
		t.Errorf("%s: got %v", keyCodebook, words)
	}
	if !slices.Equal(got.Required, []string{keySystem, keyColumns}) {
		t.Errorf("required: got %v", got.Required)
	}
	length := got.Properties[keyMaxLength]
	if length.Default != DefaultMaxLength || length.OneOf[0].Maximum != MaxLength {
		t.Errorf("%s: got default %d, maximum %d", keyMaxLength, length.Default, length.OneOf[0].Maximum)
	}
	if policies := got.Properties[keyPolicy].Enum; !slices.Equal(policies, []string{Organic, Strict}) {
		t.Errorf("%s: got %v", keyPolicy, policies)
	}
}
