package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"prism/internal/calllog"
	"prism/internal/stats"
)

func TestHTMLEscapesText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`{{.}}</style></svg>"
	r := hostileResult()
	r.PromptHash = evil
	r.Run = &stats.Run{ID: evil, Project: evil, Model: evil, Files: []stats.RunFile{{Label: evil, Status: evil, Output: evil}},
		Failed: []stats.FailedRow{{File: evil, Reason: evil}}, FailedRows: 9, FailedRanges: evil}
	for i := range r.Columns {
		r.Columns[i].Name = evil
		for k := range r.Columns[i].Values {
			r.Columns[i].Values[k].Value += evil
		}
	}
	r.CrossTables = []stats.CrossTable{{Rows: evil, Columns: evil, RowAxis: []string{evil, ""}, ColAxis: []string{evil}, Counts: [][]int64{{5}, {0}}, RowTotals: []int64{5, 0}, RowShares: [][]float64{{1}, {0}}, PairedRows: 5, MissingRows: 1, OtherRows: 1}}
	r.Calls.ErrorGroups = []stats.ErrorGroup{{Outcome: evil, Error: evil}}
	r.Calls.ByHost = []stats.CallGroup{{Host: new(evil)}}
	d := &PageData{Title: evil, TextColumn: evil, Misses: []stats.Miss{{RowID: 1, Column: evil, Gold: evil, Label: evil}}, AllMisses: 9,
		Commands: PageCommands{evil, evil, evil, evil}}
	got, err := HTML(r, d)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("<script>")); n != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, bad := range []string{"<img", "onerror=alert(2)>", "ZgotmplZ", `aria-label=""`} {
		if bytes.Contains(got, []byte(bad)) {
			t.Errorf("%s is in the page", bad)
		}
	}
	if again, _ := HTML(r, d); !bytes.Equal(got, again) {
		t.Error("the same result gives another page")
	}
}

func TestChartsStayInTheirBox(t *testing.T) {
	var c stats.CallCounter
	began := time.Unix(1_700_000_000, 0).UTC()
	for i := range 500 {
		c.AddCall(&calllog.Call{
			Time: began.Add(time.Duration(i) * 7 * time.Second), Rows: 10, Labelled: i % 11, Total: time.Millisecond << (i % 15),
			Outcome: []calllog.Outcome{calllog.OK, calllog.Partial, calllog.Cut, calllog.Transient}[i%4],
		})
	}
	got, err := HTML(&stats.Result{Calls: c.Result()}, &PageData{})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(got), `class="chart"`); n != 3 {
		t.Errorf("%d charts, want 3", n)
	}
	for _, m := range regexp.MustCompile(`(?:x|y|width|height|x1)="(-?[\d.]+|[^"]*(?:NaN|Inf)[^"]*)"`).FindAllStringSubmatch(string(got), -1) {
		if strings.HasPrefix(m[1], "-") || strings.Contains(m[1], "NaN") || strings.Contains(m[1], "Inf") {
			t.Errorf("coordinate %s", m[0])
		}
	}
}

func TestHTMLOfNothing(t *testing.T) {
	for _, r := range []*stats.Result{{}, {Calls: &stats.Calls{}}, {Run: &stats.Run{}}} {
		if got, err := HTML(r, &PageData{}); err != nil || !bytes.Contains(got, []byte("</html>")) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
}

// However many rows failed and labels are organic, the page has a part of them, and says how
// many more there are and how to see them.
func TestListsOfPageAreBounded(t *testing.T) {
	r := &stats.Result{Run: &stats.Run{FailedRows: 10_000, FailedRanges: "failed_ranges.json"}, Columns: []stats.Column{{Name: "Topic", Kind: stats.Label, Rows: 10_000}}}
	for i := range stats.MaxFailed {
		r.Run.Failed = append(r.Run.Failed, stats.FailedRow{File: "in", RowID: int64(i), Reason: "no valid labels"})
	}
	for i := range 10_000 {
		r.Columns[0].Values = append(r.Columns[0].Values, stats.ValueCount{Value: "label " + formatInt(int64(i)), Count: 1, Class: stats.Organic})
	}
	d := &PageData{AllMisses: 7000, Commands: PageCommands{Misses: "list misses", Organic: "list labels", Failed: "ask again"}}
	for i := range maxPageRows + 1 {
		d.Misses = append(d.Misses, stats.Miss{RowID: int64(i), Column: "Topic", Gold: "a", Label: "b"})
	}
	page, err := HTML(r, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"… and 9,800 more rows in failed_ranges.json", "<code>ask again</code>", "… and 9,800 more labels", "<code>list labels</code>", "… and 6,800 more rows<", "<code>list misses</code>",
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	if len(page) > 200<<10 {
		t.Errorf("the page has %d bytes", len(page))
	}
}
