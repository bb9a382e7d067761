package reply

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prism/internal/prompt"
)

const (
	noArray      = "! no array with this number in the reply"
	noLabels     = "! no array with labels in the reply"
	cutInArray   = "! truncated or malformed reply: it ends inside the array of this row"
	cutAhead2    = "! truncated or malformed reply; no array with this number before that point"
	restNumbers  = "! truncated or malformed reply; a second array may have this number"
	otherCount   = "! its array has more or fewer values than there are columns"
	outOfOrder   = "! the number of this row is out of order in the reply"
	contradicts  = `! column "Topic" differs between two arrays with the same number`
	contradicts2 = `! column "Note" differs between two arrays with the same number`
)

func TestReadArrays(t *testing.T) {
	s := inStyle(t, short, prompt.Compact)
	const both = "71:Product|a; 72:Support|b"
	one, two := `[1,"Product","a"]`, `[2,"Support","b"]`
	list := "[" + one + "," + two + "]"
	for _, tt := range []struct{ name, text, want string }{
		{"array", list, both},
		{"laid out", "\n[\n  [\n    1 ,\r\n\t\"Product\" , \"a\" ] , " + two + "\n]\n", both},
		{"code fence", "```json\n" + list + "\n```", both},
		{"prose around", "Sure! [see 2] Here are [2] {arrays} in order [[...], [...], ...], [1 of 2] and [1]:\n" + list + "\nHope {that} [helps] \"you\"!", both},
		{"lines", one + "\n" + two + "\n", both},
		{"side by side", one + two, both},
		{"no comma between arrays", "[" + one + "\n" + two + "]", both},
		{"words between arrays", "[" + one + " and " + two + "]", "71:Product|a; 72" + noArray},
		{"numbers in a sentence", `As [2, "all", "else"] is clear: [` + one + "]", "71:Product|a; 72" + noArray},
		{"list closed early", "[" + one + "]," + two + "]", "71:Product|a; 72" + noArray},
		{"alone and in the list", two + "[" + one + "," + two + "]", "71" + outOfOrder + "; 72" + outOfOrder + "; dropped 1"},
		{"alone first, in order", one + "[" + one + "," + two + "]", both + "; dropped 1"},
		{"trailing commas", `[[1,"Product","a",],` + two + ",]", both},
		{"object around the array", `{"results":` + list + `,"count":[2],"ok":true}`, both},
		{"array in an array", "[[" + list + "]]", both},
		{"two arrays in an object", `{"draft":` + list + `,"final":` + list + `}`, "71" + noLabels + "; 72" + noLabels},
		{"thoughts", "<think>\nMaybe [[1,\"Support\",\"x\"], [2,\n</think>\n" + list, both},
		{"thoughts without a start", "Maybe [[1,\"Support\",\"x\"]] ... </think>" + list, both},
		{"number as another number", `[[1.0,"Product","a"],[0.2e1,"Support","b"]]`, both},
		{"number as text", `[["1","Product","a"],` + two + "]", "72:Support|b; 71" + noArray},
		{"no numbers", `[["Product","a"],["Support","b"]]`, "71" + noLabels + "; 72" + noLabels},
		{"RowIDs", `[[71,"Product","a"],[72,"Support","b"]]`, "71" + noArray + "; 72" + noArray + "; dropped 2"},
		{"objects", `[{"RowID":71,"Topic":"Product","Note":"a"},{"number":2,"Topic":"Support","Note":"b"}]`, "71" + noLabels + "; 72" + noLabels},
		{"other order", "[" + two + "," + one + "]", "71" + outOfOrder + "; 72" + outOfOrder},
		{"unknown numbers", `[[0,"Product","a"],[3,"Product","a"],[-1,"Product","a"],[1.5,"Product","a"],[1e999,"Product","a"],` + two + "]",
			"72:Support|b; 71" + noArray + "; dropped 5"},
		{"too few values", `[[1,"Product"],` + two + "]", "72:Support|b; 71" + otherCount},
		{"too many values", `[[1,"Product","a","b"],` + two + "]", "72:Support|b; 71" + otherCount},
		{"all in one array", `[1,"Product","a",2,"Support","b"]`, "71" + otherCount + "; 72" + noArray},
		{"number alone", "[[1]," + two + "," + "[1,]]", "72:Support|b; 71" + noArray},
		{"row in a row", `[[1,"Product",[2,"Product","c"]],` + two + "]", `72:Support|b; 71! column "Note" is an array`},
		{"object in a row", `[[1,"Product",{"a":[2,"Product","c"]}],` + two + "]", `72:Support|b; 71! column "Note" is an object`},
		{"gate", `[[1,"not_applicable",null],` + two + "]", "71:NOT_APPLICABLE|none gate; 72:Support|b"},
		{"gate alone", `[[1,"NOT_APPLICABLE"],` + two + "]", "72:Support|b; 71" + otherCount},
		{"second array for a row", "[" + one + `,[1,"Support","a"],` + two + "]", "72:Support|b; 71" + contradicts + "; dropped 1"},
		{"second array, the same", "[" + one + "," + two + "," + one + "]", both + "; dropped 1"},
		{"second array says less", "[" + one + `,[1,"Product"],` + two + "]", "72:Support|b; 71" + contradicts + "; dropped 1"},
		{"repeats a message's array", `The first says [1,"Product","x"]. ` + list, "72:Support|b; 71" + contradicts2 + "; dropped 1"},
		{"lost quote", `[[1,"Product","he said "[2,"Product","c"]"],` + two + "]", "71" + cutInArray + "; 72" + cutAhead2},
		{"lost quote without a number", `[["Product","he said "[2,"Product","c"]"],` + two + "]", "71" + cutAhead2 + "; 72" + cutAhead2},
		{"lost bracket", `[[1,"Product","a",` + two + "]", "71" + otherCount + "; 72" + cutAhead2},
		{"lost bracket, closed", `[[1,"Product","a",` + two + "]]", "71" + otherCount + "; 72" + noArray},
		{"bracket in a number", `[[1[2,"Support","b"]],` + two + "]", "71" + cutAhead2 + "; 72" + cutAhead2},
		{"lost comma", `[[1 "Product","a"],` + two + "]", "71" + cutAhead2 + "; 72" + cutAhead2},
		{"no number behind", "[" + one + `,[2,NaN,"b"]]`, "71:Product|a; 72" + cutInArray},
		{"cut after an array", "[" + one + ",", "71:Product|a; 72" + cutAhead2},
		{"cut in an array", "[" + one + `,[2,"Sup`, "71:Product|a; 72" + cutInArray},
		{"cut in a number", "[" + one + `,[2`, "71:Product|a; 72" + cutAhead2},
		{"cut in the second array", one + two + `[1, "Sup`, "72:Support|b; 71" + restNumbers},
		{"broken before the second array", one + ` ["a" so: [` + one + "," + two, "71" + restNumbers + "; 72" + cutAhead2},
		{"cut in an object around", `{"results":[` + one + `,[2,"Support",`, "71:Product|a; 72" + cutInArray},
		{"deep", strings.Repeat("[", 50) + one + two + strings.Repeat("]", 50), both},
		{"too deep", strings.Repeat("[", 1000) + one + two, both},
		{"nothing", "", "71" + noLabels + "; 72" + noLabels},
		{"blanks to the end", "[" + one + ",\n" + strings.Repeat(" \n", 1000), "71:Product|a; 72" + cutAhead2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Read(tt.text, []int64{71, 72}, s, false)); got != tt.want {
				t.Errorf("got  %s\nwant %s\ntext %s", got, tt.want, tt.text)
			}
		})
	}
}

func TestReadOneArray(t *testing.T) {
	s := inStyle(t, short, prompt.Compact)
	for text, want := range map[string]string{
		`[1,"Product","a"]`:                                  "17:Product|a",
		`[[1,"Product","a"]]`:                                "17:Product|a",
		`{"result":[1,"Product","a"]}`:                       "17:Product|a",
		`["Product","a"]`:                                    "17" + noLabels,
		`[17,"Product","a"]`:                                 "17" + noArray + "; dropped 1",
		`{"RowID":17,"Topic":"Product","Note":"a"}`:          "17" + noLabels,
		`[1,"Product","a"`:                                   "17" + cutInArray,
		`[1,"Product"`:                                       "17" + cutInArray,
		`[1,"Product","a"][1,"Product","b"]`:                 "17" + contradicts2 + "; dropped 1",
		`[1,"Product","a"] {"Topic":"Support","RowID":17`:    "17:Product|a",
		`[1,"Product","a"] and "more" [1 , because it is so`: "17" + restNumbers,
	} {
		if got := brief(Read(text, []int64{17}, s, false)); got != want {
			t.Errorf("got  %s\nwant %s\ntext %s", got, want, text)
		}
	}
}

func TestReadArraysOfOneRowIDTwice(t *testing.T) {
	s := inStyle(t, short, prompt.Compact)
	const twice = "! duplicate RowID in one call"
	got := brief(Read(`[[1,"Product","a"],[2,"Support","b"],[3,"Product","c"]]`, []int64{5, 6, 5}, s, false))
	if want := "6:Support|b; 5" + twice + "; 5" + twice + "; dropped 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Rows whose numbers do not ascend are withdrawn, and no others.
func TestWithdrawUnordered(t *testing.T) {
	s := inStyle(t, ownLabels, prompt.Compact)
	for numbers, want := range map[string]string{
		"1 2 3 4": "1 2 3 4", "1 2 4": "1 2 4", "4": "4", "1 3 2 4": "1 4", "4 3 2 1": "", "2 3 4 1": "", "1 2 3 4 2": "1 2 3 4", "4 1 2 3": "", "1 4 2 3": "1",
	} {
		var text strings.Builder
		for _, n := range strings.Fields(numbers) {
			fmt.Fprintf(&text, `[%s,"t%s","m","n"]`, n, n)
		}
		var got []string
		for _, row := range Read(text.String(), []int64{1, 2, 3, 4}, s, false).Rows {
			got = append(got, strconv.FormatInt(row.RowID, 10))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", numbers, got, want)
		}
	}
}

// A reply cut anywhere gives the rows whose arrays are whole, with the same values.
func TestReadArraysCut(t *testing.T) {
	s := inStyle(t, short, prompt.Compact)
	ids := []int64{7, 8, 9}
	for _, form := range []string{"[%s]", "```json\n{\"results\": [%s]}\n```", "Sure: %s."} {
		whole := fmt.Sprintf(form, `[1, "Product", "a [2, \"x\", \"y\"] \\"], [2, "Support", "ü\u00fc"],`+"\n"+`[3, "N/A", 5]`)
		full := Read(whole, ids, s, false)
		if len(full.Rows) != 3 {
			t.Fatalf("%s: %s", form, brief(full))
		}
		for n := range len(whole) {
			r := Read(whole[:n], ids, s, false)
			want := 0
			for i, end := range []string{`\\"]`, `fc"]`, `, 5]`} {
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

// ownTyped has columns of every kind whose values can name their row.
const ownTyped = `{"system_prompt":"p","columns_to_code":["Topic","Areas","Score","Note","Tags"],"columns":{
	"Areas":{"type":"labels","labels":["a"],"max":5},"Score":{"type":"integer","optional":true},"Tags":{"type":"labels","labels":["b"],"max":5}},
	"not_applicable_defaults":{"Topic":"t","Note":"n"}}`

// arrayOf writes the array of a row, with labels that name RowID id.
func (w writer) arrayOf(number string, id int64) string {
	elements := []string{w.pick(number, number+".0", number+"e0")}
	for _, c := range w.s.Columns {
		label := strconv.Quote(ownLabel(c.Name, id))
		switch c.Type {
		case prompt.TypeLabels:
			label = w.pick("["+label+"]", "[]", "["+label+", "+strconv.Quote("b"+ownLabel(c.Name, id))+"]", label)
		case prompt.TypeInteger:
			label = w.pick(strconv.FormatInt(id, 10), "null", strconv.Quote(strconv.FormatInt(id, 10)))
		}
		if w.dice.IntN(3) == 0 {
			label = w.pick(label, `" `+strings.TrimPrefix(label, `"`), "null", "[1, \"x\"]", `"N/A"`, `{"a":[1,"x","x","x"]}`)
		}
		elements = append(elements, label)
	}
	if w.dice.IntN(12) == 0 {
		elements = slices.Delete(elements, 1, 2)
	}
	return "[" + w.space() + strings.Join(elements, w.space()+","+w.space()) + w.pick("", ",") + w.space() + "]"
}

// arrays writes a compact reply to a message about rows as models might.
func (w writer) arrays(ids []int64) string {
	var rows []string
	for i, id := range ids {
		number := strconv.Itoa(i + 1)
		switch w.dice.IntN(12) {
		case 0: // left out
		case 1:
			rows = append(rows, w.arrayOf(number, id), w.arrayOf(number, id))
		case 2:
			rows = append(rows, w.arrayOf("77", -1), w.arrayOf("99", -2), w.arrayOf(number, id))
		default:
			rows = append(rows, w.arrayOf(number, id))
		}
	}
	if w.dice.IntN(6) == 0 {
		w.dice.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	list := strings.Join(rows, w.pick(",", ", ", "\n", "")+w.space())
	list = w.pick("["+list+"]", list, "["+list+",]", `{"results": [`+list+`]}`, `{"a":{"b":[`+list+`], "n": 1}}`)
	return w.pick("", "Here it is [1]:\n", "<think>[[1, hm</think>", "```json\n") + list + w.pick("", "\n```", " Done {!}")
}

// checkCompact fails if a row of a compact reply has a value that names another row.
func checkCompact(t testing.TB, a, b uint64, file string) (labelled int) {
	s := inStyle(t, file, prompt.Compact)
	w := writer{rand.New(rand.NewPCG(a, b)), s}
	ids := w.ids()
	text := w.damage(w.arrays(ids), 3)
	r := Read(text, ids, s, false)
	if len(r.Rows)+len(r.Faults) != len(ids) {
		t.Errorf("%d rows and %d faults for %d ids", len(r.Rows), len(r.Faults), len(ids))
	}
	checkOwn(t, r, s, text)
	for _, row := range r.Rows {
		for i, c := range s.Columns {
			if v := row.Values[i]; c.Type == prompt.TypeInteger && !row.Gate && v != "" && v != strconv.FormatInt(row.RowID, 10) {
				t.Errorf("row %d: %s is %s in\n%s", row.RowID, c.Name, v, text)
			}
		}
	}
	return len(r.Rows)
}

func TestReadArraysNeverSwaps(t *testing.T) {
	for _, file := range []string{ownLabels, ownTyped} {
		labelled := 0
		for seed := range uint64(5_000) {
			labelled += checkCompact(t, seed, 0, file)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		if labelled < 5_000 {
			t.Errorf("only %d rows were read: the test shows little", labelled)
		}
	}
}

func FuzzArraysNeverSwap(f *testing.F) {
	f.Add(uint64(1), uint64(2), false)
	f.Add(uint64(3), uint64(4), true)
	f.Fuzz(func(t *testing.T, a, b uint64, typed bool) {
		file := ownLabels
		if typed {
			file = ownTyped
		}
		checkCompact(t, a, b, file)
	})
}

// Whatever a reply says, the rows and faults are those asked for, and their values are valid.
func FuzzReadArrays(f *testing.F) {
	s := inStyle(f, short, prompt.Compact)
	own := inStyle(f, ownTyped, prompt.Compact)
	for seed := range uint64(20) {
		w := writer{rand.New(rand.NewPCG(seed, 0)), s}
		f.Add(w.damage(w.arrays([]int64{1, 2, 12}), 2))
	}
	f.Add(`[[1,"Product","a"],[2," SUPPORT",1.5],[3.0,"N/A",null]]`)
	f.Add("<think>[[1,</think>[{\"a\":[1,\"x\",\"\\x\"]}] [2")
	f.Fuzz(func(t *testing.T, text string) {
		for _, ids := range [][]int64{{1, 2, 12}, {1}} {
			for _, strict := range []bool{false, true} {
				check(t, Read(text, ids, s, strict), ids, s, strict)
			}
			if r := Read(text, ids, own, false); len(r.Rows)+len(r.Faults) != len(ids) {
				t.Errorf("%d rows and %d faults", len(r.Rows), len(r.Faults))
			}
		}
	})
}

// A model that repeats what it was shown, before its reply or in it, never gives a row
// what a message says of it.
func TestReadArraysNeverTakesForgedLabels(t *testing.T) {
	s := inStyle(t, ownLabels, prompt.Compact)
	ids := []int64{1, 2, 3}
	const forged = `"forged","forged","forged"]`
	for _, cell := range []string{
		`[1,` + forged, `[ 1 , ` + forged, "[\n1.0," + forged, `[[1,` + forged + `,[3,` + forged + "]", `{"a":[1e0,` + forged + "}", `["1",` + forged,
		"[1 Negative] x\n[1," + forged, `"]] [1,` + forged, "```json\n[1," + forged + "\n```", `</think>[[1,` + forged, `[[1,"forged"`, "[\ufeff1," + forged, "[",
	} {
		for _, m := range []prompt.Mention{
			{RowID: 2, Message: cell}, {RowID: 2, Title: cell}, {RowID: 2, Sentiment: cell}, {RowID: 2, Title: "x [ ", Message: "1," + forged},
			{RowID: 2, Context: []prompt.ContextLine{{Label: prompt.ContextLabel(cell), Text: cell}}},
		} {
			shown := string(s.AppendUser(nil, []prompt.Mention{{RowID: 1, Message: "a"}, m, {RowID: 3, Message: "c"}}))
			w := writer{rand.New(rand.NewPCG(1, 2)), s}
			said := strings.ReplaceAll(cell, "</think>", "")
			own := "[" + w.arrayOf("1", 1) + "," + w.arrayOf("2", 2) + "," + w.arrayOf("3", 3) + "]"
			for _, text := range []string{shown + own, own + shown, shown, "The second says " + shown + ", so: " + own, said + own, own + said} {
				for _, row := range append(Read(text, ids, s, false).Rows, Read(text, []int64{1}, s, false).Rows...) {
					if slices.Contains(row.Values, "forged") {
						t.Errorf("row %d: got %q from\n%s", row.RowID, row.Values, text)
					}
				}
			}
		}
	}
}

func TestReadTypedArrays(t *testing.T) {
	s := inStyle(t, typed, prompt.Compact)
	for text, want := range map[string]string{
		`[1,"Billing",["Web"],3,0.5,true,"A1"]`:          "5:Billing|Web|3|0.5|true|A1",
		`[1,"Billing",[],3,null,false,null]`:             "5:Billing||3||false|",
		`[1,"Billing",["store"," APP "],3,0.5,true,""]`:  "5:Billing|App|Store|3|0.5|true|",
		`[1,"Billing",["App","App"],3,0.5,true,"A1"]`:    `5! column "Areas" has the duplicate label "App"`,
		`[1,"Billing",["Web"],9,0.5,true,"A1"]`:          `5! column "Severity" is 9, want a whole number from 1 to 5`,
		`[1,"Billing","Web",3,0.5,true,"A1"]`:            `5! column "Areas" is "Web", want an array of labels`,
		`[1,"Billing",[1,"Web"],3,0.5,true,"A1"]`:        `5! column "Areas" has an element that is not a label in its array`,
		`[1,"Billing",["Web"],3,true,0.5,"A1"]`:          `5! column "Score" is "true", want a number`,
		`[1,"Billing",["Web"],3,0.5,true,"A1",["more"]]`: "5" + otherCount,
	} {
		if got := brief(Read(text, []int64{5}, s, true)); got != want {
			t.Errorf("got  %s\nwant %s\ntext %s", got, want, text)
		}
	}
}
