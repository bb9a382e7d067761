package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"prism/internal/prompt"
)

func TestSummarize(t *testing.T) {
	columns := func(accuracy float64) []columnAccuracy { return []columnAccuracy{{"Topic", accuracy, 0.1, 0.9, 0.5}} }
	got := summarize([]figures{
		{rowsPerSec: 3, prompt: 30, generated: 9, cpu: 0.1, missing: 2, columns: columns(0.4)},
		{rowsPerSec: 1, prompt: 50, generated: 7, cpu: 0.3, missing: 0, columns: columns(0.6)},
		{rowsPerSec: 2, prompt: 40, generated: 8, cpu: 0.2, missing: 1, columns: columns(0.5)},
	})
	c := got.columns[0]
	if got.rowsPerSec != 2 || got.prompt != 40 || got.generated != 8 || got.cpu != 0.2 || got.missing != 1 || c.accuracy != 0.5 || c.column != "Topic" {
		t.Errorf("got %+v", got)
	}
}

func TestParseAccuracy(t *testing.T) {
	got, err := parseAccuracy([]byte(`{"schema":2,"gold":{"rows":3,"columns":[
		{"column":"Topic","kind":"label","accuracy":0.5,"accuracy_low":0.2,"accuracy_high":0.8,"kappa":null},
		{"column":"Key_Point","kind":"text","accuracy":0,"accuracy_low":0,"accuracy_high":0.1,"kappa":null}]}}`))
	if err != nil || len(got) != 1 || got[0].column != "Topic" || got[0].accuracy != 0.5 || got[0].low != 0.2 || got[0].high != 0.8 || !math.IsNaN(got[0].kappa) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseAccuracy([]byte("{")); err == nil {
		t.Error("a cut file is accepted")
	}
}

// sampleResults are those of two styles, 1 and 10 rows a call, 1 and 4 calls in flight, and of a peer.
func sampleResults() []result {
	var all []result
	add := func(s setting, rate float64) {
		m := made(s, rate, 0.9, 0)
		m.generated, m.prompt, m.cpu = 20, 300, 0.002
		all = append(all, result{s, []figures{m.figures}})
	}
	for _, style := range []prompt.Style{prompt.Classic, prompt.Compact} {
		add(grid(style, 1, 1), 4)
		add(grid(style, 1, 4), 8)
		add(grid(style, 10, 1), 6)
		add(grid(style, 10, 4), 16)
	}
	add(setting{style: prompt.Classic, batch: 10, parallel: 4, repeats: true, cache: true}, 20)
	add(setting{peer: &peers[1], style: prompt.Classic, batch: 1, parallel: 4}, 7.5)
	return all
}

func TestReport(t *testing.T) {
	c := &config{model: "m", rounds: 1, parallels: []int{1, 4}, batches: []int{1, 10}, about: "curl 8",
		leftOut: []string{"promptfoo: it is not installed"}}
	var out strings.Builder
	c.writeReport(&out, 240, sampleResults())
	for _, want := range []string{
		"240 rows, model m, ", ", curl 8. Medians of 1 interleaved rounds.",
		"\n| program | style | rows a call | in flight | rows/s | generated tokens, a row | prompt tokens, a row | client's CPU, ms a row | Topic | rows without labels |\n" +
			"| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |\n" +
			"| prism-classify | classic | 1 | 1 | 4.0 | 20.0 | 300.0 | 2.00 | 90.0 (0.90) | 0 |\n",
		"| GNU parallel, curl and jq | classic | 1 | 4 | 7.5 | 20.0 | 300.0 | 2.00 | 90.0 (0.90) | 0 |\n\n### A table in which 30% of the rows repeat others\n",
		"| prism-classify --cache | classic | 10 | 4 | 20.0 |",
		"### Batch size, with 4 calls in flight\n\n| rows a call | classic, rows/s | × least | accuracy, mean of the columns | rows without labels | compact, rows/s |",
		"\n| 10 | 16.0 | 2.00 | 90.0 | 0 | 16.0 | 2.00 | 90.0 | 0 |\n",
		"### Calls in flight, with 10 rows a call\n\n| calls in flight | classic, rows/s | × least | compact, rows/s | × least |\n| --: | --: | --: | --: | --: |\n| 1 | 6.0 | 1.00 | 6.0 | 1.00 |\n| 4 | 16.0 | 2.67 | 16.0 | 2.67 |\n",
		"- LEFT OUT: promptfoo: it is not installed\n",
		"2.13 times as many rows a second as the hardest peer, GNU parallel, curl and jq, 4 in flight** (target: at least 2.0; reached).\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

// A setting that labelled nothing is a dash in the tables and no bar in the chart.
func TestReportWithoutASetting(t *testing.T) {
	results := sampleResults()
	results = append(results[:2], results[3:]...) // without classic, 10 rows a call, 1 in flight
	results = append(results[:2], results[3:]...) // and 4 in flight
	c := &config{rounds: 1, parallels: []int{1, 4}, batches: []int{1, 10}}
	var out strings.Builder
	c.writeReport(&out, 240, results)
	for _, want := range []string{"\n| 10 | – | – | – | – | 16.0 | 2.00 | 90.0 | 0 |\n", "\n| 1 | – | – | 6.0 | 1.00 |\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if bars := strings.Count(string(drawChart(results)), "<title>prism-classify, "); bars != 6 {
		t.Errorf("got %d bars, want 6", bars)
	}
}

// The chart is XML with a bar for each setting of prism-classify, inside its panel, and a line for the peer.
func TestDrawChart(t *testing.T) {
	picture := string(drawChart(sampleResults()))
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if bars := strings.Count(picture, "<title>prism-classify, "); bars != 8 {
		t.Errorf("got %d bars, want 8", bars)
	}
	for want, count := range map[string]int{`class="peer"`: 2, "prefers-color-scheme: dark": 1, "GNU parallel, curl and jq, 4 in flight, 7.5 rows/s": 1, ">compact</text>": 1} {
		if got := strings.Count(picture, want); got != count {
			t.Errorf("%q is there %d times, want %d", want, got, count)
		}
	}
}

func TestTickStep(t *testing.T) {
	for top, want := range map[float64]float64{0: 1, 0.9: 0.2, 7: 2, 16: 5, 26: 5, 60: 10, 110: 20, 9999: 2000} {
		if got := tickStep(top); math.Abs(got-want) > 1e-9 {
			t.Errorf("tickStep(%v) = %v, want %v", top, got, want)
		}
	}
}
