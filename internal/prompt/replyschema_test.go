package prompt

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAppendReplySchema(t *testing.T) {
	const file = `{"system_prompt":"p","columns_to_code":["Topic","A \"<b>\"","Note"],` +
		`"validation_rules":{"valid_topic":["X","Y & Z"],"valid_a \"<b>\"":["\\","ü"]},"max_length":{"Note":40}}`
	s, err := Parse([]byte(file), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	organic := func(id string) string {
		return `{"type":"object","properties":{"RowID":{"const":` + id + `},"Topic":{"type":"string","maxLength":300},` +
			`"A \"<b>\"":{"type":"string","maxLength":300},"Note":{"type":"string","maxLength":40}},` +
			`"required":["RowID","Topic","A \"<b>\"","Note"],"additionalProperties":false}`
	}
	strict := func(id string) string {
		return `{"type":"object","properties":{"RowID":{"const":` + id + `},"Topic":{"type":"string","enum":["X","Y & Z","NOT_APPLICABLE"]},` +
			`"A \"<b>\"":{"type":"string","enum":["\\","ü"]},"Note":{"type":"string","maxLength":40}},` +
			`"required":["RowID","Topic","A \"<b>\"","Note"],"additionalProperties":false}`
	}
	for _, tt := range []struct {
		name   string
		ids    []int64
		strict bool
		want   string
	}{
		{"one row, organic", []int64{17}, false, organic("17")},
		{"one row, strict", []int64{-17}, true, strict("-17")},
		{"two rows, organic", []int64{math.MaxInt64, math.MinInt64}, false, `{"type":"array","prefixItems":[` +
			organic("9223372036854775807") + "," + organic("-9223372036854775808") + `],"minItems":2,"maxItems":2}`},
		{"two rows, strict", []int64{0, 5}, true, `{"type":"array","prefixItems":[` + strict("0") + "," + strict("5") + `],"minItems":2,"maxItems":2}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(s.InStyle(Classic).AppendReplySchema([]byte("before"), tt.ids, tt.strict)); got != "before"+tt.want {
				t.Errorf("got\n%s\nwant\nbefore%s", got, tt.want)
			}
			checkReplySchema(t, s, tt.ids, tt.strict)
		})
	}
}

func TestTypedReplySchema(t *testing.T) {
	s := parseTestdata(t, "codebook.json")
	for _, strict := range []bool{false, true} {
		checkReplySchema(t, s, []int64{1}, strict)
		checkReplySchema(t, s, []int64{1, 2}, strict)
	}
	got := string(s.InStyle(Classic).AppendReplySchema(nil, []int64{1}, true))
	for _, want := range []string{
		`"Reasoning":{"type":"string","maxLength":200},"Topic":{"type":"string","enum":["Billing","Product","Other","NOT_APPLICABLE"]}`,
		`"Areas":{"type":"array","items":{"type":"string","enum":["App","Web","Store \"Ü\""]},"maxItems":2}`,
		`"Severity":{"type":"integer","minimum":1,"maximum":5}`,
		`"Score":{"anyOf":[{"type":"number","minimum":-0.5},{"type":"null"}]}`,
		`"Refund":{"type":"boolean"}`,
		`"Order":{"anyOf":[{"type":"string","maxLength":20},{"type":"null"}]}`,
		`"Tone":{"anyOf":[{"type":"string","enum":["calm","angry"]},{"type":"null"}]}`,
		`"required":["RowID","Reasoning","Topic","Areas","Severity","Score","Refund","Order","Tone","Key_Point"]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "pattern") || strings.Contains(got, `"enum":[]`) {
		t.Errorf("what servers cannot take: %s", got)
	}
}

// Without a gate NOT_APPLICABLE is no value; with one in the middle it is one there.
func TestGateOfReplySchema(t *testing.T) {
	for gate, want := range map[string]string{"false": "A", `"B"`: `B NOT_APPLICABLE`, `"A"`: "A NOT_APPLICABLE"} {
		s, err := Parse([]byte(`{"system_prompt":"p","columns_to_code":["A","B"],"validation_rules":{"valid_a":["x"],"valid_b":["y"]},"gate":`+gate+`}`), "p.json")
		if err != nil {
			t.Fatal(err)
		}
		got := string(s.InStyle(Classic).AppendReplySchema(nil, []int64{1}, true))
		for name, label := range map[string]string{"A": "x", "B": "y"} {
			enum := fmt.Sprintf(`"%s":{"type":"string","enum":["%s"]}`, name, label)
			if want == name+" NOT_APPLICABLE" {
				enum = fmt.Sprintf(`"%s":{"type":"string","enum":["%s","NOT_APPLICABLE"]}`, name, label)
			}
			if !strings.Contains(got, enum) || strings.Contains(s.InStyle(Classic).System, NotApplicable) != (gate != "false") {
				t.Errorf("gate %s: no %s in %s", gate, enum, got)
			}
		}
	}
}

// A text column must have room for its listed labels and for what the gate can say.
func TestReplySchemaLengths(t *testing.T) {
	s, err := Parse([]byte(`{"system_prompt":"p","columns_to_code":["Gate","B","C"],"max_length":3,`+
		`"validation_rules":{"valid_b":["long label"],"valid_gate":["not_applicable","é"]}}`), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	got := string(s.InStyle(Classic).AppendReplySchema(nil, []int64{1}, false))
	for _, want := range []string{`"Gate":{"type":"string","maxLength":14}`, `"B":{"type":"string","maxLength":10}`, `"C":{"type":"string","maxLength":3}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := string(s.InStyle(Classic).AppendReplySchema(nil, []int64{1}, true)); !strings.Contains(got, `"enum":["not_applicable","é"]`) {
		t.Errorf("the gate's own spelling: %s", got)
	}
}

// property is the schema of a value, as encoding/json reads it.
type property struct {
	Type             string
	Const            json.Number
	Enum             []string
	Minimum, Maximum *float64
	MaxLength        int
	MaxItems         int
	Items            *property
	AnyOf            []property
}

// checkReplySchema compares a rendered schema with the same built by encoding/json.
func checkReplySchema(t *testing.T, s *Schema, ids []int64, strict bool) {
	t.Helper()
	got := s.InStyle(Classic).AppendReplySchema(nil, ids, strict)
	type object struct {
		Properties map[string]property
		Required   []string
	}
	var root struct {
		object
		PrefixItems        []object
		MinItems, MaxItems int
	}
	if err := json.Unmarshal(got, &root); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	objects := root.PrefixItems
	if len(ids) == 1 {
		objects = []object{root.object}
	} else if root.MinItems != len(ids) || root.MaxItems != len(ids) {
		t.Errorf("items: %d to %d, want %d", root.MinItems, root.MaxItems, len(ids))
	}
	if len(objects) != len(ids) {
		t.Fatalf("%d objects for %d rows", len(objects), len(ids))
	}
	names := []string{RowID}
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	for i, o := range objects {
		if !slices.Equal(o.Required, names) || len(o.Properties) != len(names) {
			t.Errorf("properties %v, required %q, want %q", o.Properties, o.Required, names)
		}
		if got := o.Properties[RowID].Const.String(); got != fmt.Sprint(ids[i]) {
			t.Errorf("constant %s, want %d", got, ids[i])
		}
		for j, c := range s.Columns {
			p := o.Properties[c.Name]
			if c.Optional {
				if len(p.AnyOf) != 2 || p.AnyOf[1].Type != "null" {
					t.Fatalf("optional column %q: %+v", c.Name, p)
				}
				p = p.AnyOf[0]
			}
			switch c.Type {
			case TypeInteger, TypeNumber, TypeBoolean:
				if p.Type != string(c.Type) || !reflect.DeepEqual(p.Minimum, c.Minimum) || !reflect.DeepEqual(p.Maximum, c.Maximum) {
					t.Errorf("column %q: %+v", c.Name, p)
				}
				continue
			case TypeLabels:
				if p.Type != "array" || p.MaxItems != c.MaxItems || p.Items == nil {
					t.Fatalf("column %q: %+v", c.Name, p)
				}
				p = *p.Items
			}
			if p.Type != "string" {
				t.Errorf("column %q: %+v", c.Name, p)
			}
			if isEnum := p.Enum != nil; isEnum != (strict && c.Labels != nil) || !isEnum && p.MaxLength < c.MaxLength {
				t.Errorf("column %q: %+v", c.Name, p)
			}
			if p.Enum == nil {
				continue
			}
			if !slices.Equal(p.Enum[:len(c.Labels)], c.Labels) || j == s.Gate && !slices.ContainsFunc(p.Enum, isNotApplicable) {
				t.Errorf("column %q: enum %q", c.Name, p.Enum)
			}
		}
	}
}

// The longest reply that the schema allows, laid out with indents, fits.
func TestNumPredict(t *testing.T) {
	s := parseTestdata(t, "feedback.json")
	for _, rows := range []int{1, 10} {
		for _, strict := range []bool{false, true} {
			var b strings.Builder
			b.WriteString("[\n")
			for i := range rows {
				fmt.Fprintf(&b, "  {\n    \"RowID\": %d,\n", math.MinInt64)
				for j, c := range s.Columns {
					value := strings.Repeat("𝄞", c.MaxLength)
					if strict && c.Labels != nil {
						value = slices.MaxFunc(append(slices.Clone(c.Labels), NotApplicable)[:len(c.Labels)+max(0, 1-j)],
							func(a, b string) int { return len(a) - len(b) })
					}
					fmt.Fprintf(&b, "    \"%s\": \"%s\"", c.Name, value)
					if j < len(s.Columns)-1 {
						b.WriteByte(',')
					}
					b.WriteByte('\n')
				}
				b.WriteString("  }")
				if i < rows-1 {
					b.WriteByte(',')
				}
				b.WriteByte('\n')
			}
			b.WriteString("]\n")
			if got, need := s.InStyle(Classic).NumPredict(rows, strict), b.Len(); got < need || got > need+4*rows {
				t.Errorf("%d rows, strict %v: got %d, the longest reply has %d", rows, strict, got, need)
			}
		}
	}
}

// The longest values of the other types fit too.
func TestNumPredictOfTypes(t *testing.T) {
	s := parseTestdata(t, "codebook.json")
	long := func(n int) string { return `"` + strings.Repeat("𝄞", n) + `"` }
	values := []string{long(200), long(300), "[\n      " + long(300) + ",\n      " + long(300) + "\n    ]", "5",
		"-1234567890123456.1234567890123456e-1234567890123456", "false", long(20), long(300), long(300)}
	row := "  {\n    \"RowID\": -9223372036854775808"
	for i, v := range values {
		row += fmt.Sprintf(",\n    %q: %s", s.Columns[i].Name, v)
	}
	row += "\n  },\n"
	if got, need := s.InStyle(Classic).NumPredict(1, false), len("[\n")+len(row)+len("]\n"); got < need || got > need+60 {
		t.Errorf("got %d, the longest reply has %d", got, need)
	}
}

func BenchmarkAppendReplySchema(b *testing.B) {
	p := parseTestdata(b, "feedback.json").InStyle(Classic)
	ids := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 123456789012345}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = p.AppendReplySchema(dst[:0], ids, false)
	}
}
