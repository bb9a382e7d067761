package table

import (
	"math"
	"strconv"
	"testing"
)

func TestParseRowID(t *testing.T) {
	good := map[string]int64{
		"0": 0, "-0": 0, "7": 7, "007": 7, "-12": -12,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	}
	for in, want := range good {
		if got, err := ParseRowID([]byte(in)); err != nil || got != want {
			t.Errorf("ParseRowID(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-", "+1", " 1", "1 ", "1.0", "x", "9223372036854775808", "-9223372036854775809", "99999999999999999999"} {
		if got, err := ParseRowID([]byte(in)); err == nil {
			t.Errorf("ParseRowID(%q) = %d, want an error", in, got)
		}
	}
}

func FuzzParseRowID(f *testing.F) {
	for _, s := range []string{"1", "-9223372036854775808", "9223372036854775808", "00", "1_0", "+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseRowID([]byte(s))
		want, wantErr := strconv.ParseInt(s, 10, 64)
		if s != "" && s[0] == '+' {
			wantErr = strconv.ErrSyntax
		}
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("ParseRowID(%q) = %d, %v, want %d, %v", s, got, err, want, wantErr)
		}
	})
}

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
		"stdin:3: torn": {"-", 3, "torn"}, "a b.csv:1: torn": {"a b.csv", 1, "torn"}, "x: torn": {"x", 0, "torn"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
