package table

import (
	"errors"
	"testing"
)

func TestCheckOutputName(t *testing.T) {
	const tables = "name a file that ends in .csv, .tsv or .jsonl"
	for _, tt := range []struct {
		name    string
		written []string
		hint    string // of the refusal; empty: taken
	}{
		{"a.csv", nil, ""}, {"a.TAB", nil, ""}, {"a.ndjson", nil, ""}, {"a", nil, ""}, {"a.txt", nil, ""}, {"-", nil, ""}, {"json", nil, ""}, {"a.csv.bak", nil, ""},
		{"a.json", nil, tables}, {"a.XLSX", nil, tables}, {"a.csv.gz", nil, tables}, {"d.csv/a.parquet", nil, tables}, {"a.html", nil, tables}, {".ods", nil, tables},
		{"a.html", []string{".html"}, ""}, {"a.HTM", []string{".html"}, ""}, {"a.page", []string{".html"}, ""}, {"a.csv", []string{".html"}, "name a file that ends in .html"},
		{"a.md", []string{".md"}, ""}, {"a.jsonl", []string{".md"}, "name a file that ends in .md"}, {"a.html", []string{".md"}, "name a file that ends in .md"},
		{"a.xlsx", []string{".csv", ".xlsx"}, ""}, {"a.json", []string{".csv", ".xlsx"}, "name a file that ends in .csv or .xlsx"},
	} {
		err := CheckOutputName(tt.name, tt.written...)
		if e, refused := errors.AsType[*Error](err); refused != (tt.hint != "") || refused && e.Hint() != tt.hint {
			t.Errorf("%s of %v: got %v", tt.name, tt.written, err)
		}
	}
}
