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
// the delimiter or a line ending may follow. The delimiter is a comma, or another
// character that the header tells or a flag names. TSV is the same with a tab.
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

// Format is how records are written down: CSV with a delimiter, which is its value,
// or JSONL. The zero value is not a format.
type Format uint8

// The formats that have names. CSV with another delimiter is Format(delimiter).
const (
	AnyCSV Format = 1 // CSV whose header tells the delimiter; written with commas
	CSV    Format = ','
	TSV    Format = '\t'
	JSONL  Format = 0xFF
)

// String is the name that ParseFormat reads.
func (f Format) String() string {
	switch f {
	case 0:
		return "unknown"
	case TSV:
		return "tsv"
	case JSONL:
		return "jsonl"
	}
	return "csv"
}

// Describe is the format with its delimiter, where that is none of those with a name:
// csv, tsv, jsonl, or such as "csv ;".
func (f Format) Describe() string {
	if f.String() == "csv" && f > AnyCSV && f != CSV {
		return "csv " + string(rune(f))
	}
	return f.String()
}

// ParseDescription reads what Describe writes; csv has commas.
func ParseDescription(text string) (Format, error) {
	if d, ok := strings.CutPrefix(text, "csv "); ok {
		delimiter, err := ParseDelimiter(d)
		return Format(delimiter), err
	}
	f, err := ParseFormat(text)
	if f == AnyCSV {
		f = CSV
	}
	return f, err
}

func (f Format) delimiter() byte {
	if f <= AnyCSV {
		return ','
	}
	return byte(f)
}

// ParseFormat reads csv, tsv or jsonl.
func ParseFormat(s string) (Format, error) {
	for _, f := range []Format{AnyCSV, TSV, JSONL} {
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
		return AnyCSV, dot >= 0
	case "tsv", "tab":
		return TSV, dot >= 0
	case "jsonl", "ndjson":
		return JSONL, dot >= 0
	}
	return 0, false
}

// OutputFormat is the format of an output made from a table with header h that was
// read with options o. said is what the name of the output or a flag says, zero if
// neither does: then the input decides. CSV made from CSV keeps its delimiter.
func OutputFormat(said Format, o Options, h *Header) Format {
	switch {
	case said == 0, said == AnyCSV && o.Format != TSV && o.Format != JSONL:
		return h.Format
	case said == AnyCSV:
		return CSV
	}
	return said
}

// Error is bad input at a line of a file. It prints as FILE:LINE: what.
type Error struct {
	File string // as given; "-" is shown as stdin
	Line int64  // 1-based; 0 where the whole file is meant
	Msg  string

	hint  string // what the user can do; empty: nothing is known
	twice bool   // the ID is that of an earlier row
	form  bool   // prism-split --normalize makes a table of the file that can be read
}

// NeedsNormalizing reports whether the file is a table in another form than those that are read: one
// that normalizing turns into one that is.
func (e *Error) NeedsNormalizing() bool { return e.form }

// WithHint gives the error a hint beside the one that it has, and returns it.
func (e *Error) WithHint(hint string) *Error {
	if e.hint != "" {
		hint = e.hint + "\n" + hint
	}
	e.hint = hint
	return e
}

// IsDuplicate reports whether the record has the ID of an earlier one.
func (e *Error) IsDuplicate() bool { return e.twice }

// Hint says what the user can do about it; empty where nothing is known.
func (e *Error) Hint() string { return e.hint }

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", ShownName(e.File), e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", ShownName(e.File), e.Line, e.Msg)
}

// ShownName is what messages call an input: stdin has no name.
func ShownName(name string) string {
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
