package reply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const typed = `{"system_prompt":"p","columns_to_code":["Topic","Areas","Severity","Score","Refund","Order"],"columns":{
	"Topic":{"labels":["Billing","Product"]},
	"Areas":{"type":"labels","labels":["App","Web","Store"],"max":2},
	"Severity":{"type":"integer","minimum":1,"maximum":5},
	"Score":{"type":"number","maximum":1.5,"optional":true},
	"Refund":{"type":"boolean"},
	"Order":{"optional":true}},
	"not_applicable_defaults":{"Areas":["Web"],"Severity":0,"Refund":false}}`

// rowWith is a reply with these values for row 1, the others as they should be.
func rowWith(values ...string) string {
	all := []string{`"Topic":"Billing"`, `"Areas":["Web"]`, `"Severity":3`, `"Score":0.5`, `"Refund":true`, `"Order":"A1"`}
	for _, v := range values {
		name, _, _ := strings.Cut(v, ":")
		for i := range all {
			if strings.HasPrefix(all[i], name+":") {
				all[i] = v
			}
		}
	}
	return `{"RowID":1,` + strings.Join(all, ",") + "}"
}

func TestTypes(t *testing.T) {
	s := schema(t, typed)
	for _, tt := range []struct {
		text, want string
	}{
		{rowWith(), "1:Billing|Web|3|0.5|true|A1"},
		{rowWith(`"Areas":[]`), "1:Billing||3|0.5|true|A1"},
		{rowWith(`"Areas":["store", " APP "]`), "1:Billing|App,Store|3|0.5|true|A1"},
		{rowWith(`"Areas":["App","app"]`), `1! column "Areas" has the duplicate label "App"`},
		{rowWith(`"Areas":["App","Web","Store"]`), `1! column "Areas" has 3 labels, want at most 2`},
		{rowWith(`"Areas":["Shop","App",]`), "1:Billing|App,Shop|3|0.5|true|A1 organic Areas=Shop"},
		{rowWith(`"Areas":["a|b"]`), `1! column "Areas" has a label with |: "a|b"`},
		{rowWith(`"Areas":[""]`), `1! column "Areas" has an empty label`},
		{rowWith(`"Areas":[["App"]]`), `1! column "Areas" has an element that is not a label in its array`},
		{rowWith(`"Areas":["App",3]`), `1! column "Areas" has an element that is not a label in its array`},
		{rowWith(`"Areas":"App"`), `1! column "Areas" is "App", want an array of labels`},
		{rowWith(`"Areas":null`), `1! column "Areas" is null`},
		{rowWith(`"Areas":{}`), `1! column "Areas" is an object`},
		{rowWith(`"Areas":["\q"]`), `1! column "Areas" has an element that is not a label in its array`},
		{rowWith(`"Severity":"4"`), "1:Billing|Web|4|0.5|true|A1"},
		{rowWith(`"Severity":4.0`), "1:Billing|Web|4|0.5|true|A1"},
		{rowWith(`"Severity":4.5`), `1! column "Severity" is 4.5, want a whole number from 1 to 5`},
		{rowWith(`"Severity":6`), `1! column "Severity" is 6, want a whole number from 1 to 5`},
		{rowWith(`"Severity":"high"`), `1! column "Severity" is "high", want a number`},
		{rowWith(`"Severity":"0x3"`), `1! column "Severity" is "0x3", want a number`},
		{rowWith(`"Severity":""`), `1! column "Severity" is "", want a number`},
		{rowWith(`"Severity":true`), `1! column "Severity" is "true", want a number`},
		{rowWith(`"Severity":[3]`), `1! column "Severity" is an array`},
		{rowWith(`"Score":null`), "1:Billing|Web|3||true|A1"},
		{rowWith(`"Score":-1e2`), "1:Billing|Web|3|-100|true|A1"},
		{rowWith(`"Score":1.51`), `1! column "Score" is 1.51, want a number of at most 1.5`},
		{rowWith(`"Score":-1e999`), `1! column "Score" is -1e999, want a number of at most 1.5`},
		{rowWith(`"Refund":"True"`), "1:Billing|Web|3|0.5|true|A1"},
		{rowWith(`"Refund":1`), `1! column "Refund" is "1", want true or false`},
		{rowWith(`"Refund":null`), `1! column "Refund" is null`},
		{rowWith(`"Order":null`), "1:Billing|Web|3|0.5|true|"},
		{rowWith(`"Topic":"N/A"`, `"Severity":9`, `"Areas":null`), "1:NOT_APPLICABLE|Web|0||false|- gate"},
		{rowWith(`"Topic":"N/A"`) + rowWith(`"Topic":"N/A"`, `"Areas":["App"]`), "1:NOT_APPLICABLE|Web|0||false|- gate; dropped 1"},
		{rowWith(`"Areas":["App"],"Areas":[ "App" ]`), "1:Billing|App|3|0.5|true|A1"},
		{rowWith(`"Areas":["App"],"Areas":["Web"]`), `1! column "Areas" has two different values`},
		{rowWith() + rowWith(`"Areas":["Web","App"]`), `1! column "Areas" differs between two objects with the same RowID; dropped 1`},
		{rowWith() + rowWith(`"Areas":["\u0057eb"]`), "1:Billing|Web|3|0.5|true|A1; dropped 1"},
		{rowWith() + rowWith(`"Severity":4`), `1! column "Severity" differs between two objects with the same RowID; dropped 1`},
		{strings.Replace(rowWith(), `"RowID":1,`, "", 1), "1:Billing|Web|3|0.5|true|A1"},
	} {
		got := Read(tt.text, []int64{1}, s, false)
		for _, r := range got.Rows {
			r.Values[1] = strings.ReplaceAll(r.Values[1], "|", ",")
		}
		if brief(got) != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.text, brief(got), tt.want)
		}
	}
	if got := brief(Read(rowWith(`"Areas":["Shop"]`), []int64{1}, s, true)); got != `1! column "Areas" has the unlisted label "Shop"` {
		t.Errorf("strict: got %s", got)
	}
}

// An object whose only value is an array of labels is a row's, one that holds rows' objects is not.
func TestLabelsAreNoRows(t *testing.T) {
	s := schema(t, `{"system_prompt":"p","columns_to_code":["Areas"],"columns":{"Areas":{"type":"labels","labels":["App","Web"]}}}`)
	for text, want := range map[string]string{
		`{"Areas":["App"]}`: "1:App",
		`{"Areas":[]}`:      "1:",
		`{"areas":[{"RowID":1,"Areas":["Web","App"]}]}`: "1:App|Web",
		`{"RowID":1,"Areas":[{"RowID":1,"Areas":[]}]}`:  `1! column "Areas" has an element that is not a label in its array`,
	} {
		if got := brief(Read(text, []int64{1}, s, true)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// The reasoning comes before the gate, and stays where the gate says that a row is not applicable.
func TestReasoning(t *testing.T) {
	s := schema(t, `{"system_prompt":"p","columns_to_code":["Kind","Topic","N"],"reasoning":{},"gate":"Topic",
		"columns":{"N":{"type":"integer"}},"validation_rules":{"valid_topic":["A"],"valid_kind":["N/A","x"]}}`)
	for text, want := range map[string]string{
		`{"RowID":1,"Reasoning":"why","Kind":"n/a","Topic":"a","N":1}`:   "1:why|N/A|A|1",
		`{"RowID":1,"Reasoning":"why","Kind":"x","Topic":"n/a","N":1}`:   "1:why|-|NOT_APPLICABLE| gate",
		`{"RowID":1,"Reasoning":null,"Kind":3,"Topic":"not applicable"}`: "1:-|-|NOT_APPLICABLE| gate",
		`{"RowID":1,"Kind":"x","Topic":"A","N":1}`:                       `1! column "Reasoning" is missing`,
	} {
		if got := brief(Read(text, []int64{1}, s, true)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	free := schema(t, `{"system_prompt":"p","columns_to_code":["Topic"],"gate":false}`)
	if got := brief(Read(`{"RowID":1,"Topic":"NOT_APPLICABLE"}`, []int64{1}, free, true)); got != "1:NOT_APPLICABLE" {
		t.Errorf("without a gate: got %s", got)
	}
}

// typedValues are the values of a row, as JSON and as cells, which no other row has.
func typedValues(id int64) (json string, cells []string) {
	areas := [][2]string{{"[]", ""}, {`["App"]`, "App"}, {`["Store","Web"]`, "Web|Store"}, {` [ "web" , "app" ] `, "App|Web"}}[id%4]
	topic := []string{"Billing", "Product"}[id/4%2]
	refund := []string{"true", "false"}[id/8%2]
	severity := fmt.Sprint(1 + id%5)
	score, order := fmt.Sprint(-id), fmt.Sprintf("order %d", id)
	return fmt.Sprintf(`"Topic":%q,"Areas":%s,"Severity":%s,"Score":%s,"Refund":%s,"Order":%q`, topic, areas[0], severity, score, refund, order),
		[]string{topic, areas[1], severity, score, refund, order}
}

// No row ever gets another row's values, whatever is missing, comes twice, is out of order, is
// foreign or cut.
func TestNoRowGetsAnotherRowsValues(t *testing.T) {
	s := schema(t, typed)
	labelled := 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 22))
		text, ids := mixedReply(rng)
		got := Read(text, ids, s, seed%2 == 0)
		if len(got.Rows)+len(got.Faults) != len(ids) {
			t.Fatalf("seed %d: %s\n%s", seed, brief(got), text)
		}
		for _, row := range got.Rows {
			if _, want := typedValues(row.RowID); !slices.Equal(row.Values, want) || !slices.Contains(ids, row.RowID) {
				t.Fatalf("seed %d: row %d has %q, want %q\n%s", seed, row.RowID, row.Values, want, text)
			}
		}
		labelled += len(got.Rows)
	}
	if labelled < 5000 {
		t.Errorf("only %d rows are labelled", labelled)
	}
}

// mixedReply is a reply to some rows in which much is wrong, and each object has its own row's values.
func mixedReply(rng *rand.Rand) (text string, ids []int64) {
	var objects []string
	for range 1 + rng.IntN(6) {
		id := int64(rng.IntN(40))
		if slices.Contains(ids, id) {
			continue
		}
		ids = append(ids, id)
		for range []int{0, 1, 1, 1, 1, 2}[rng.IntN(6)] {
			values, _ := typedValues(id)
			objects = append(objects, fmt.Sprintf(`{"RowID":%d,%s}`, id, values))
		}
	}
	if rng.IntN(4) == 0 { // of a row that was not asked for
		values, _ := typedValues(99)
		objects = append(objects, `{"RowID":99,`+values+`}`)
	}
	rng.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	text = "[" + strings.Join(objects, []string{",", "\n", " , "}[rng.IntN(3)]) + "]"
	switch rng.IntN(5) {
	case 0:
		text = text[:rng.IntN(len(text)+1)]
	case 1:
		at := 1 + rng.IntN(len(text)-1)
		for !strings.ContainsRune("[]{},", rune(text[at-1])) { // within a string it is the row's own value that changes
			at--
		}
		text = text[:at] + string(`"[]{},:9`[rng.IntN(8)]) + text[at:]
	case 2:
		text = `{"rows": ` + text + `}`
	}
	return text, ids
}

// A hostile array costs no more than its length.
func TestHostileLabels(t *testing.T) {
	var labels []string
	for i := range 1000 {
		labels = append(labels, fmt.Sprintf("%q", fmt.Sprintf("label %d", i)))
	}
	s := schema(t, `{"system_prompt":"p","columns_to_code":["Areas"],"columns":{"Areas":{"type":"labels","labels":[`+strings.Join(labels, ",")+`]}}}`)
	text := `{"RowID":1,"Areas":[` + strings.Repeat(`"x",`, 1<<18) + `]}`
	if got := brief(Read(text, []int64{1}, s, false)); got != `1! column "Areas" has 262,144 labels, want at most 100` {
		t.Errorf("got %s", got)
	}
}

// Whatever a reply says, a labelled row has a value of its type in every column.
func FuzzTypes(f *testing.F) {
	f.Add(rowWith())
	f.Add(rowWith(`"Areas":["App", "web",]`, `"Score":null`) + rowWith(`"Severity":1e0`))
	f.Add(rowWith(`"Areas":[["App"],{"RowID":1}]`, `"Topic":"N/A"`))
	f.Add(`{"RowID":1,"Areas":["\u0041pp","x|y"],"Areas":[]}`)
	s := schema(f, typed)
	f.Fuzz(func(t *testing.T, text string) {
		for _, row := range Read(text, []int64{1, 2}, s, true).Rows {
			for i, cell := range row.Values {
				c := &s.Columns[i]
				var err error
				switch {
				case row.Gate || cell == "" && c.Optional:
				case c.Type == prompt.TypeLabel && !slices.Contains(c.Labels, cell), c.Type == prompt.TypeBoolean && cell != "true" && cell != "false":
					err = fmt.Errorf("not listed")
				case c.Type == prompt.TypeInteger, c.Type == prompt.TypeNumber:
					_, err = c.NumberCell(cell)
				case c.Type == prompt.TypeLabels && cell != "":
					var again string
					if again, err = c.JoinLabels(strings.Split(cell, "|")); err == nil && again != cell {
						err = fmt.Errorf("not in order")
					}
				}
				if err != nil {
					t.Errorf("%s is %q: %v", c.Name, cell, err)
				}
			}
		}
	})
}
