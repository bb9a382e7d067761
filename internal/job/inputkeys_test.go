package job

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const jobHead = "project: {name: p}\nmodel: {name: m}\nprompts: {config_file: p.json}\n"

// TestInputKeys: a file of the queue has the keys of input: but for those that it sets.
func TestInputKeys(t *testing.T) {
	c, err := Parse([]byte(jobHead+`
input:
  id_column: Ticket
  text_column: Body
  context_columns: [Product, "Plan, old"]
  blank_rows: ask
  header_line: 3
input_queue:
  - path: a.csv
  - {path: b.csv, text_column: Text, context_columns: [], header_line: 1, delimiter: tab}
  - {path: c.xlsx, number_rows: true, sheet: Data, blank_rows: fail}
  - {path: d.csv, id_column: Key, number_rows: false}
  - {path: e.csv, id_column: "", text_column: ""}
`), "job.yaml", DefaultSettingsFile(), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	context := []string{"Product", "Plan, old"}
	want := []InputColumns{
		{IDColumn: "Ticket", TextColumn: "Body", ContextColumns: context, BlankRows: "ask", InputForm: InputForm{HeaderLine: 3}},
		{IDColumn: "Ticket", TextColumn: "Text", ContextColumns: []string{}, BlankRows: "ask", Delimiter: "tab", InputForm: InputForm{HeaderLine: 1}},
		{TextColumn: "Body", ContextColumns: context, NumberRows: true, BlankRows: "fail", InputForm: InputForm{HeaderLine: 3, Sheet: "Data"}},
		{IDColumn: "Key", TextColumn: "Body", ContextColumns: context, BlankRows: "ask", InputForm: InputForm{HeaderLine: 3}},
		{ContextColumns: context, BlankRows: "ask", InputForm: InputForm{HeaderLine: 3}},
	}
	for i, in := range c.InputQueue {
		if diff := cmp.Diff(in.InputColumns, want[i]); diff != "" {
			t.Errorf("%s (-got +want):\n%s", in.Path, diff)
		}
	}
}

func TestInputKeyMistakes(t *testing.T) {
	_, err := Parse([]byte(jobHead+`
input:
  text_colum: Body
  blank_rows: skip
  delimiter: ";;"
  title_column: ""
input_queue:
  - path: a.csv
    title_column: ""
    header_line: 0
    skip_rows: -1
  - path: b.csv
    id_column: Key
    number_rows: true
    context_columns: Product
  - path: c.csv
    context_columns: [""]
    Encoding: utf-8
    sheet: 2026
`), "job.yaml", DefaultSettingsFile(), Overrides{})
	want := `job.yaml:6:3: input: unknown key "text_colum"; did you mean "text_column"?
job.yaml:7:15: input.blank_rows: want "na" or "ask" or "fail", have "skip"
job.yaml:8:14: input.delimiter: invalid delimiter ";;" (want one ASCII character or tab)
job.yaml:9:17: input.title_column: must not be empty
job.yaml:13:18: input_queue[0].header_line: want at least 1, have 0
job.yaml:14:16: input_queue[0].skip_rows: want at least 0, have -1
job.yaml:17:18: input_queue[1].number_rows: cannot be combined with id_column: RowID is either the position or the value of a column
job.yaml:18:22: input_queue[1].context_columns: want a list, have text
job.yaml:20:23: input_queue[2].context_columns[0]: must not be empty
job.yaml:21:5: input_queue[2]: unknown key "Encoding"; did you mean "encoding"?
job.yaml:22:12: input_queue[2].sheet: want text, have a number: write "2026"`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(strings.Split(err.Error(), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

// TestNormalizedFile: workers of a normalized file read its normal form, whose IDs are in
// RowID.
func TestNormalizedFile(t *testing.T) {
	c, err := Parse([]byte(jobHead+"input: {id_column: Key, text_column: Body, delimiter: ';'}\ninput_queue: [{path: a.csv}, {path: b.csv.gz, encoding: utf-16}]\n"),
		"job.yaml", DefaultSettingsFile(), Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	units := []Unit{{Unit: 1, Label: "a", Input: "a.csv"}, {Unit: 2, Label: "b", Input: "temporary"}}
	m := Plan("r", c, DefaultSettingsFile(), units, time.Date(2025, 1, 27, 14, 30, 52, 0, time.UTC))
	m.SetNormalized("b", Source{Path: "b.csv.gz", Size: 5})
	if got, want := m.ColumnsOf("a"), (InputColumns{IDColumn: "Key", TextColumn: "Body", Delimiter: ";", BlankRows: "na"}); !cmp.Equal(got, want) {
		t.Errorf("columns of a: %+v, want %+v", got, want)
	}
	if got, want := m.ColumnsOf("b"), (InputColumns{TextColumn: "Body", BlankRows: "na"}); !cmp.Equal(got, want) {
		t.Errorf("columns of b: %+v, want %+v", got, want)
	}
	if got, want := m.Units[1].Input, "logs/r/inputs/b.csv"; got != want || m.Files[1].InputFile != want || m.Files[1].Original() != "b.csv.gz" {
		t.Errorf("input of b: %s, want %s; %+v", got, want, m.Files[1])
	}
	if m.Units[0].Input != "a.csv" || m.Files[0].Original() != "a.csv" {
		t.Errorf("input of a: %+v", m.Files[0])
	}
}

func TestKeysOfTSV(t *testing.T) {
	for _, tt := range []struct{ path, format, delimiter, want string }{
		{"a.tsv", "", "", "tab"},
		{"a.TSV.gz", "", "", "tab"},
		{"a.tab.zst", "", "", "tab"},
		{"a.txt", "tsv", "", "tab"},
		{"a.tsv", "csv", "", ""},
		{"a.tsv", "", ";", ";"},
		{"a.csv.gz", "", "", ""},
		{"a.gz", "", "", ""},
	} {
		in := Input{Path: tt.path, Format: tt.format, InputColumns: InputColumns{Delimiter: tt.delimiter}}
		if got := in.Keys().Delimiter; got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt, got, tt.want)
		}
	}
}
