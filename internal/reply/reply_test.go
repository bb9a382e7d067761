package reply

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"prism/internal/prompt"
)

func schema(t testing.TB, file string) *prompt.Prompt {
	t.Helper()
	return inStyle(t, file, prompt.Classic)
}

func inStyle(t testing.TB, file string, style prompt.Style) *prompt.Prompt {
	t.Helper()
	s, err := prompt.Parse([]byte(file), "p.json")
	if err != nil {
		t.Fatal(err)
	}
	return s.InStyle(style)
}

// short has a gate with labels and a free column, which is enough for most cases.
const short = `{"system_prompt":"p","columns_to_code":["Topic","Note"],
	"validation_rules":{"valid_topic":["Product","Support","Order Status"]},
	"not_applicable_defaults":{"Note":"none"}}`

// brief renders a result on one line: rows, faults, dropped.
func brief(r Result) string {
	var b strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%d:%s", row.RowID, strings.Join(row.Values, "|"))
		if row.Gate {
			b.WriteString(" gate")
		}
		for _, l := range row.Organic {
			fmt.Fprintf(&b, " organic %s=%s", l.Column, l.Label)
		}
		b.WriteString("; ")
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "%d! %s; ", f.RowID, f.Reason)
	}
	if r.Dropped > 0 {
		fmt.Fprintf(&b, "dropped %d; ", r.Dropped)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

const (
	absent   = "! no object with this RowID in the reply"
	nothing  = "! no object with labels in the reply"
	cutIn    = "! truncated or malformed reply: it ends inside the object of this row"
	cutAhead = "! truncated or malformed reply; no object with this RowID before that point"
)

const (
	restNames = "! truncated or malformed reply; a second object may have this RowID"
	cutBefore = "! truncated or malformed reply; no object with this RowID before that point"
)

func TestReadForms(t *testing.T) {
	s := schema(t, short)
	const both = "1:Product|a; 2:Support|b"
	one, two := `{"RowID":1,"Topic":"Product","Note":"a"}`, `{"RowID":2,"Topic":"Support","Note":"b"}`
	list := "[" + one + "," + two + "]"
	for _, tt := range []struct{ name, text, want string }{
		{"array", list, both},
		{"laid out", "\n[\n\t{ \"RowID\" : 1 ,\r\n \"Topic\" : \"Product\" , \"Note\" : \"a\" } , " + two + "\n]\n", both},
		{"other order", "[" + two + "," + one + "]", both},
		{"RowID last", `[{"Topic":"Product","Note":"a","RowID":1},` + two + "]", both},
		{"code fence", "```json\n" + list + "\n```", both},
		{"prose around", "Sure! Here are [2] {objects} in order [{...}, {...}, ...]:\n" + list + "\nHope {that} [helps] \"you\"!", both},
		{"JSON lines", one + "\n" + two + "\n", both},
		{"values side by side", one + two, both},
		{"two arrays", "[" + one + "]\nand\n[" + two + "]", both},
		{"no comma between objects", "[" + one + "\n" + two + "]", both},
		{"trailing commas", `[{"RowID":1,"Topic":"Product","Note":"a",},` + two + ",]", both},
		{"object around the array", `{"results":` + list + `,"count":2,"ok":true}`, both},
		{"objects around the array", `{"data":{"results":` + list + `}}`, both},
		{"array in an array", "[" + list + "]", both},
		{"objects under keys", `{"a":` + one + `,"b":` + two + `}`, both},
		{"objects under their RowIDs", `{"1":` + one + `,"2":` + two + `}`, both},
		{"RowIDs as keys only", `{"1":{"Topic":"Product","Note":"a"},"2":{"Topic":"Support","Note":"b"}}`, "1" + absent + "; 2" + absent + "; dropped 2"},
		{"two arrays in an object", `{"draft":` + list + `,"final":` + list + `}`, "1" + nothing + "; 2" + nothing},
		{"an array and an object in an object", `{"draft":` + list + `,"final":` + one + `}`, "1" + nothing + "; 2" + nothing},
		{"thoughts", "<think>\nMaybe " + strings.ReplaceAll(list, "Product", "Support") + " or {\"RowID\":1,\n</think>\n" + list, both},
		{"thoughts without a start", "Maybe " + strings.ReplaceAll(list, "Product", "Support") + " ... </think>" + list, both},
		{"thoughts without a start, broken", `{"RowID":1,"Topic":"Support" hm </think>` + list, "1" + cutAhead + "; 2" + cutAhead},
		{"thoughts without an end", "<think> " + list, "1" + nothing + "; 2" + nothing},
		{"thoughts in a value", `[{"RowID":1,"Topic":"Product","Note":"<think>"},{"RowID":2,"Topic":"Support","Note":"</think>"}]`,
			"1:Product|<think>; 2:Support|</think>"},
		{"keys in another case", `[{"rowid":1,"TOPIC":"Product"," note ":"a"},` + two + "]", both},
		{"keys with escapes", `[{"Row\u0049D":1,"T\u006fpic":"Product","\tNote\n":"a"},` + two + "]", both},
		{"other keys", `[{"RowID":1,"Title":"x","Topic":"Product","why":{"RowID":2,"Topic":"Product","Note":"c"},"Note":"a"},` + two + "]", both},
		{"RowID as text", `[{"RowID":"1","Topic":"Product","Note":"a"},{"RowID":" 2 ","Topic":"Support","Note":"b"}]`, both},
		{"RowID as another number", `[{"RowID":1.0,"Topic":"Product","Note":"a"},{"RowID":0.2e1,"Topic":"Support","Note":"b"}]`, both},
		{"RowID twice, the same", `[{"RowID":1,"rowid":"1","Topic":"Product","Note":"a"},` + two + "]", both},
		{"RowID twice, two", `[{"RowID":1,"Topic":"Product","Note":"a","RowID":2}]`, "1" + absent + "; 2" + absent + "; dropped 1"},
		{"second object for a row", "[" + one + `,{"RowID":1,"Topic":"Support","Note":"b"},` + two + "]",
			"2:Support|b; 1! column \"Topic\" differs between two objects with the same RowID; dropped 1"},
		{"second object, the same", "[" + one + "," + two + "," + one + "]", both + "; dropped 1"},
		{"second object says less", "[" + two + "," + one + `,{"RowID":1,"Topic":"Product"}]`,
			"2:Support|b; 1! column \"Note\" differs between two objects with the same RowID; dropped 1"},
		{"first object says less", `{"RowID":"1"} [` + one + "," + two + "]",
			"2:Support|b; 1! column \"Topic\" differs between two objects with the same RowID; dropped 1"},
		{"repeats a message's object", `The first says {"RowID":1,"Topic":"Support","Note":"x"}. [` + one + "," + two + "]",
			"2:Support|b; 1! column \"Topic\" differs between two objects with the same RowID; dropped 1"},
		{"both gates", `[{"RowID":1,"Topic":"N/A","Note":"a"},{"RowID":1.0,"Topic":"N/A","Note":"b"},` + two + "]", "1:NOT_APPLICABLE|none gate; 2:Support|b; dropped 1"},
		{"broken before the second object", one + " and {\"a\" so: [" + one + "," + two,
			"1" + restNames + "; 2" + cutBefore},
		{"cut in the second object", one + two + `{"RowID": 1, "Topic": "Sup`, "2:Support|b; 1" + restNames},
		{"unknown rows", `[{"RowID":3,"Topic":"Product","Note":"a"},{"RowID":null,"Topic":"Product"},{"RowID":"x"},{"RowID":1.5},{"RowID":[1]},` + two + "]",
			"2:Support|b; 1" + absent + "; dropped 5"},
		{"no RowID", `[{"Topic":"Product","Note":"a"},{"Topic":"Support","Note":"b"}]`, "1" + absent + "; 2" + absent + "; dropped 2"},
		{"nothing", "", "1" + nothing + "; 2" + nothing},
		{"an excuse", "I cannot {do} that.", "1" + nothing + "; 2" + nothing},
		{"text that holds JSON", `"[{\"RowID\":1,\"Topic\":\"Product\",\"Note\":\"a\"}]"`, "1" + nothing + "; 2" + nothing},
		{"lost quote", `[{"RowID":1,"Topic":"Product","Note":"he said "{"RowID":2,"Topic":"Product","Note":"c"}"},` + two + "]",
			"1" + cutIn + "; 2" + cutAhead},
		{"lost brace", `[{"RowID":1,"Topic":"Product","Note":"a",` + two + "]", "1" + cutIn + "; 2" + cutAhead},
		{"lost brace and quote", `[{"RowID":1,"Topic":"Product","Note":"a","RowID":2,"Topic":"Support","Note":"b"}]`,
			"1" + absent + "; 2" + absent + "; dropped 1"},
		{"no number", "[" + one + `,{"RowID":2,"Topic":NaN,"Note":"b"}]`, "1:Product|a; 2" + cutIn},
		{"bad numbers", "[" + one + `,{"RowID":02,"Topic":"Support","Note":"b"}]`, "1:Product|a; 2" + cutAhead},
		{"cut after an object", "[" + one + ",", "1:Product|a; 2" + cutAhead},
		{"cut in an object", "[" + one + `,{"RowID":2,"Topic":"Sup`, "1:Product|a; 2" + cutIn},
		{"cut in a RowID", "[" + one + `,{"RowID":2`, "1:Product|a; 2" + cutAhead},
		{"cut in an object around", `{"results":[` + one + `,{"RowID":2,"Topic":"Support","Note":`, "1:Product|a; 2" + cutIn},
		{"cut in a row that holds rows", `[{"RowID":1,"like":[` + two + `],"Topic":"Prod`, "1" + cutIn + "; 2" + cutAhead},
		{"deep", strings.Repeat("[", 50) + one + two + strings.Repeat("]", 50), both},
		{"too deep", strings.Repeat(`{"a":`, 65) + one + "," + two, "1" + cutAhead + "; 2" + cutAhead},
		{"too deep for prose", strings.Repeat("[", 1000) + one + two, both},
		{"blanks to the end", "[" + one + ",\n" + strings.Repeat(" \n", 1000), "1:Product|a; 2" + cutAhead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Read(tt.text, []int64{1, 2}, s, false)); got != tt.want {
				t.Errorf("got  %s\nwant %s\ntext %s", got, tt.want, tt.text)
			}
		})
	}
}

func TestReadOneRow(t *testing.T) {
	s := schema(t, short)
	row := `{"Topic":"Product","Note":"a"}`
	const want = "17:Product|a"
	for _, tt := range []struct{ name, text, want string }{
		{"its RowID", `{"RowID":17,"Topic":"Product","Note":"a"}`, want},
		{"no RowID", row, want},
		{"in an array", "[" + row + "]", want},
		{"in an object", `{"result":` + row + `}`, want},
		{"in an array in an object", `{"results":[` + row + `],"n":1}`, want},
		{"in prose", "Here: " + row + " {done}", want},
		{"beside an object of other things", `{"note to you":"x"} ` + row, want},
		{"with objects inside", `{"Topic":"Product","like":[{"RowID":3,"Topic":"Support","Note":"b"}],"Note":"a"}`, want},
		{"two", row + row, "17" + absent + "; dropped 2"},
		{"two in an object", `{"a":` + row + `,"b":` + row + `}`, "17" + absent + "; dropped 2"},
		{"beside its RowID", row + `{"RowID":17,"Topic":"Support","Note":"b"}`, "17:Support|b; dropped 1"},
		{"beside another's RowID", `{"RowID":3,"Topic":"Support","Note":"b"}` + row, "17" + absent + "; dropped 2"},
		{"another's RowID", `{"RowID":3,"Topic":"Support","Note":"b"}`, "17" + absent + "; dropped 1"},
		{"no RowID in it", `{"RowID":null,"Topic":"Support","Note":"b"}`, "17" + absent + "; dropped 1"},
		{"one more begun", row + ` {"Topic":"Sup`, "17" + cutAhead + "; dropped 1"},
		{"cut in an object around", `{"results":[` + row, want},
		{"cut", `{"Topic":"Product","Note":"a`, "17" + cutAhead},
		{"cut, with its RowID", `{"RowID":17,"Topic":"Product","Note":"a`, "17" + cutIn},
		{"no labels", `{"Topic":null}`, `17! column "Topic" is null`},
		{"no keys", `{}`, "17" + nothing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Read(tt.text, []int64{17}, s, false)); got != tt.want {
				t.Errorf("got  %s\nwant %s\ntext %s", got, tt.want, tt.text)
			}
		})
	}
}

func TestReadValues(t *testing.T) {
	s := schema(t, short)
	for _, tt := range []struct {
		name, members string
		organic       string // the result under the organic policy, without RowID
		strict        string // the same if empty
	}{
		{"listed", `"Topic":"Product","Note":""`, "Product|", ""},
		{"another case, outer spaces", `"Topic":" \torder STATUS\n","Note":" x "`, "Order Status|x", ""},
		{"inner spaces count", `"Topic":"Order  Status","Note":"x"`, "Order  Status|x organic Topic=Order  Status",
			`! column "Topic" has the unlisted label "Order  Status"`},
		{"organic", `"Topic":" Refund ","Note":"x"`, "Refund|x organic Topic=Refund", `! column "Topic" has the unlisted label "Refund"`},
		{"long organic", `"Topic":"` + strings.Repeat("ü", 100) + `","Note":"x"`, strings.Repeat("ü", 100) + "|x organic Topic=" + strings.Repeat("ü", 100),
			`! column "Topic" has the unlisted label "` + strings.Repeat("ü", 60) + `"…`},
		{"empty label", `"Topic":" ","Note":"x"`, `! column "Topic" is empty`, ""},
		{"number", `"Topic":"Product","Note":1.50e3`, "Product|1.50e3", ""},
		{"boolean", `"Topic":"Product","Note":false`, "Product|false", ""},
		{"null", `"Topic":"Product","Note":null`, `! column "Note" is null`, ""},
		{"array", `"Topic":"Product","Note":["x"]`, `! column "Note" is an array`, ""},
		{"object", `"Topic":"Product","Note":{"x":"y"}`, `! column "Note" is an object`, ""},
		{"missing", `"Topic":"Product"`, `! column "Note" is missing`, ""},
		{"twice the same", `"Topic":"Product","Note":"x","note":"x"`, "Product|x", ""},
		{"twice the same, spelt otherwise", `"Topic":"Product","Note":"\u0078 ","NOTE":"x"`, "Product|x", ""},
		{"twice", `"Topic":"Product","Note":"x","note":"y"`, `! column "Note" has two different values`, ""},
		{"twice, of two kinds", `"Topic":"Product","Note":"1","note":1`, `! column "Note" has two different values`, ""},
		{"thrice", `"Topic":"Product","Note":"x","note":"y","Note":"x"`, `! column "Note" has two different values`, ""},
		{"gate", `"Topic":"NOT_APPLICABLE","Note":"x"`, "NOT_APPLICABLE|none gate", ""},
		{"gate alone", `"Topic":"not_applicable"`, "NOT_APPLICABLE|none gate", ""},
		{"gate N/A", `"Topic":" n/a ","Note":["x"]`, "NOT_APPLICABLE|none gate", ""},
		{"gate in words", `"Topic":"Not Applicable","Note":null`, "NOT_APPLICABLE|none gate", ""},
		{"gate with escapes", `"Topic":"N\/\u0041","note":"x","Note":"y"`, "NOT_APPLICABLE|none gate", ""},
		{"gate twice", `"Topic":"N/A","topic":"Product","Note":"x"`, `! column "Topic" has two different values`, ""},
		{"not applicable elsewhere", `"Topic":"Product","Note":"N/A"`, "Product|N/A", ""},
		{"escapes", `"Topic":"Product","Note":"a\"\\\/\n\t\u00fc\ud834\udd1e"`, "Product|a\"\\/\n\tü𝄞", ""},
		{"half pairs", `"Topic":"Product","Note":"\ud834x\udd1e\ud834\ud834\udd1e"`, "Product|\ufffdx\ufffd\ufffd𝄞", ""},
		{"not UTF-8", "\"Topic\":\"Product\",\"Note\":\"a\xffb\xe2\x82\"", "Product|a\ufffdb\ufffd\ufffd", ""},
		{"raw line end", "\"Topic\":\"Product\",\"Note\":\"a\r\nb\"", "Product|a\r\nb", ""},
		{"control characters", "\"Topic\":\"Product\",\"Note\":\"a\\u0000b\x1bc\x7fd\u0085\"", "Product|a\ufffdb\ufffdc\ufffdd\ufffd", ""},
		{"bad escape", `"Topic":"Product","Note":"it\'s"`, `! column "Note" has an invalid escape`, ""},
		{"bad hex", `"Topic":"Product","Note":"\u00g0"`, `! column "Note" has an invalid escape`, ""},
		{"bad escape in the gate", `"Topic":"N\A","Note":"x"`, `! column "Topic" has an invalid escape`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.strict == "" {
				tt.strict = tt.organic
			}
			text := `[{"RowID":1,` + tt.members + `},{"RowID":2,"Topic":"Support","Note":"b"}]`
			for _, policy := range []struct {
				strict bool
				want   string
			}{{false, tt.organic}, {true, tt.strict}} {
				r := Read(text, []int64{1, 2}, s, policy.strict)
				const other = "2:Support|b"
				want := "1:" + policy.want + "; " + other
				if strings.HasPrefix(policy.want, "!") {
					want = other + "; 1" + policy.want
				}
				if got := brief(r); got != want {
					t.Errorf("strict %v: got  %s\nwant %s", policy.strict, got, want)
				}
			}
		})
	}
}

// The words for the gate, where it lists them as labels.
func TestReadListedGate(t *testing.T) {
	s := schema(t, `{"system_prompt":"p","columns_to_code":["Gate","B"],"validation_rules":{"valid_gate":["N/A","Not applicable","X"]}}`)
	for said, want := range map[string]string{
		"N/A":            "1:NOT_APPLICABLE|- gate",
		"not_applicable": "1:NOT_APPLICABLE|- gate",
		"not applicable": "1:Not applicable|b",
	} {
		if got := brief(Read(`{"Gate":"`+said+`","B":"b"}`, []int64{1}, s, true)); got != want {
			t.Errorf("%q: got %s, want %s", said, got, want)
		}
	}
}

func TestReadIDs(t *testing.T) {
	s := schema(t, short)
	ids := []int64{9223372036854775807, 9223372036854775806, -9223372036854775808, 0, 9007199254740993, 9007199254740992, 100000}
	for said, want := range map[string]int64{
		"9223372036854775807": ids[0], "9223372036854775806.000": ids[1], "922337203685477580600e-2": ids[1],
		"-9223372036854775808": ids[2], `"-9223372036854775808"`: ids[2], "0": 0, "-0": 0, "0.0e-99999999999999999999": 0, "0e99999999999999999999": 0,
		"9007199254740993": ids[4], "9007199254740992": ids[5], "9.007199254740993e15": ids[4], "1e5": ids[6], "1E+5": ids[6], "1000.00e2": ids[6],
		`"0000100000"`: ids[6], `"+100000"`: ids[6], "1000000000000e-7": ids[6],
	} {
		r := Read(`{"RowID":`+said+`,"Topic":"Product","Note":"a"}`, ids, s, false)
		if len(r.Rows) != 1 || r.Rows[0].RowID != want {
			t.Errorf("%s: got %s, want %d", said, brief(r), want)
		}
	}
	for _, said := range []string{"9223372036854775808", "-9223372036854775809", "1e19", "1e-5", "100000.5", "1e999999999999999999999", "1e-999999999999999999999",
		`"1e"`, `"e5"`, `"-"`, `""`, `"."`, `".0"`, `"0."`, `"1 00000"`, `"1_00000"`, `"0x186a0"`, `"--1"`, `"1e+-5"`, `"１"`, "true", "null", `"\q"`, "18446744073709651616"} {
		r := Read(`{"RowID":`+said+`,"Topic":"Product","Note":"a"}`, ids, s, false)
		if len(r.Rows) != 0 || r.Dropped != 1 {
			t.Errorf("%s: got %s, want it dropped", said, brief(r))
		}
	}
}

func TestReadAskedTwice(t *testing.T) {
	s := schema(t, short)
	text := `[{"RowID":1,"Topic":"Product","Note":"a"},{"RowID":2,"Topic":"Support","Note":"b"},{"RowID":1,"Topic":"Support","Note":"c"}]`
	const twice = "! duplicate RowID in one call"
	if got, want := brief(Read(text, []int64{1, 2, 1}, s, false)), "2:Support|b; 1"+twice+"; 1"+twice+"; dropped 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Read(text, nil, s, false); len(got.Rows)+len(got.Faults) != 0 || got.Dropped != 3 {
		t.Errorf("no ids: got %s", brief(got))
	}
}

// A reply cut anywhere gives the rows whose objects are whole, with the same values.
func TestReadCut(t *testing.T) {
	s := schema(t, short)
	ids := []int64{1, 12, 123}
	for _, form := range []string{"[%s]", "```json\n{\"results\": [%s]}\n```", "Sure: %s."} {
		whole := fmt.Sprintf(form, `{"RowID": 1, "Topic": "Product", "Note": "a {\"RowID\": 12} \\"}, `+
			`{"Topic": "Support", "Note": "ü\u00fc", "RowID": 12},`+"\n"+`{"RowID": "123", "Topic": "N/A"}`)
		full := Read(whole, ids, s, false)
		if len(full.Rows) != 3 {
			t.Fatalf("%s: %s", form, brief(full))
		}
		objects := []string{`\\"}`, `12}`, `"N/A"}`}
		for n := range len(whole) {
			r := Read(whole[:n], ids, s, false)
			want := 0
			for i, end := range objects {
				if at := strings.LastIndex(whole, end); n >= at+len(end) {
					want = i + 1
				}
			}
			if len(r.Rows) != want || r.Dropped != 0 || !reflect.DeepEqual(r.Rows, full.Rows[:want]) {
				t.Fatalf("%q: got %s, want %d rows", whole[:n], brief(r), want)
			}
		}
	}
}

// check fails if r breaks what Read promises for every text.
func check(t testing.TB, r Result, ids []int64, s *prompt.Prompt, strict bool) {
	t.Helper()
	if len(r.Rows)+len(r.Faults) != len(ids) {
		t.Fatalf("%d rows and %d faults for %d ids", len(r.Rows), len(r.Faults), len(ids))
	}
	rows, faults := r.Rows, r.Faults
	for _, id := range ids {
		switch {
		case len(rows) > 0 && rows[0].RowID == id:
			checkRow(t, rows[0], s, strict)
			rows = rows[1:]
		case len(faults) > 0 && faults[0].RowID == id:
			if f := faults[0].Reason; f == "" || strings.ContainsFunc(f, unicode.IsControl) {
				t.Errorf("reason %q", f)
			}
			faults = faults[1:]
		default:
			t.Fatalf("RowID %d is in neither, in the order of %v: %s", id, ids, brief(r))
		}
	}
}

func checkRow(t testing.TB, row Row, s *prompt.Prompt, strict bool) {
	t.Helper()
	if len(row.Values) != len(s.Columns) || cap(row.Values) != len(s.Columns) {
		t.Fatalf("%d values (room for %d)", len(row.Values), cap(row.Values))
	}
	organic := 0
	for i, c := range s.Columns {
		v := row.Values[i]
		if !utf8.ValidString(v) || strings.ContainsFunc(v, isUnprintable) || v != strings.TrimSpace(v) {
			t.Errorf("column %q: %q", c.Name, v)
		}
		switch {
		case row.Gate:
			if i == 0 && v != prompt.NotApplicable || i > 0 && v != c.Default {
				t.Errorf("gate, column %q: %q", c.Name, v)
			}
		case i == 0 && v == prompt.NotApplicable:
			t.Error("the gate's word without a gate")
		case c.Labels != nil && !slices.Contains(c.Labels, v):
			organic++
			if v == "" || !slices.Contains(row.Organic, Label{c.Name, v}) {
				t.Errorf("column %q: %q is not among the organic %q", c.Name, v, row.Organic)
			}
		}
	}
	if organic != len(row.Organic) || strict && organic > 0 {
		t.Errorf("organic %q, counted %d, strict %v", row.Organic, organic, strict)
	}
}
