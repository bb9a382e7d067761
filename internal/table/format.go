// Package table knows the tables PRISM reads and writes: CSV, TSV and JSONL as
// streams of records with positions, lines, byte offsets and raw bytes. It
// finds where records end, cuts and decodes fields, encodes them again and
// checks a whole file. What the columns mean is left to others, but for RowID,
// the column that identifies a row.
//
// CSV is RFC 4180 as spreadsheets write it: LF and CRLF both end a record, a
// byte order mark before the header is skipped, the last record may lack its
// line ending, and a quote opens a quoted field only at the start of a field;
// inside an unquoted field it is a plain character. After a closing quote only
// the delimiter or a line ending may follow. TSV is the same with a tab.
//
// The grammar is written once, in splitter.go: the stream reader, the scan of blocks
// on several cores, headers and checkpoints use it. fastSplitter finds the same
// records in whole blocks in less time; a slow oracle and fuzz tests hold the two
// together.
//
// Slices that a Record or a Block gives out are parts of a buffer: they live until
// the next call of Next, or until the callee of Scan returns.
package table

import (
	"fmt"
	"strings"
)

// RowID is the column that identifies a row: a unique integer of 64 bits.
const RowID = "RowID"

// maxSize is the most bytes a record may have. A longer one is taken for a
// quote that never closes, so that no reader runs out of memory.
const maxSize = 64 << 20

// Format is how records are written down. The zero value is not a format.
type Format uint8

// The formats.
const (
	CSV Format = iota + 1
	TSV
	JSONL
)

var formatNames = [...]string{"unknown", "csv", "tsv", "jsonl"}

// String is the name that ParseFormat reads.
func (f Format) String() string {
	if int(f) >= len(formatNames) {
		return formatNames[0]
	}
	return formatNames[f]
}

func (f Format) delimiter() byte {
	if f == TSV {
		return '\t'
	}
	return ','
}

// ParseFormat reads csv, tsv or jsonl.
func ParseFormat(s string) (Format, error) {
	for f := CSV; f <= JSONL; f++ {
		if s == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("unknown format %q (want csv, tsv or jsonl)", s)
}

// FormatByName tells the format by the ending of a file's name, in any case:
// .csv, .tsv, .tab, .jsonl or .ndjson.
func FormatByName(name string) (Format, bool) {
	dot := strings.LastIndexByte(name, '.')
	switch strings.ToLower(name[dot+1:]) {
	case "csv":
		return CSV, dot >= 0
	case "tsv", "tab":
		return TSV, dot >= 0
	case "jsonl", "ndjson":
		return JSONL, dot >= 0
	}
	return 0, false
}

// otherFormats are endings of formats that no output of the suite has.
var otherFormats = []string{".json", ".xlsx", ".xls", ".parquet", ".gz", ".zst", ".avro", ".ods"}

// CheckOutputName refuses the name of an output that promises a format which is not
// written. The error is an *Error. An unknown ending promises none.
func CheckOutputName(name string) error {
	for _, ending := range otherFormats {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			return &Error{File: name, Msg: fmt.Sprintf("output is not written as %s", ending),
				hint: "name a file that ends in .csv, .tsv or .jsonl"}
		}
	}
	return nil
}

// Error is bad input at a line of a file. It prints as FILE:LINE: what.
type Error struct {
	File string // as given; "-" is shown as stdin
	Line int64  // 1-based; 0 where the whole file is meant
	Msg  string

	hint string // what the user can do; empty: nothing is known
	form bool   // prism-split --normalize makes a table of the file that can be read
}

// IsForm tells whether the file is a table in another form than those that are read: one
// that normalizing turns into one that is.
func (e *Error) IsForm() bool { return e.form }

// Hint says what the user can do about it; empty where nothing is known.
func (e *Error) Hint() string { return e.hint }

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", shownName(e.File), e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", shownName(e.File), e.Line, e.Msg)
}

func shownName(name string) string {
	if name == "-" || name == "" {
		return "stdin"
	}
	return name
}

// AppendText appends the decoded text of a raw token to dst: nothing for an
// absent key (nil) or null, the token of a number or boolean, the JSON of
// arrays and objects.
func AppendText(dst []byte, f Format, token []byte) []byte {
	if f == JSONL {
		return appendJSONText(dst, token)
	}
	return appendUnquoted(dst, token)
}
