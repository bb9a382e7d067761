package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"prism/internal/calllog"
	"prism/internal/prompt"
	"prism/internal/stats"
	"prism/internal/status"
)

func runResult() *stats.Result {
	return &stats.Result{
		PromptHash: "abc123",
		Run: &stats.Run{ID: "night", Project: "feedback", Version: "2", Model: "qwen3", BatchSize: 10, Units: 4, CreatedAt: "2026-01-02T03:04:05Z", FailedRanges: "failed_ranges.json",
			Files: []stats.RunFile{{Label: "a", Input: "in/a.csv", Status: "merged", Rows: 2000, Missing: 20, Output: "a.out.csv"}, {Label: "b", Input: "in/b.csv", Status: "running", Rows: 1000}}},
	}
}

func TestRunInEveryForm(t *testing.T) {
	checkForms(t, runResult(), &PageData{}, []formCase{
		{"what it is", "text", "run      night\nproject  feedback, version 2\nmodel    qwen3, 10 rows a call\nplanned  2026-01-02T03:04:05Z, 4 units of 2 files"},
		{"files", "text", "FILE  STATUS    ROWS  MISSING  OUTPUT\na     merged   2,000       20  a.out.csv\nb     running  1,000        0  -"},
		{"missing rows", "text", "missing rows are listed in failed_ranges.json"},
		{"title", "Markdown", "# Summary of night"},
		{"what it is", "Markdown", "| model | qwen3, 10 rows a call |"},
		{"files", "Markdown", "| a | in/a.csv | merged | 2,000 | 20 | a.out.csv |\n| b | in/b.csv | running | 1,000 | 0 | - |"},
		{"missing rows", "Markdown", "Missing rows are listed in `failed_ranges.json`."},
		{"files", "CSV", "file_status|a|merged|2000|\nfile_missing|a||20|0.010000\nfile_status|b|running|1000|\nfile_missing|b||0|0.000000\nrun|units|4||"},
		{"title", "page", "<h1>night</h1>"},
		{"missing rows", "page", `<li><b>20</b><span>rows missing</span><span class="soft">of 3,000 planned</span></li>`},
		{"prompt", "page", "<dt>prompt hash</dt><dd>abc123</dd>"},
	})
}

// A result is titled by what is known of its run.
func TestTitles(t *testing.T) {
	ids := func(values ...string) *stats.Result {
		r := &stats.Result{RunColumns: []stats.RunColumn{{Column: "Run_ID"}}}
		for _, v := range values {
			r.RunColumns[0].Values = append(r.RunColumns[0].Values, stats.ValueCount{Value: v, Count: 1})
		}
		return r
	}
	for _, c := range []struct {
		name, given    string
		r              *stats.Result
		page, markdown string
	}{
		{"given", "Survey\x1b", runResult(), `<h1>Survey\x1b</h1>`, "# Summary of night\n"},
		{"a run in the rows", "", ids("night"), "<h1>night</h1>", "# Summary of night\n"},
		{"several runs in the rows", "", ids("a", "b"), "<h1>Labels</h1>", "# Summary\n"},
		{"calls alone", "", &stats.Result{Calls: &stats.Calls{}}, "<h1>Model calls</h1>", "# Summary\n"},
	} {
		page, err := HTML(c.r, &PageData{Title: c.given})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), c.page) {
			_, got, _ := strings.Cut(string(page), "<header>")
			t.Errorf("%s: got page %.100q, want %q", c.name, got, c.page)
		}
		if got := string(Markdown(c.r)); !strings.HasPrefix(got, c.markdown) {
			t.Errorf("%s: got Markdown %.40q, want %q", c.name, got, c.markdown)
		}
	}
}

func TestGroupsOfCallsInEveryForm(t *testing.T) {
	at := func(second int) status.Time { return status.At(time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC)) }
	group := stats.CallGroup{Calls: 2000, Errors: 3, Retries: 1, RowsLabelled: 19_000, Tokens: 70_000, WastedTokens: 150, RowsPerSec: 12.5, Latency: stats.Latency{Calls: 10, P50: 0.25, P99: 1.5}}
	worker, host, size := group, group, group
	worker.Worker, host.Host, size.BatchSize = new(7), new("gpu\x1b1"), new(10)
	size.Latency = stats.Latency{}
	c := &stats.Calls{Calls: 2000, Errors: 3, RowsCached: 50, StartedAt: at(5), EndedAt: at(9), Outcomes: map[calllog.Outcome]int64{calllog.OK: 1997, calllog.Cut: 3},
		ByWorker: []stats.CallGroup{worker}, ByHost: []stats.CallGroup{host}, ByBatchSize: []stats.CallGroup{size},
		ErrorGroups: []stats.ErrorGroup{{Outcome: calllog.Cut, Error: "too | long", Calls: 3, Rows: 30, First: at(6), Last: at(8)}}}
	checkForms(t, &stats.Result{Calls: c}, &PageData{}, []formCase{
		{"rows from the cache", "Markdown", "| rows cached | 50 | labelled without a call, with the answer of the cache or of a row of the same content |"},
		{"a worker", "text", "  worker  calls  errors  retries    rows  rows/s  tokens  wasted    p50    p99\n  7       2,000       3        1  19,000    12.5  70,000     150  250ms  1.50s"},
		{"a worker", "Markdown", "| 7 | 2,000 | 3 | 1 | 19,000 | 12.5 | 70,000 | 150 | 250ms | 1.50s |"},
		{"a worker", "CSV", "by_worker|7 calls|2000||\nby_worker|7 errors|3||\nby_worker|7 retries|1||\nby_worker|7 rows_labelled|19000||\nby_worker|7 rows_per_sec|12.5||\n" +
			"by_worker|7 tokens|70000||\nby_worker|7 wasted_tokens|150||\nby_worker|7 latency_p50|0.25||\nby_worker|7 latency_p99|1.5||"},
		{"a worker", "page", `<th scope="row">7</th><td class="number">2,000</td><td class="number">3</td>`},
		{"a host with control characters", "Markdown", `| gpu\\x1b1 | 2,000 | 3 | 1 | 19,000 | 12.5 | 70,000 | 150 | 250ms | 1.50s |`},
		{"no call told its time", "CSV", "by_rows_a_call|10 latency_p50|||"},
		{"no call told its time", "Markdown", "| 10 | 2,000 | 3 | 1 | 19,000 | 12.5 | 70,000 | 150 | - | - |"},
		{"what went wrong", "Markdown", `| 3 | cut | too \| long |`},
		{"what went wrong", "page", "<td>cut</td><td>too | long</td><td>3</td><td>30</td><td>2026-01-02 03:04:06</td><td>2026-01-02 03:04:08</td>"},
		{"when", "CSV", "calls|started_at|2026-01-02T03:04:05Z||\ncalls|ended_at|2026-01-02T03:04:09Z||"},
	})
}

// Of more groups than fit, text and page say how many more there are; CSV has all. The text has
// no column of retries where the terminal has no room.
func TestGroupsOfCallsAreBounded(t *testing.T) {
	c := &stats.Calls{}
	for i := range 100 {
		c.ByHost = append(c.ByHost, stats.CallGroup{Host: new(fmt.Sprintf("host %02d", i)), Calls: 10_000, Tokens: 1_000_000, RowsLabelled: 100_000, WastedTokens: 10_000})
	}
	checkForms(t, &stats.Result{Calls: c}, &PageData{}, []formCase{
		{"text", "text", "  … and 84 more"}, {"page", "page", "… and 40 more"}, {"all", "CSV", "by_host|host 99 calls|10000||"},
	})
	for line := range strings.Lines(string(Text(&stats.Result{Calls: c}))) {
		if strings.Contains(line, "host ") && len(line) > textWidth+1 {
			t.Errorf("%d cells: %q", len(line), line)
		}
	}
}

func TestPageSaysWhatWasAsked(t *testing.T) {
	r := &stats.Result{Files: []stats.File{{Name: "r.csv", Rows: 5}}, Rows: 5,
		RunColumns: []stats.RunColumn{{Column: "Model_Name", Values: []stats.ValueCount{{Value: "qwen3", Count: 5}}}},
		Columns: []stats.Column{{Name: "Topic", Kind: stats.Label, Rows: 5, Values: []stats.ValueCount{{Value: "Billing", Count: 4, Class: stats.Listed}, {Value: "n/a", Count: 1, Class: stats.NotApplicable}},
			Schema: &prompt.Column{Name: "Topic", Type: prompt.TypeLabel, Description: "What is it about?", Labels: []string{"Billing", "Product"}, Definitions: []string{"money", ""}}}}}
	checkForms(t, r, &PageData{TextColumn: "Comment"}, []formCase{
		{"lead", "page", "5 rows, 1 column, labelled by qwen3."},
		{"question", "page", "<h3>Topic</h3><p>What is it about?</p>"},
		{"labels with their definitions", "page", "<li><b>Billing</b>: money</li><li><b>Product</b></li>"},
		{"values aside", "page", `<tr class="aside"><th scope="row">n/a</th><td class="number n">1</td><td class="number s">20.0%</td>`},
		{"where the texts are", "page", "there is no column Comment (--text-column names another)."},
	})
}
