package confidence

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"prism/internal/prompt"
	"prism/internal/reply"
	"prism/internal/server"
)

// likely is a token with its alternatives, "text p" each; the first one was written.
func likely(t *testing.T, alternatives ...string) server.Token {
	var token server.Token
	for i, a := range alternatives {
		at := strings.LastIndexByte(a, ' ')
		p, err := strconv.ParseFloat(a[at+1:], 64)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			token.Text, token.LogProb = a[:at], math.Log(p)
		}
		token.Alternatives = append(token.Alternatives, server.Alternative{Text: a[:at], LogProb: math.Log(p)})
	}
	return token
}

func TestDistribution(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens [][]string // alternatives of each token
		start  int
		texts  []string
		chosen int
		want   []float64
	}{
		{"one token tells", [][]string{{`"`}, {"Price .6", "Staff .2", "Sure .1"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`}, 0, []float64{.75, .25}},
		{"what no token names shares the rest", [][]string{{`"`}, {"Price .6", "Staff .2"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`, `"App"`, `"Web"`}, 0,
			[]float64{.6, .2, .1, .1}},
		{"and is less likely than what is named", [][]string{{`"`}, {"Price .3", "Staff .1"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`, `"App"`}, 0,
			[]float64{.6, .2, .2}},
		{"none but the written one is named", [][]string{{`"`}, {"Price .6"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`, `"App"`}, 0, []float64{.6, .2, .2}},
		{"a beginning in common", [][]string{{`"`}, {"Pro .8", "App .2"}, {"duct .75", "cess .25"}, {`"`}}, 0, []string{`"Process"`, `"Product"`, `"App"`}, 1,
			[]float64{.2, .6, .2}},
		{"one label begins another", [][]string{{`"`}, {"App .9", "Web .1"}, {`" .7`, " Store .3"}}, 0, []string{`"App"`, `"App Store"`, `"Web"`}, 0,
			[]float64{.63, .27, .1}},
		{"a token of several is shared as their own are", [][]string{{`"`}, {"Bill .6", "Bug .2", "B .2"}, {"ing"}, {`"`}}, 0, []string{`"Billing"`, `"Bugs"`}, 0,
			[]float64{.75, .25}},
		{"the choice begins and ends inside tokens", [][]string{{`:"P .6`, `:"S .3`, `: .1`}, {`rice",`}}, 1, []string{`"Price"`, `"Staff"`}, 0, []float64{2. / 3, 1. / 3}},
		{"a number ends where no digit follows", [][]string{{"1 .8", "2 .2"}, {", .5", "0 .5"}}, 0, []string{"1", "2", "10"}, 0, []float64{.4, .2, .4}},
		{"a number with a token of its own", [][]string{{"1 .4", "12 .4", "2 .2"}, {","}}, 0, []string{"1", "2", "12"}, 0, []float64{.4, .2, .4}},
		{"a number of two digits", [][]string{{"1 .8", "2 .2"}, {"0 .5", ", .3", "} .2"}, {","}}, 0, []string{"1", "2", "10"}, 2, []float64{.4, .2, .4}},
		{"true, false and null", [][]string{{" true .5", " false .25", " null .25"}, {"}"}}, 1, []string{"true", "false", "null"}, 0, []float64{.5, .25, .25}},
		{"a token that the schema made it write", [][]string{{`"`}, {"Staff 1e-9", "Sure .9", "Price 3e-9"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`}, 1, []float64{.75, .25}},
		{"no probability at all", [][]string{{`"`}, {"Staff 0"}, {`"`}}, 0, []string{`"Price"`, `"Staff"`}, 1, []float64{.5, .5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []server.Token
			text := ""
			for _, alternatives := range c.tokens {
				if len(alternatives) == 1 && !strings.Contains(alternatives[0], " ") {
					alternatives = []string{alternatives[0] + " 1"}
				}
				list = append(list, likely(t, alternatives...))
				text += list[len(list)-1].Text
			}
			laid, ok := alignTokens(text, list)
			if !ok {
				t.Fatal("the tokens are not those of the text")
			}
			got, ok := laid.distribution(choice{c.start, c.texts, c.chosen, false})
			if !ok {
				t.Fatal("the chosen text is not found")
			}
			for i := range got {
				if math.Abs(got[i]-c.want[i]) > 1e-9 {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// TestDistributionIsExact: with all alternatives told, however the labels are cut into tokens,
// each label has the probability that the model gave it, and all together 1.
func TestDistributionIsExact(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		var texts []string
		var p []float64
		total := 0.0
		for range 2 + r.IntN(8) {
			label := []byte(`"`)
			for range 1 + r.IntN(6) {
				label = append(label, "ab c"[r.IntN(4)])
			}
			text := string(append(label, '"'))
			known := false
			for _, other := range texts {
				known = known || other == text
			}
			if !known {
				texts, p = append(texts, text), append(p, r.Float64())
				total += p[len(p)-1]
			}
		}
		size := 1 + r.IntN(3)
		for chosen := range texts {
			laid, ok := alignTokens(texts[chosen]+"}", writtenAs(texts, p, chosen, size, r.Float64()))
			if !ok {
				t.Fatal("the tokens are not those of the text")
			}
			got, ok := laid.distribution(choice{0, texts, chosen, false})
			sum := 0.0
			for _, share := range got {
				sum += share
			}
			if want := p[chosen] / total; !ok || math.Abs(got[chosen]-want) > 1e-9 || math.Abs(sum-1) > 1e-9 {
				t.Fatalf("seed %d: %q of %q: got %v (sum %v), want %v", seed, texts[chosen], texts, got[chosen], sum, want)
			}
		}
	}
}

// writtenAs is how a model writes a text that has some probability among others, in tokens of
// so many bytes; a part of each token's probability goes to what the schema forbids.
func writtenAs(texts []string, p []float64, chosen, size int, forbidden float64) (list []server.Token) {
	text := texts[chosen]
	for at := 0; at < len(text); at += size {
		shares, total := map[string]float64{}, 0.0
		for i, other := range texts {
			if strings.HasPrefix(other, text[:at]) {
				shares[other[at:min(at+size, len(other))]] += p[i]
				total += p[i]
			}
		}
		own := text[at:min(at+size, len(text))]
		token := server.Token{Text: own, LogProb: math.Log(shares[own] / total * (1 - forbidden))}
		for part, share := range shares {
			token.Alternatives = append(token.Alternatives, server.Alternative{Text: part, LogProb: math.Log(share / total * (1 - forbidden))})
		}
		list = append(list, token)
	}
	return append(list, server.Token{Text: "}"})
}

const codebook = `{"system_prompt": "s", "columns_to_code": ["Topic", "Areas", "Severity", "Refund", "Wish"],
	"columns": {"Topic": {"labels": ["Price", "Staff"]}, "Areas": {"type": "labels", "labels": ["App", "Web", "Store"], "max": 2},
	"Severity": {"type": "integer", "minimum": 1, "maximum": 12}, "Refund": {"type": "boolean", "optional": true}, "Wish": {}}}`

func TestSetConfidence(t *testing.T) {
	s, err := prompt.Parse([]byte(codebook), "codebook")
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		tokens [][]string
		strict bool
		want   []float64
	}{
		{"every type", [][]string{
			{`[1,"`}, {"Price .8", "Staff .1", "NOT .1"}, {`",[`}, {`" .75`, `] .25`}, {"App .5", "Web .25", "Store .25"}, {`" 1`}, {`] .5`, `, .5`},
			{","}, {"1 .5", "5 .5"}, {`, .5`, `2 .25`, `0 .25`}, {"null .4", "true .5", "false .1"}, {`,"low"]`},
		}, true, []float64{.8, .75 * .5 * .5, .25, .4, nan}},
		{"two of at most two labels", [][]string{
			{`[1,"Price",`}, {`[ .5`, `null .5`}, {`"`}, {"Web .5", "App .25", "Store .25"}, {`"`}, {`, .9`, `] .1`}, {`"`}, {"App .9", "Store .1"}, {`"`}, {`]`},
			{",1,"}, {`true`}, {`,"low"]`},
		}, true, []float64{1, .5 * .9 * .9, 1, 1, nan}},
		{"no label", [][]string{
			{`[1,"Price",`}, {`[`}, {`] .5`, `" .5`}, {",1,"}, {`true .5`, `null .5`}, {`,"low"]`},
		}, true, []float64{1, .5, 1, .5, nan}},
		{"the gate closes the row", [][]string{
			{`[1,"`}, {"NOT .9", "Price .1"}, {`_APPLICABLE",[],1,null,"-"]`},
		}, true, []float64{.9, nan, nan, nan, nan}},
		{"a label that is not listed, in another case and text around", [][]string{
			{"Here:\n", " .5"}, {`[1,"`}, {"Pets .5", "Price .25", "Staff .25"}, {`",["`}, {"WEB .5", "App .5"}, {`"],1,true,"low"]`}, {"\nBye"},
		}, false, []float64{.5, .5, 1, 1, nan}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []server.Token
			text := ""
			for _, alternatives := range c.tokens {
				if len(alternatives) == 1 && !strings.HasSuffix(alternatives[0], " 1") || strings.HasSuffix(alternatives[0], "\n") {
					alternatives = []string{alternatives[0] + " 1"}
				}
				list = append(list, likely(t, alternatives...))
				text += list[len(list)-1].Text
			}
			got := reply.Read(text, []int64{7}, s.InStyle(prompt.Compact), c.strict)
			if len(got.Rows) != 1 {
				t.Fatalf("%s: %+v", text, got.Faults)
			}
			// A model that thinks: the tokens of the thinking come before those of the text.
			written := append([]server.Token{{Text: "Hm, \"Price\"."}}, list...)
			if NewReader(s, false, false).SetConfidence(got.Rows, text, written); got.Rows[0].Confidence == nil {
				t.Fatal("the tokens are not those of the text")
			}
			for i, p := range got.Rows[0].Confidence {
				if math.IsNaN(p) != math.IsNaN(c.want[i]) || math.Abs(p-c.want[i]) > 1e-9 {
					t.Errorf("%s: got %v, want %v", s.Columns[i].Name, p, c.want[i])
				}
			}
		})
	}
}

// TestSetConfidenceOfSpellings: a value has the probability of all ways to write it, and it counts for no other.
func TestSetConfidenceOfSpellings(t *testing.T) {
	const held, free, open = "held", "free", "open" // the schema is kept; it need not be; other labels are allowed
	for _, c := range []struct {
		name, gate, column string
		policy             string
		tokens             [][]string
		want               float64
	}{
		{"N/A is listed, and is what stands there", `"X"`, `{"labels": ["Price", "N/A"]}`, held, [][]string{{`"`}, {"N .8", "Price .2"}, {"/A .75", "OT .25"}, {`"`}}, .8},
		{"it is listed, and NOT_APPLICABLE stands there", `"X"`, `{"labels": ["Price", "N/A"]}`, held, [][]string{{`"`}, {"N .8", "Price .2"}, {"OT .25", "/A .75"}, {`_APPLICABLE"`}}, .8},
		{"listed in another case", `"X"`, `{"labels": ["Price", "not_applicable"]}`, held, [][]string{{`"`}, {"not .6", "Price .2"}, {`_applicable"`}}, .75},
		{"a label of its own", `"X"`, `{"labels": ["Price", "Not applicable"]}`, held, [][]string{{`"`}, {"Not .5", "Price .25", "NOT .25"}, {` applicable"`}}, .5},
		{"NOT_APPLICABLE is not listed", `"X"`, `{"labels": ["Price", "Staff"]}`, free, [][]string{{`"`}, {"N .5", "Price .25", "NOT .25"}, {`/A"`}}, .75},
		{"another case is forbidden", `false`, `{"labels": ["Price", "Staff"]}`, held, [][]string{{`"`}, {"Price .6", "staff .2", "Staff .2"}, {`"`}}, .75},
		{"and allowed where other labels are", `false`, `{"labels": ["Price", "Staff"]}`, open, [][]string{{`"`}, {"Price .6", "staff .2", "Staff .2"}, {`"`}}, .6},
		{"the value itself in another case", `false`, `{"labels": ["Price", "Staff"]}`, open, [][]string{{`"`}, {"price .4", "Price .2", "staff .2"}, {`"`}}, .75},
		{"a letter that is no ASCII", `false`, `{"labels": ["Übung", "Öl"]}`, open, [][]string{{`"`}, {"übung .5", "öl .3", "Übung .2"}, {`"`}}, .7},
		{"the case does not end a text early", `false`, `{"labels": ["App", "App Store"]}`, open, [][]string{{`"`}, {"app .5", "APP .5"}, {`" .5`, " store .3", " Store .2"}}, .5},
		{"an escape", `false`, `{"labels": ["A/B", "Staff"]}`, free, [][]string{{`"`}, {`A .6`, "Staff .2"}, {`\/B`}, {`"`}}, .75},
		{"a boolean in quotes", `false`, `{"type": "boolean"}`, free, [][]string{{`"`}, {"true .6", "false .2"}, {`"`}}, .75},
		{"a boolean in another case", `false`, `{"type": "boolean"}`, free, [][]string{{`"`}, {"True .3", "true .3", "false .1", "False .1"}, {`"`}}, .75},
		{"a boolean or null", `false`, `{"type": "boolean", "optional": true}`, held, [][]string{{"null .4", "true .4", "True .2"}}, .5},
		{"an integer in quotes", `false`, `{"type": "integer", "minimum": 1, "maximum": 12}`, free, [][]string{{`"`}, {"1 .8", "2 .2"}, {`" .5`, "2 .25", "0 .25"}}, .4},
		{"an integer with a point", `false`, `{"type": "integer", "minimum": 1, "maximum": 3}`, free, [][]string{{"1 .5", "2 .25", "3 .25"}, {".0"}}, .5},
		{"a label that is a number, without quotes", `false`, `{"labels": ["1", "2"]}`, free, [][]string{{"1 .6", "2 .2"}}, .75},
		{"several labels, one in another case", `false`, `{"type": "labels", "labels": ["App", "Web"], "max": 1}`, open, [][]string{{"["}, {`"`}, {"app .5", "App .25", "web .25"}, {`"`}, {"]"}}, .75},
		{"several labels, one with an escape", `false`, `{"type": "labels", "labels": ["A/B", "Web"], "max": 1}`, held, [][]string{{"["}, {`"`}, {"A .75", "Web .25"}, {`\/B`}, {`"`}, {"]"}}, .75},
		{"of a token that matters nothing is told", `false`, `{"labels": ["Price", "Staff"]}`, held, [][]string{{`"`}, {"Price NaN"}, {`"`}}, math.NaN()},
		{"of one that does not matter", `false`, `{"labels": ["Price", "Staff"]}`, held, [][]string{{`" NaN`}, {"Price .75", "Staff .25"}, {`" NaN`}}, .75},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := prompt.Parse([]byte(`{"system_prompt": "s", "columns_to_code": ["X", "Y"], "columns": {"X": `+c.column+`, "Y": {}}, "gate": `+c.gate+`}`), "codebook")
			if err != nil {
				t.Fatal(err)
			}
			list := []server.Token{{Text: "[1,"}}
			text := list[0].Text
			for _, alternatives := range append(c.tokens, []string{`,"y"]`}) {
				if len(alternatives) == 1 && !strings.HasSuffix(alternatives[0], " NaN") {
					alternatives = []string{alternatives[0] + " 1"}
				}
				list = append(list, likely(t, alternatives...))
				text += list[len(list)-1].Text
			}
			got := reply.Read(text, []int64{7}, s.InStyle(prompt.Compact), c.policy != open)
			if len(got.Rows) != 1 {
				t.Fatalf("%s: %+v", text, got.Faults)
			}
			NewReader(s, c.policy == free, c.policy != open).SetConfidence(got.Rows, text, list)
			if p := got.Rows[0].Confidence[0]; math.IsNaN(p) != math.IsNaN(c.want) || math.Abs(p-c.want) > 1e-9 {
				t.Errorf("%s, %q: got %v, want %v", text, got.Rows[0].Values[0], p, c.want)
			}
		})
	}
}

func TestSetConfidenceOfOtherTokens(t *testing.T) {
	s, err := prompt.Parse([]byte(codebook), "codebook")
	if err != nil {
		t.Fatal(err)
	}
	const text = `[1,"Price",[],1,null,"low"]`
	got := reply.Read(text, []int64{7}, s.InStyle(prompt.Compact), true)
	for _, written := range [][]server.Token{nil, {{Text: text[:9]}}, {{Text: "other"}}} {
		if NewReader(s, false, false).SetConfidence(got.Rows, text, written); got.Rows[0].Confidence != nil {
			t.Errorf("%v gave a confidence", written)
		}
	}
	if n := NewReader(s, false, false).Alternatives(); n < 12 || n > server.MostAlternatives {
		t.Errorf("asks for %d alternatives", n)
	}
}

// FuzzSetConfidence: whatever tokens a server tells of, a confidence is from 0 to 1.
func FuzzSetConfidence(f *testing.F) {
	s, err := prompt.Parse([]byte(codebook), "codebook")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`[1,"Price",["App"],12,null,"low"]`, uint64(1))
	f.Add(`{"RowID":7,"Topic":"staff","Areas":[ "Web" , "App",],"Severity":"3.0","Refund":"TRUE","Wish":"é"}`, uint64(2))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		var written []server.Token
		for rest := text; rest != ""; {
			n := 1 + r.IntN(min(len(rest), 6))
			token := server.Token{Text: rest[:n], LogProb: -r.ExpFloat64() * 10}
			for range r.IntN(6) {
				from := r.IntN(len(text))
				token.Alternatives = append(token.Alternatives, server.Alternative{Text: text[from:min(from+r.IntN(8), len(text))], LogProb: -r.ExpFloat64() * 10})
			}
			written, rest = append(written, token), rest[n:]
		}
		for _, style := range []prompt.Style{prompt.Classic, prompt.Compact} {
			got := reply.Read(text, []int64{7}, s.InStyle(style), false)
			NewReader(s, seed%2 == 0, false).SetConfidence(got.Rows, text, written)
			for _, row := range got.Rows {
				for _, p := range row.Confidence {
					if p < 0 || p > 1+1e-9 {
						t.Errorf("%q: %v", text, row.Confidence)
					}
				}
			}
		}
	})
}
