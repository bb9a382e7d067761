package table

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"prism/internal/term"
)

// NormalizeCommand is the command that writes a file in normal form, and the name of
// what it writes. The header is on a line, 0: the first that is not blank.
func NormalizeCommand(file string, headerLine int64) (command, output string) {
	flags := "--normalize"
	if headerLine > 0 {
		flags += fmt.Sprintf(" --header-line %d", headerLine)
	}
	if file == "-" || file == "" || file == ShownName("") {
		return "prism-split " + flags + " -o NEW.csv FILE", "NEW.csv"
	}
	base := file
	if ext := filepath.Ext(base); strings.EqualFold(ext, ".gz") || strings.EqualFold(ext, ".zst") {
		base = strings.TrimSuffix(base, ext)
	}
	base = strings.TrimSuffix(base, filepath.Ext(base)) + "_normal.csv"
	if strings.HasPrefix(file, "-") {
		base, file = "./"+base, "./"+file // else they are taken for flags
	}
	return fmt.Sprintf("prism-split %s -o %s %s", flags, term.QuoteShell(base), term.QuoteShell(file)), base
}

// hintNormalize says how a file becomes one that can be read.
func hintNormalize(file string) string {
	command, _ := NormalizeCommand(file, 0)
	return "to convert it: " + command
}

// detectForm tells by its first bytes, without a mark, what a file is that is not
// of the format f. What --normalize does not read either is refused.
func detectForm(b []byte, f Format) (what string, refused bool) {
	kind, refusal := DetectKind(b)
	switch {
	case refusal != "":
		return "this is " + refusal, true
	case kind == Gzip:
		return "this is compressed by gzip", false
	case kind == Zstd:
		return "this is compressed by zstd", false
	case kind == Archive:
		return "this is a ZIP archive, as workbooks are (.xlsx)", false
	case kind == Parquet:
		return "this is a Parquet file", false
	case kind == UTF16LE || kind == UTF16BE:
		return "this is UTF-16, not UTF-8", false
	case f != JSONL && SeparatorLine(b) != 0:
		return fmt.Sprintf("the first line is \"sep=%c\", which only Excel reads", SeparatorLine(b)), false
	case f != JSONL && LooksLikeJSON(b):
		return fmt.Sprintf("this is JSON, not %s", strings.ToUpper(f.String())), false
	case f == JSONL && LooksLikeJSON(b) && !startsWithObject(b):
		return "this is JSON, but not one object a line", false
	}
	return "", false
}

// startsWithObject tells JSON lines from an array and from objects of several lines.
func startsWithObject(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	line, _, ended := bytes.Cut(b, newline)
	return b[0] == '{' && !(ended && len(bytes.TrimSpace(line)) == 1)
}

// hintDelimiter says how to read a file with this delimiter.
func hintDelimiter(d byte) string {
	flag := term.QuoteShell(DelimiterFlag(d))
	return fmt.Sprintf("--delimiter %s reads it so (in a job file: delimiter)", flag)
}

// OtherDelimiter is the delimiter with which the header would have a column of this name, 0 if
// there is none.
func (h *Header) OtherDelimiter(name string) byte { return h.others.withColumn(name) }

// BelowTitle is the line that looks like the header, where a title was taken for it; else 0.
func (h *Header) BelowTitle() int64 { return h.others.below }

// HintHeaderLine says how the line below a title becomes the header; empty if there is none.
func (h *Header) HintHeaderLine(file string) string {
	if h.others.below == 0 {
		return ""
	}
	command, _ := NormalizeCommand(file, h.others.below)
	return fmt.Sprintf("line %d looks like the header; to convert the table: %s", h.others.below, command)
}

// MissingColumn is the *Error for a column that a file with this header lacks. It
// says what may be the reason.
func (h *Header) MissingColumn(file, name string) *Error {
	e := &Error{File: file, Line: h.Line(), Msg: MissingColumn(h.Names, name)}
	switch d := h.OtherDelimiter(name); {
	case h.others.below != 0:
		e.hint = h.HintHeaderLine(file)
	case h.others.likely != 0:
		e.Msg += fmt.Sprintf(" (they look separated by %s)", delimiterName(h.others.likely))
		e.form, e.hint = true, hintDelimiter(h.others.likely)
	case d != 0:
		e.Msg += fmt.Sprintf(" (taken to be separated by %s)", delimiterName(h.Format.delimiter()))
		e.hint = hintDelimiter(d)
	}
	return e
}

// MissingIDColumn is MissingColumn of the column that identifies rows.
func (h *Header) MissingIDColumn(file, name string) *Error {
	e := h.MissingColumn(file, name)
	if e.hint == "" {
		e.hint = "--id-column names the column that identifies rows"
	}
	return e
}

// adviseFault gives the error of a faulty record a hint where the header has other
// delimiters beside its own.
func (h *Header) adviseFault(e *Error) {
	switch {
	case h.others.below != 0:
		e.hint = h.HintHeaderLine(e.File)
	case h.others.likely != 0:
		e.form = true
		e.hint = fmt.Sprintf("the columns look separated by %s; %s", delimiterName(h.others.likely), hintDelimiter(h.others.likely))
	case h.others.header != nil && h.Format != CSV:
		e.hint = fmt.Sprintf("the columns are taken to be separated by %s, the most frequent delimiter in the header; --delimiter names another", delimiterName(h.Format.delimiter()))
	}
}

// CheckDelimiter is the *Error of a table whose only column looks like several; nil
// for others.
func (h *Header) CheckDelimiter(file string) error {
	if len(h.Names) != 1 || h.others.likely == 0 {
		return nil
	}
	return &Error{File: file, Line: h.Line(), form: true, hint: hintDelimiter(h.others.likely),
		Msg: fmt.Sprintf("the only column is %q: the columns look separated by %s", h.Names[0], delimiterName(h.others.likely))}
}

// formError is an *Error for the line at hand that --normalize mends.
func (r *Reader) formError(msg string) error {
	err := r.errorf(r.line, "%s", msg)
	if e, ok := errors.AsType[*Error](err); ok {
		e.form, e.hint = true, hintNormalize(r.name)
	}
	return err
}
