package table

import (
	"testing"
)

func TestFormats(t *testing.T) {
	for name, want := range map[string]Format{
		"a.csv": AnyCSV, "B.CSV": AnyCSV, "x/y.tsv": TSV, "y.Tab": TSV, "z.jsonl": JSONL, "z.ndjson": JSONL, "csv": 0, "a.txt": 0, "-": 0,
	} {
		got, ok := FormatByName(name)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("FormatByName(%q) = %v, %v, want %v", name, got, ok, want)
		}
	}
	for _, f := range []Format{AnyCSV, TSV, JSONL} {
		if got, err := ParseFormat(f.String()); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %v, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("ParseFormat accepts xml")
	}
}

func TestDescribe(t *testing.T) {
	for want, f := range map[string]Format{"csv": CSV, "tsv": TSV, "jsonl": JSONL, "csv ;": Format(';'), "csv |": Format('|'), "csv ^": Format('^')} {
		if got := f.Describe(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, err := ParseDescription(want); err != nil || got != f {
			t.Errorf("%q: got %v, %v, want %v", want, got, err, f)
		}
	}
	for _, bad := range []string{"", "csv ", "csv ab", "xml", "CSV"} {
		if _, err := ParseDescription(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestOutputFormat: CSV made of CSV keeps the delimiter, another format is what its name says.
func TestOutputFormat(t *testing.T) {
	for _, tt := range []struct {
		name     string
		said     Format
		declared Format // of the input
		read     Format
		want     Format
	}{
		{"nothing said", 0, AnyCSV, Format(';'), Format(';')},
		{"nothing said, of TSV", 0, TSV, TSV, TSV},
		{"csv of semicolons", AnyCSV, AnyCSV, Format(';'), Format(';')},
		{"csv of tabs in a file called csv", AnyCSV, AnyCSV, TSV, TSV},
		{"csv of an unnamed format", AnyCSV, 0, Format('|'), Format('|')},
		{"csv of TSV", AnyCSV, TSV, TSV, CSV},
		{"csv of TSV with semicolons", AnyCSV, TSV, Format(';'), CSV},
		{"csv of JSONL", AnyCSV, JSONL, JSONL, CSV},
		{"tsv of semicolons", TSV, AnyCSV, Format(';'), TSV},
		{"jsonl of semicolons", JSONL, AnyCSV, Format(';'), JSONL},
	} {
		if got := OutputFormat(tt.said, Options{Format: tt.declared}, &Header{Format: tt.read}); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got.Describe(), tt.want.Describe())
		}
	}
}

func TestErrorNamesStdin(t *testing.T) {
	for want, e := range map[string]*Error{
		"stdin:3: torn": {File: "-", Line: 3, Msg: "torn"}, "a b.csv:1: torn": {File: "a b.csv", Line: 1, Msg: "torn"}, "x: torn": {File: "x", Msg: "torn"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
