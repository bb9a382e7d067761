package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"prism/internal/stats"
	"prism/internal/status"
)

func TestNumbers(t *testing.T) {
	half, year := 114.2, 3.2e7
	huge := math.MaxFloat64
	for _, c := range []struct{ name, got, want string }{
		{"count", Count(1234567), "1,234,567"}, {"count of three digits", Count(999), "999"},
		{"negative count", Count(-1234), "-1,234"}, {"least count", Count(math.MinInt64), "-9,223,372,036,854,775,808"},
		{"rate", Rate(0.8333), "0.83"}, {"rate of tens", Rate(12.44), "12.4"}, {"rate of thousands", Rate(1234.5), "1,235"},
		{"rate that rounds up", Rate(9.996), "10.0"}, {"rate that rounds up to 1,000", Rate(999.7), "1,000"},
		{"no rate", Rate(0), "-"}, {"no number", Rate(math.NaN()), "-"}, {"endless", Rate(math.Inf(1)), "-"}, {"huge", Rate(1e300), "1e+300"},
		{"percent", Percent(57, 240), "23.8%"}, {"all", Percent(5, 5), "100.0%"}, {"nearly all", Percent(99999, 100000), ">99.9%"},
		{"hardly any", Percent(1, 100000), "<0.1%"}, {"none", Percent(0, 5), "0.0%"}, {"of nothing", Percent(0, 0), "-"},
		{"seconds", Span(45 * time.Second), "45s"}, {"few seconds", Span(1250 * time.Millisecond), "1.2s"},
		{"minutes", Span(185 * time.Second), "3m05s"}, {"rounds up", Span(59*time.Second + 700*time.Millisecond), "1m00s"},
		{"hours", Span(134 * time.Minute), "2h14m"}, {"days", Span(76 * time.Hour), "3d04h"}, {"before", Span(-1), "-"},
		{"left", Left(&half), "1m55s"}, {"left for long", Left(&year), "370d08h"}, {"left not known", Left(nil), "-"}, {"left for ever", Left(&huge), "-"},
		{"one", Plural(1, "row"), "1 row"}, {"many", Plural(1000, "row"), "1,000 rows"},
		{"bar", Bar(0.5, 4), "██"}, {"bar with a rest", Bar(0.3, 4), "█▎"}, {"bar that just shows", Bar(1e-9, 4), "▏"},
		{"no bar", Bar(0, 4), ""}, {"over-full bar", Bar(7, 4), "████"}, {"bar of no number", Bar(math.NaN(), 4), ""},
		{"gauge", Gauge(0.5, 4), "██░░"}, {"gauge not quite full", Gauge(0.999, 4), "███░"}, {"gauge of no number", Gauge(math.NaN(), 4), "░░░░"},
		{"full gauge", Gauge(1, 4), "████"},
		{"plain", Plain("a\tb\x1b[31m\u202ec\u009b\n"), "a b [31m c  "}, {"plain stays", Plain("Größe 退款 👍"), "Größe 退款 👍"}, {"no UTF-8", Plain("a\xff"), "a\ufffd"},
		{"value", visible("a b"), "a b"}, {"blank value", visible(" "), `" "`}, {"value with blanks around", visible("a\n"), `"a "`}, {"no value", visible(""), ""},
		{"cut", Cut("abcdef", 4), "abc…"}, {"cut wide", Cut("退款退款", 5), "退款…"}, {"not cut", Cut("abcd", 4), "abcd"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

// nasty is a result of every kind with texts from outside.
func nasty() *stats.Result {
	r := &stats.Result{Schema: 1, Files: []stats.File{{Name: "a|b.csv", Rows: 5_000_000}, {Name: "c.csv", Rows: 1}}, Rows: 5_000_001}
	r.Facts = []stats.Fact{{Column: "Model_Name", Values: []stats.Value{{Value: "m\x1b[2J", Count: 3}, {Value: "n", Count: 2}, {Value: "o"}, {Value: "p"}}}}
	r.Gate = &stats.Gate{Column: "Topic", NotApplicable: 7, Share: 7.0 / 5_000_000}
	wide := stats.Column{Name: "Topic\nof all", Kind: stats.Labels, Rows: 5_000_000, Missing: 3, Distinct: 40, Organic: 39, Overflow: true, Rest: 3}
	for i := range 40 {
		wide.Values = append(wide.Values, stats.Value{Value: strings.Repeat("退款 <b>|`*_", i) + "\r\n", Count: 4_999_999 >> i, Class: stats.Organic})
	}
	wide.Values[0].Class = stats.Listed
	r.Columns = []stats.Column{wide, {Name: "Key", Kind: stats.Text, Rows: 5, Distinct: 10_000, Overflow: true, Length: &stats.Length{Min: 1, Mean: 2.5, Max: 3}},
		{Name: "Empty", Kind: stats.Labels}}
	r.Calls = &stats.Calls{Calls: 3, Errors: 2, Outcomes: map[status.Outcome]int64{"ok": 1, "cut": 1, "probe": 1, "odd\x1b": 1}, Unreadable: 1, Rests: 2,
		StartedAt: status.At(time.Unix(1_700_000_000, 0).UTC()), EndedAt: status.At(time.Unix(1_700_000_100, 0).UTC())}
	return r
}

func TestTextFitsAndIsHarmless(t *testing.T) {
	text := string(Text(nasty()))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if w := Width(line); w > textWidth {
			t.Errorf("%d cells: %s", w, line)
		}
		if strings.ContainsFunc(line, unicode.IsControl) || strings.HasSuffix(line, " ") {
			t.Errorf("control characters or blanks at the end: %q", line)
		}
	}
	for _, want := range []string{"5,000,001 in 2 files", "… and 34 more values", "39 rows", "free text, more than 10,000 different", "cut 1", "1 probe beside"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestMarkdownKeepsItsTables(t *testing.T) {
	cells := 0
	for line := range strings.Lines(string(Markdown(nasty()))) {
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
	text, err := CSV(nasty())
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
	want := "map[calls:28 file:2 gate:1 length_max:1 length_mean:1 length_min:1 listed:1 missing:3 organic:39 other:1 outcome:4 run:4]"
	if got := fmt.Sprint(sections); got != want {
		t.Errorf("sections\n got %s\nwant %s", got, want)
	}
	text, err = JSON(nasty())
	var back stats.Result
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil || len(back.Columns) != 3 || len(back.Columns[0].Values) != 40 {
		t.Errorf("JSON came back with %d columns (%v)", len(back.Columns), err)
	}
	if n := strings.Count(string(must(t, Line, nasty())), "\n"); n != 1 {
		t.Errorf("a line of JSON has %d line feeds", n)
	}
}

func must(t *testing.T, f func(any) ([]byte, error), v any) []byte {
	t.Helper()
	b, err := f(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRunFits(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name        string
		label       string
		done, total int64
		rate        float64
		wantLabel   bool
	}{
		{"usual", "q1_feedback", 155, 250, 0.83, true},
		{"no labels", "", 155, 250, 0.83, true},
		{"long label", "customer_feedback_of_the_first_quarter", 155, 250, 0.83, true},
		{"millions", "q1_feedback", 1_234_567, 1_250_000, 123.4, false},
		{"stream", "q1_feedback", 1_234_567, 0, 123.4, true},
	} {
		run := status.Run{ID: "r"}
		for id := range 16 {
			run.Workers = append(run.Workers, status.Worker{WorkerID: id + 1, State: status.Running, Label: c.label, Host: "h",
				StartedAt: status.At(now), UpdatedAt: status.At(now), RowsProcessed: c.done, TotalRows: c.total, RowsPerSec: c.rate, TokensPerSec: 40 * c.rate})
		}
		v := run.View(status.Look{Now: now, Host: "h", DeadAfter: status.DeadAfter, Alive: func(int) bool { return true }})
		text := string(Run(v))
		for line := range strings.Lines(text) {
			if w := Width(strings.TrimSuffix(line, "\n")); w > runWidth {
				t.Errorf("%s: %d cells: %s", c.name, w, line)
			}
		}
		if got := strings.Contains(text, "LABEL"); got != c.wantLabel {
			t.Errorf("%s: label column %v, want %v\n%s", c.name, got, c.wantLabel, text)
		}
	}
}

func TestRunTellsWhoNeedsAttention(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	w := func(id int, s status.State, silent time.Duration) status.Worker {
		return status.Worker{WorkerID: id, State: s, Host: "h", PID: 100 + id, TotalRows: 10, StartedAt: status.At(now.Add(-time.Hour)),
			UpdatedAt: status.At(now.Add(-silent)), LastError: "it broke\x1b[2J", StopReason: "", Resume: "prism-classify --run-id r"}
	}
	run := status.Run{ID: "r", Paused: true, Workers: []status.Worker{
		w(1, status.Running, 0), w(2, status.Running, time.Minute), w(3, status.Running, time.Minute), w(4, status.Stopped, 0), w(5, status.Failed, 0)}}
	run.Workers[0].RowsFailed = 2
	run.Workers[3].StopReason = status.Unreachable
	v := run.View(status.Look{Now: now, Host: "h", DeadAfter: status.DeadAfter, Units: 8, Alive: func(pid int) bool { return pid == 102 }})
	text := string(Run(v))
	for _, want := range []string{
		"run r: running, pausing\n",
		"worker 1: 2 rows failed: it broke [2J\n",
		"worker 2 is slow: no heartbeat for 1m00s from process 102 on h\n",
		"worker 3 is dead: no heartbeat for 1m00s from process 103 on h\n  resume: prism-classify --run-id r\n",
		"worker 4 stopped (unreachable): it broke [2J\n  resume: ",
		"worker 5 failed: it broke [2J\n",
		"3 units not started\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if got, want := RunLine(v), "r: running, pausing, 0 rows, 2 rows failed, 1 worker slow, 1 worker dead, 1 worker failed, 1 worker stopped"; got != want {
		t.Errorf("line\n got %s\nwant %s", got, want)
	}
}
