package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"prism/internal/calllog"
	"prism/internal/stats"
	"prism/internal/status"
	"prism/internal/term"
)

func TestQuoteBlanks(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"value", quoteBlanks("a b"), "a b"}, {"blank value", quoteBlanks(" "), `" "`}, {"value with blanks around", quoteBlanks("a\n"), `"a "`}, {"no value", quoteBlanks(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

// hostileResult is a result of every kind with texts from outside.
func hostileResult() *stats.Result {
	r := &stats.Result{Schema: 1, Files: []stats.File{{Name: "a|b.csv", Rows: 5_000_000}, {Name: "c.csv", Rows: 1}}, Rows: 5_000_001}
	r.RunColumns = []stats.RunColumn{{Column: "Model_Name", Values: []stats.ValueCount{{Value: "m\x1b[2J", Count: 3}, {Value: "n", Count: 2}, {Value: "o"}, {Value: "p"}}}}
	r.Gate = &stats.Gate{Column: "Topic", NotApplicable: 7, Share: 7.0 / 5_000_000}
	wide := stats.Column{Name: "Topic\nof all", Kind: stats.Labels, Rows: 5_000_000, MissingRows: 3, Distinct: 40, OrganicRows: 39, Overflow: true, OtherRows: 3}
	wide.Confidence, wide.Agreement = &stats.Confidence{Rows: 4_999_999, Mean: 0.123456}, &stats.VoteShare{Rows: 5_000_000, Mean: 1, Changed: 2e-7}
	for i := range 40 {
		wide.Values = append(wide.Values, stats.ValueCount{Value: strings.Repeat("退款 <b>|`*_", i) + "\r\n", Count: 4_999_999 >> i, Class: stats.Organic})
	}
	wide.Values[0].Class = stats.Listed
	r.Columns = []stats.Column{wide, {Name: "Key", Kind: stats.Text, Rows: 5, Distinct: 10_000, Overflow: true, Length: &stats.Length{Min: 1, Mean: 2.5, Max: 3}},
		{Name: "Empty", Kind: stats.Labels}}
	r.Calls = &stats.Calls{Calls: 3, Errors: 2, Outcomes: map[calllog.Outcome]int64{"ok": 1, "cut": 1, "probe": 1, "odd\x1b": 1}, UnreadableLines: 1, IdleGaps: 2,
		StartedAt: status.At(time.Unix(1_700_000_000, 0).UTC()), EndedAt: status.At(time.Unix(1_700_000_100, 0).UTC())}
	return r
}

func TestTextFitsAndIsPrintable(t *testing.T) {
	text := string(Text(hostileResult()))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if w := term.Width(line); w > textWidth {
			t.Errorf("%d cells: %s", w, line)
		}
		if strings.ContainsFunc(line, unicode.IsControl) || strings.HasSuffix(line, " ") {
			t.Errorf("control characters or blanks at the end: %q", line)
		}
	}
	for _, want := range []string{"5,000,001 in 2 files", "… and 34 more values", "39 rows", "free text, more than 10,000 different", "cut 1", "1 probe beside",
		"  confidence: mean 12.3%, of 4,999,999 rows\n", "  votes: mean agreement 100.0%, <0.1% of 5,000,000 rows change with their place\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestMarkdownKeepsItsTables(t *testing.T) {
	cells := 0
	for line := range strings.Lines(string(Markdown(hostileResult()))) {
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		switch {
		case n == 0:
			cells = 0
		case cells > 0 && n != cells:
			t.Errorf("%d bars instead of %d: %s", n, cells, line)
		default:
			cells = n
		}
		if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x1b") || strings.Contains(line, " <b>") {
			t.Errorf("raw text: %q", line)
		}
	}
}

func TestCSVAndJSONHoldEverything(t *testing.T) {
	text, err := CSV(hostileResult())
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]int{}
	for _, r := range records[1:] {
		sections[r[0]]++
	}
	want := "map[agreement_changed:1 agreement_mean:1 calls:29 confidence_mean:1 file:2 gate:1 length_max:1 length_mean:1 length_min:1 listed:1 missing:3 organic:39 other:1 outcome:4 run:4]"
	if got := fmt.Sprint(sections); got != want {
		t.Errorf("sections\n got %s\nwant %s", got, want)
	}
	text, err = JSON(hostileResult())
	var back stats.Result
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil || len(back.Columns) != 3 || len(back.Columns[0].Values) != 40 {
		t.Errorf("JSON came back with %d columns (%v)", len(back.Columns), err)
	}
	if n := strings.Count(string(mustFormat(t, JSONLine, hostileResult())), "\n"); n != 1 {
		t.Errorf("a line of JSON has %d line feeds", n)
	}
}

func mustFormat(t *testing.T, f func(any) ([]byte, error), v any) []byte {
	t.Helper()
	b, err := f(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
