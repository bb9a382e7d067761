package table

import "bytes"

// Kind is what the first bytes of a file say that it is.
type Kind uint8

// The kinds of files that have tables.
const (
	PlainText   Kind = iota
	JSONObjects      // an array of objects, or objects one after the other
	Gzip
	Zstd
	UTF16LE
	UTF16BE
	Archive // ZIP, as workbooks are (.xlsx)
	Parquet
)

var signatures = [...]struct {
	start string
	kind  Kind
}{
	{"\x1F\x8B", Gzip},
	{"\x28\xB5\x2F\xFD", Zstd},
	{"\xFF\xFE", UTF16LE},
	{"\xFE\xFF", UTF16BE},
	{"PK\x03\x04", Archive},
	{"PAR1", Parquet},
}

// refused are files that are not read, with what to do instead.
var refused = [...]struct{ start, what string }{
	{"\xD0\xCF\x11\xE0", "an old workbook of Excel (.xls), or one with a password; save it as .xlsx without a password"},
	{"%PDF-", "a PDF; export the table as CSV from where it was made"},
	{"<!DOCTYPE", "HTML; save the table as CSV"},
	{"<!doctype", "HTML; save the table as CSV"},
	{"<html", "HTML; save the table as CSV"},
	{"<?xml", "XML; save the table as CSV"},
	{"SQLite format 3\x00", "an SQLite database; export the table as CSV"},
}

// DetectKind tells what a file is by its first bytes. What is not read is named in
// refusal.
func DetectKind(b []byte) (k Kind, refusal string) {
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.start)) {
			return s.kind, ""
		}
	}
	for _, r := range refused {
		if bytes.HasPrefix(b, []byte(r.start)) {
			return PlainText, r.what
		}
	}
	return detectUTF16(b), ""
}

// detectUTF16 tells UTF-16 without a mark by its zeros: in Latin text every second
// byte is one, always on the same side. The start of a file decides, however much of it
// was read.
func detectUTF16(b []byte) Kind {
	const most = 4 << 10
	b = b[:min(len(b), most)]
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[0] == 0 && zeros[1] > len(b)/4:
		return UTF16LE
	case zeros[1] == 0 && zeros[0] > len(b)/4:
		return UTF16BE
	}
	return PlainText
}

// LooksLikeJSON tells by the first characters of a text whether it is an array of
// objects, or objects.
func LooksLikeJSON(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if rest, isArray := bytes.CutPrefix(text, []byte("[")); isArray {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
	}
	rest, isObject := bytes.CutPrefix(text, []byte("{"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return isObject && len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}

// SeparatorLine is the delimiter that Excel's first line sep=; names, 0 if there is none.
func SeparatorLine(first []byte) byte {
	first = bytes.TrimPrefix(first, []byte{'"'})
	rest, ok := bytes.CutPrefix(first, []byte("sep="))
	if !ok || len(rest) == 0 || len(rest) > 1 && bytes.IndexByte([]byte("\r\n\""), rest[1]) < 0 {
		return 0
	}
	return rest[0]
}
