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
// what it writes.
func NormalizeCommand(file string) (command, output string) {
	if file == "-" || file == "" || file == shownName("") {
		return "prism-split --normalize -o NEW.csv FILE", "NEW.csv"
	}
	base := file
	if ext := filepath.Ext(base); strings.EqualFold(ext, ".gz") || strings.EqualFold(ext, ".zst") {
		base = strings.TrimSuffix(base, ext)
	}
	base = strings.TrimSuffix(base, filepath.Ext(base)) + "_normal.csv"
	if strings.HasPrefix(file, "-") {
		base, file = "./"+base, "./"+file // else they are taken for flags
	}
	return fmt.Sprintf("prism-split --normalize -o %s %s", term.QuoteShell(base), term.QuoteShell(file)), base
}

// hintNormalize says how a file becomes one that can be read.
func hintNormalize(file string) string {
	command, _ := NormalizeCommand(file)
	return "this makes it a table that can be read: " + command
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
	case kind == UTF16LE || kind == UTF16BE:
		return "this is UTF-16, not UTF-8", false
	case f != JSONL && SeparatorLine(b) != 0:
		return fmt.Sprintf("the first line is \"sep=%c\", which Excel alone reads", SeparatorLine(b)), false
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

// delimiterName is a delimiter in messages.
func delimiterName(d byte) string {
	if d == '\t' {
		return "tabs"
	}
	return fmt.Sprintf("%q", d)
}

// MissingColumn is the *Error for a column that a file with this header lacks. It
// says what may be the reason.
func (h *Header) MissingColumn(file, name string) *Error {
	e := &Error{File: file, Line: h.Line(), Msg: MissingColumn(h.Names, name)}
	if h.otherDelimiter == 0 {
		return e
	}
	e.form, e.hint = true, hintNormalize(file)
	if h.otherDelimiter == '\t' {
		e.Msg += " (they look separated by tabs: call the file .tsv or say so by --input-format)"
	} else {
		e.Msg += fmt.Sprintf(" (they look separated by %s)", delimiterName(h.otherDelimiter))
	}
	return e
}

// hintDelimiter is the hint for a faulty record below a header that looks separated by
// another delimiter; else empty.
func (h *Header) hintDelimiter(file string) string {
	if h.otherDelimiter == 0 {
		return ""
	}
	return fmt.Sprintf("the columns look separated by %s; %s", delimiterName(h.otherDelimiter), hintNormalize(file))
}

// CheckDelimiter is the *Error of a table whose only column looks like several; nil
// for others.
func (h *Header) CheckDelimiter(file string) error {
	if len(h.Names) != 1 || h.otherDelimiter == 0 {
		return nil
	}
	return &Error{File: file, Line: h.Line(), form: true, hint: hintNormalize(file),
		Msg: fmt.Sprintf("the only column is %q: the columns look separated by %s", h.Names[0], delimiterName(h.otherDelimiter))}
}

// detectOtherDelimiter is the delimiter of the header in the buffer, if there are more
// of it than of the format's; else 0.
func (r *Reader) detectOtherDelimiter() byte {
	text := r.buf[r.start:r.end]
	d, counts := DetectDelimiter(text), countDelimiters(text)
	count := func(d byte) int { return counts[strings.IndexByte(candidates, d)] }
	if r.format == JSONL || count(d) == count(r.format.delimiter()) {
		return 0
	}
	return d
}

// formError is an *Error for the line at hand that --normalize mends.
func (r *Reader) formError(msg string) error {
	err := r.errorf(r.line, "%s", msg)
	if e, ok := errors.AsType[*Error](err); ok {
		e.form, e.hint = true, hintNormalize(r.name)
	}
	return err
}
