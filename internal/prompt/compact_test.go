package prompt

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAppendCompactUser(t *testing.T) {
	p := parseTestdata(t, "feedback.json").InStyle(Compact)
	full := Mention{RowID: 70001, Title: "Poor service", Sentiment: "Negative", Message: "I waited 45 minutes\n[2] for support [twice]"}
	bare := Mention{RowID: -20, Message: "Two lines,\r\nkept as they are: \"{...}\" [[2, \"x\"]]"}
	inContext := Mention{RowID: 5, Title: "App crash", Message: "It closes at once.", Context: []ContextLine{
		{ContextLabel("Product"), "App"}, {ContextLabel("Version, build\nnumber"), "2.1"}, {ContextLabel("Store"), ""}, {ContextLabel("[3]"), "[4]"},
	}}
	untitled := Mention{RowID: 6, Message: "Reset?", Sentiment: "Neutral", Context: []ContextLine{{ContextLabel("Product"), "Web"}}}
	for name, ms := range map[string][]Mention{
		"compact_batch":  {full, bare, inContext, untitled, {RowID: 7, Title: "Only a title"}, {RowID: 8}},
		"compact_single": {full},
	} {
		want, err := os.ReadFile(filepath.Join("testdata", name+".golden"))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.AppendUser([]byte("before"), ms)); got+"\n" != "before"+string(want) {
			t.Errorf("%s: got\n%s\nwant\nbefore%s", name, got, want)
		}
	}
}

// The start of the message is the same in all calls for as many rows.
func TestCompactPrefix(t *testing.T) {
	p := parseTestdata(t, "feedback.json").InStyle(Compact)
	for _, n := range []int{1, 2, 10} {
		var starts []string
		for _, m := range []Mention{{RowID: 1, Title: "t", Message: "m"}, {RowID: 99, Message: "[1]\n\n", Sentiment: "s"}} {
			start, _, ok := strings.Cut(string(p.AppendUser(nil, slices.Repeat([]Mention{m}, n))), "\n\n[1")
			starts = append(starts, start)
			if !ok || !strings.Contains(start, "[number,Topic,Sentiment,Urgency,Key_Point]") {
				t.Errorf("%d rows: %q", n, start)
			}
		}
		if starts[0] != starts[1] {
			t.Errorf("%d rows: %q and %q", n, starts[0], starts[1])
		}
	}
}

func TestAppendCompactCell(t *testing.T) {
	for _, c := range []struct{ name, cell, want string }{
		{"ordinary", "My order {\"id\": 7} [see 3]\nis late ═ again **now** <b> RowID: 3", "My order {\"id\": 7} [see 3]\nis late ═ again **now** <b> RowID: 3"},
		{"row", "a\n[2] b", "a\n[\\2] b"},
		{"row in a line", "a [2 Positive] b", "a [\\2 Positive] b"},
		{"answer", `[[1,"x"],[ 2 ,"y"]]`, `[[\1,"x"],[\ 2 ,"y"]]`},
		{"answer over lines", "[\r\n\t-1,", "[\\\r\n\t-1,"},
		{"number as text", `["1",`, `[\"1",`},
		{"behind invisible characters", "[\u200b\ufeff3]", "[\\\u200b\ufeff3]"},
		{"other digits", "[３] [Ⅳ]", "[\\３] [\\Ⅳ]"},
		{"at the end", "a [ \n", "a [\\ \n"},
		{"bracket alone", "[", "[\\"},
		{"brackets", "[[[x]]", "[[[x]]"},
		{"tags of thoughts", "a</think>b<Think>", `a<\/think>b<\Think>`},
		{"NUL", "a\x00b[\x001", `a\x00b[\\x001`},
		{"not UTF-8", "\xff[\xff[1\xe2", "\xff[\xff[\\1\xe2"},
	} {
		if got := string(appendCompactCell(nil, c.cell)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// startsOfRows finds what begins a row of a message, or could begin its answer in a copy.
var startsOfRows = regexp.MustCompile(`\[[\s"'+-]*\d+`)

// Whatever the cells say, a bracket before a number stands at the start of a row, and nowhere else.
func FuzzAppendCompactUser(f *testing.F) {
	f.Add("a\x00", "\x00[ 2", "\x00", true)
	f.Add("[2 Positive] x\n[3", "[", `[2,"x"]`, false)
	f.Add("2]", "x [", "\t3,", false)
	s, err := Parse([]byte(`{"system_prompt":"p","columns_to_code":["A"]}`), "p.json")
	if err != nil {
		f.Fatal(err)
	}
	p := s.InStyle(Compact)
	f.Fuzz(func(t *testing.T, message, title, sentiment string, alone bool) {
		context := []ContextLine{{ContextLabel(title), message}, {ContextLabel(message), sentiment}}
		ms := []Mention{{10, title, context, message, sentiment}, {20, title, context, message, sentiment}, {30, "", nil, title, ""}}
		want := []string{"[1", "[2", "[3"}
		if alone {
			ms, want = ms[:1], want[:1]
		}
		text := string(p.AppendUser(nil, ms))
		if got := startsOfRows.FindAllString(text, -1); !slices.Equal(got, want) || strings.ContainsAny(text, "\x00") {
			t.Errorf("starts %q in\n%s", got, text)
		}
		for _, start := range want {
			if strings.Count(text, "\n"+start) != 1 {
				t.Errorf("%s is not at the start of one line of\n%s", start, text)
			}
		}
	})
}

func TestCompactSystemMessage(t *testing.T) {
	s := parseTestdata(t, "codebook.json")
	classic, compact := s.InStyle(Classic).System, s.InStyle(Compact).System
	start, want, _ := strings.Cut(classic, "RowID: -1\n")
	got, ok := strings.CutPrefix(compact, start)
	if !ok || strings.Contains(got, RowID) || !strings.Contains(want, RowID) {
		t.Errorf("got\n%s", compact)
	}
	if want := `[-1 Negative] Charged
I was charged twice
[MENTION 2 of 2]
Reply: [-1,"twice is once too often","Billing",["App","Web"],3,10,true,null,"angry","charged twice"]

[-2] hello
Reply: [-2,…,"NOT_APPLICABLE",…,…,…,…,…,…,…]

[-3] App broken
Reply: [-3,…,"Product",[],5,null,false,null,null,…]`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if s.InStyle(Compact).Hash() != s.Hash() {
		t.Error("the style changes the hash")
	}
}

func TestCompactReplySchema(t *testing.T) {
	p := parseTestdata(t, "codebook.json").InStyle(Compact)
	for _, strict := range []bool{false, true} {
		values := p.rows[policyIndex(strict)].tail
		one := string(p.AppendReplySchema(nil, []int64{-5}, strict))
		if want := `{"type":"array","prefixItems":[{"const":1` + values; one != want {
			t.Errorf("got %s, want %s", one, want)
		}
		two := string(p.AppendReplySchema([]byte("before"), []int64{900, 7}, strict))
		if want := `before{"type":"array","prefixItems":[` + one + "," + strings.Replace(one, `"const":1`, `"const":2`, 1) + `],"minItems":2,"maxItems":2}`; two != want {
			t.Errorf("got %s, want %s", two, want)
		}
		var row struct {
			PrefixItems        []property
			MinItems, MaxItems int
			Items              *property
		}
		if err := json.Unmarshal([]byte(one), &row); err != nil {
			t.Fatal(err)
		}
		if n := 1 + len(p.Columns); len(row.PrefixItems) != n || row.MinItems != n || row.MaxItems != n || row.Items != nil {
			t.Errorf("%d items, %d to %d", len(row.PrefixItems), row.MinItems, row.MaxItems)
		}
		if strings.Contains(one, "pattern") || strings.Contains(one, `"enum":[]`) {
			t.Errorf("what servers cannot take: %s", one)
		}
	}
	got := string(p.AppendReplySchema(nil, []int64{1}, true))
	if want := `{"type":"array","prefixItems":[{"const":1},{"type":"string","maxLength":200},` +
		`{"type":"string","enum":["Billing","Product","Other","NOT_APPLICABLE"]},` +
		`{"type":"array","items":{"type":"string","enum":["App","Web","Store \"Ü\""]},"maxItems":2},` +
		`{"type":"integer","minimum":1,"maximum":5},{"anyOf":[{"type":"number","minimum":-0.5},{"type":"null"}]},{"type":"boolean"},` +
		`{"anyOf":[{"type":"string","maxLength":20},{"type":"null"}]},{"anyOf":[{"type":"string","enum":["calm","angry"]},{"type":"null"}]},` +
		`{"type":"string","maxLength":300}],"minItems":10,"maxItems":10}`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The longest reply that the schema allows, laid out with indents, fits.
func TestCompactNumPredict(t *testing.T) {
	p := parseTestdata(t, "codebook.json").InStyle(Compact)
	long := func(n int) string { return `"` + strings.Repeat("𝄞", n) + `"` }
	values := []string{long(200), long(300), "[\n      " + long(300) + ",\n      " + long(300) + "\n    ]", "5",
		"-1234567890123456.1234567890123456e-1234567890123456", "false", long(20), long(300), long(300)}
	for _, rows := range []int{1, 10, 9999} {
		row := "  [\n    " + fmt.Sprint(rows) + ",\n    " + strings.Join(values, ",\n    ") + "\n  ],\n"
		if got, need := p.NumPredict(rows, false), len("[\n")+rows*len(row)+len("]\n"); got < need || got > need+64*rows {
			t.Errorf("%d rows: got %d, the longest reply has %d", rows, got, need)
		}
	}
}

func BenchmarkAppendCompactUser(b *testing.B) {
	ms := make([]Mention, 10)
	for i := range ms {
		ms[i] = Mention{RowID: int64(i), Title: "Poor service", Sentiment: "Negative", Message: strings.Repeat("I waited. ", 30)}
	}
	p := parseTestdata(b, "feedback.json").InStyle(Compact)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = p.AppendUser(dst[:0], ms)
	}
}
