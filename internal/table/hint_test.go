package table

import (
	"errors"
	"strings"
	"testing"
)

// TestFormsAreNamed: what is not UTF-8 CSV, TSV or JSONL is named, with the command that
// makes it so.
func TestFormsAreNamed(t *testing.T) {
	const command = "prism-split --normalize -o d/f_normal.csv d/f.csv"
	for _, tt := range []struct {
		name, in, want, hint string
		format               Format
	}{
		{name: "UTF-16", in: "\xff\xfeR\x00", want: "UTF-16, not UTF-8", hint: command},
		{name: "UTF-16 without mark", in: "R\x00o\x00w\x00I\x00D\x00", want: "UTF-16, not UTF-8", hint: command},
		{name: "gzip", in: "\x1f\x8b\x08\x00", want: "compressed by gzip", hint: command},
		{name: "zstd", in: "\x28\xb5\x2f\xfd", want: "compressed by zstd", hint: command},
		{name: "JSON array", in: `[{"RowID":1}]`, want: "this is JSON, not CSV", hint: command},
		{name: "JSON lines", in: `{"RowID":1}`, want: "this is JSON, not CSV", hint: command},
		{name: "array called JSONL", in: ByteOrderMark + ` [ {"RowID":1}]`, format: JSONL, want: "not one object a line", hint: command},
		{name: "objects of several lines", in: "{\n\"RowID\":1}", format: JSONL, want: "not one object a line", hint: command},
		{name: "sep line", in: ByteOrderMark + "sep=;\r\nRowID;Message\r\n", want: `the first line is "sep=;"`, hint: command},
		{name: "quoted sep line", in: "\"sep=,\"\nRowID,Message\n", want: `the first line is "sep=,"`, hint: command},
		{name: "commas called TSV", in: "RowID,Message\n1,a\n", format: TSV, want: "look separated by ','", hint: "--delimiter , reads it so (in a job file: delimiter)"},
		{name: "semicolons and quotes called TSV", in: "\"RowID\";\"Message\"\n", format: TSV, want: "the columns are separated by ';'", hint: "--delimiter ';' reads it so (in a job file: delimiter)"},
		{name: "tabs called commas", in: "RowID\tMessage\n1\ta\n", format: CSV, want: "look separated by tabs", hint: "--delimiter tab reads it so (in a job file: delimiter)"},
		{name: "more semicolons in names", in: "RowID,Message (a; b; c)\n1,x\n", want: "taken to be separated by ';'", hint: "--delimiter , reads it so (in a job file: delimiter)"},
		{name: "CR", in: "RowID,Message\r1,a\r", want: "CR alone", hint: command},
		{name: "CR and quotes", in: "RowID,Message\r1,\"two\nlines\"\r2,c\r", want: "CR alone", hint: command},
		{name: "index column", in: ",RowID,Message\n0,1,a\n", want: "column 1 of the header has no name", hint: command},
		{name: "ghost columns", in: "RowID,Message,,\n1,a,,\n", want: "column 3 of the header has no name", hint: command},
		{name: "column twice", in: "RowID,a,a\n", want: "duplicate column", hint: command},
		{name: "Windows-1252", in: "RowID,Message\n1,it\x92s\n", want: "not UTF-8", hint: hintConvert + command},
		{name: "workbook", in: "PK\x03\x04", want: "a ZIP archive, as workbooks are", hint: command},
		{name: "old workbook", in: "\xd0\xcf\x11\xe0", want: "save it as .xlsx without a password"},
		{name: "Parquet", in: "PAR1", want: "this is a Parquet file", hint: command},
		{name: "mixed encodings", in: "RowID,Message\n1,\u00e9\n2,it\x92s\n", want: "not UTF-8", hint: hintMixed},
		{name: "another column", in: "a,b;c\n1,2\n", want: "missing column RowID", hint: "--id-column names the column that identifies rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := strings.NewReader(tt.in)
			_, err := Check(t.Context(), f, f.Size(), CheckOptions{Options: Options{Name: "d/f.csv", Format: tt.format}})
			e, ok := errors.AsType[*Error](err)
			if !ok || !strings.Contains(e.Msg, tt.want) || !strings.HasSuffix(e.Hint(), tt.hint) || tt.hint == "" && e.Hint() != "" {
				t.Fatalf("got %v, hint %q, want %q, hint %q", err, e.Hint(), tt.want, tt.hint)
			}
		})
	}
}

func TestNormalizeCommand(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"in.csv", "prism-split --normalize -o in_normal.csv in.csv"},
		{"a b/in.csv.gz", "prism-split --normalize -o 'a b/in_normal.csv' 'a b/in.csv.gz'"},
		{"data", "prism-split --normalize -o data_normal.csv data"},
		{"-x.tsv", "prism-split --normalize -o ./-x_normal.csv ./-x.tsv"},
		{"-", "prism-split --normalize -o NEW.csv FILE"},
		{"stdin", "prism-split --normalize -o NEW.csv FILE"},
	} {
		if got, _ := NormalizeCommand(tt.file, 0); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.file, got, tt.want)
		}
	}
	if got, _ := NormalizeCommand("a.csv", 3); got != "prism-split --normalize --header-line 3 -o a_normal.csv a.csv" {
		t.Errorf("with a header line: got %s", got)
	}
}

// TestFaultBelowAnotherDelimiter: the reader of columns that nobody asked for finds
// records of other lengths first.
func TestFaultBelowAnotherDelimiter(t *testing.T) {
	for _, tt := range []struct {
		in     string
		format Format
		hint   string
	}{
		{"RowID;\"Message, text\";Date\n1,\"a\",x\n2\n", CSV, "look separated by ';'; --delimiter ';'"},
		{"RowID,Message (a; b; c)\n1,x\n", 0, "taken to be separated by ';'"},
	} {
		in := strings.NewReader(tt.in)
		o := Options{Name: "f", Format: tt.format}
		h, err := ReadHeader(in, in.Size(), o)
		if err == nil {
			err = Scan(t.Context(), in, in.Size(), h, ScanOptions{Options: o}, func(*Block) error { return nil })
		}
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint(), tt.hint) {
			t.Errorf("%q: got %v", tt.in, err)
		}
	}
	one := strings.NewReader("RowID;Message\n1;a\n")
	_, err := Check(t.Context(), one, one.Size(), CheckOptions{Options: Options{Name: "f", Format: CSV}, NoIDs: true})
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint(), "--delimiter ';'") {
		t.Errorf("without IDs: got %v", err)
	}
}
