package table

import (
	"testing"
)

func TestFormats(t *testing.T) {
	for name, want := range map[string]Format{
		"a.csv": CSV, "B.CSV": CSV, "x/y.tsv": TSV, "y.Tab": TSV, "z.jsonl": JSONL, "z.ndjson": JSONL, "csv": 0, "a.txt": 0, "-": 0,
	} {
		got, ok := FormatByName(name)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("FormatByName(%q) = %v, %v, want %v", name, got, ok, want)
		}
	}
	for _, f := range []Format{CSV, TSV, JSONL} {
		if got, err := ParseFormat(f.String()); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %v, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("ParseFormat accepts xml")
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
