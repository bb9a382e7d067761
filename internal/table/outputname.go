package table

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// promises are the endings of names that promise a format, each with those that mean the
// same.
var promises = [][]string{
	{".csv"}, {".tsv", ".tab"}, {".jsonl", ".ndjson"}, {".json"}, {".xlsx", ".xlsm"}, {".xls"}, {".ods"}, {".parquet"}, {".avro"},
	{".gz"}, {".zst"}, {".zip"}, {".md"}, {".html", ".htm"}, {".pdf"}, {".prom"},
}

// TableEndings are those of the formats that encoders write.
func TableEndings() []string { return []string{".csv", ".tsv", ".jsonl"} }

// CheckOutputName refuses the name of an output that promises a format which is not
// written: written are the endings of those that are, without any those of CSV, TSV and JSONL. The
// error is an *Error. An unknown ending promises none.
func CheckOutputName(name string, written ...string) error {
	if len(written) == 0 {
		written = TableEndings()
	}
	for _, same := range promises {
		for _, ending := range same {
			if strings.HasSuffix(strings.ToLower(name), ending) && !slices.Contains(written, same[0]) {
				return &Error{File: name, Msg: fmt.Sprintf("output is not written as %s", ending), hint: "name a file that ends in " + joinOr(written)}
			}
		}
	}
	return nil
}

// NameEnding is the ending of a name that promises a format, in lower case; empty if none does.
func NameEnding(name string) string {
	ending := strings.ToLower(filepath.Ext(name))
	for _, same := range promises {
		if slices.Contains(same, ending) {
			return ending
		}
	}
	return ""
}

// joinOr lists endings as a sentence does.
func joinOr(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
