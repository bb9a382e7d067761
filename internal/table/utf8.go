package table

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"prism/internal/utf8valid"
)

// Hints for text that is not UTF-8.
const (
	hintConvert = "if the file is Windows-1252, convert it: "
	hintMixed   = "the rest of the file is UTF-8: fix these lines by hand; converting the whole file would damage the others"
)

// checkUTF8 reads bytes from up to to of a file. Where some are not UTF-8 it
// returns an *Error that names the first lines with such bytes, and whose hint
// depends on whether the file has characters that are UTF-8 beyond ASCII.
func checkUTF8(ctx context.Context, f io.ReaderAt, from, to int64, name string) error {
	found := textFaults{line: 1}
	buf := make([]byte, min(1<<20, to-from+utf8.UTFMax))
	kept := 0 // bytes of a character that the block before began
	for at := from; at < to || kept > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := f.ReadAt(buf[kept:kept+int(min(int64(len(buf)-kept), to-at))], at)
		if err != nil && err != io.EOF {
			return err
		}
		at += int64(n)
		block := buf[:kept+n]
		good := len(block)
		if at < to && n > 0 {
			good -= unfinished(block)
		}
		found.addText(block[:good])
		kept = copy(buf, block[good:])
		if n == 0 {
			break
		}
	}
	if found.bytes == 0 {
		return nil
	}
	before, err := countLines(f, from)
	if err != nil {
		return err
	}
	return found.describe(name, before)
}

// maxFaultLines is how many lines with faulty bytes an error names.
const maxFaultLines = 5

// textFaults is what of a text is not UTF-8.
type textFaults struct {
	line      int64   // the one that is being read
	lines     []int64 // the first lines with such bytes
	bytes     int64   // number of such bytes
	first     string  // the first of them, with the text before it
	multibyte bool    // there are characters of several bytes
	unnamed   bool    // there are more lines than lines has
}

// addText adds the next piece of the text, which ends no character in its middle.
func (t *textFaults) addText(b []byte) {
	if utf8valid.Valid(b) {
		t.multibyte = t.multibyte || bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
		t.line += int64(bytes.Count(b, newline))
		return
	}
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			t.addFault(b, i)
		case size > 1:
			t.multibyte = true
		case r == '\n':
			t.line++
		}
		i += size
	}
}

func (t *textFaults) addFault(b []byte, i int) {
	if t.bytes == 0 {
		t.first = describeByte(b, i)
	}
	t.bytes++
	switch n := len(t.lines); {
	case n > 0 && t.lines[n-1] == t.line:
	case n < maxFaultLines:
		t.lines = append(t.lines, t.line)
	default:
		t.unnamed = true
	}
}

// describeByte names a byte that is not UTF-8 and shows the text before it.
func describeByte(b []byte, i int) string {
	const shown = 20
	before := b[max(i-shown, 0):i]
	if lf := bytes.LastIndexByte(before, '\n'); lf >= 0 {
		before = before[lf+1:]
	}
	for len(before) > 0 && !utf8.RuneStart(before[0]) {
		before = before[1:]
	}
	if len(before) == 0 {
		return fmt.Sprintf("byte 0x%02x", b[i])
	}
	return fmt.Sprintf("byte 0x%02x after %q", b[i], before)
}

// describe is the error that tells of the faults; so many lines come before the text.
func (t *textFaults) describe(name string, before int64) *Error {
	msg := "the text is not UTF-8: " + t.first
	if t.bytes > 1 {
		msg += fmt.Sprintf("; %d such bytes", t.bytes)
	}
	if len(t.lines) > 1 {
		list := make([]string, len(t.lines))
		for i, line := range t.lines {
			list[i] = fmt.Sprint(before + line)
		}
		more := ""
		if t.unnamed {
			more = " and more"
		}
		msg += " on lines " + strings.Join(list, ", ") + more
	}
	command, _ := NormalizeCommand(name, 0)
	hint := hintConvert + command
	if t.multibyte {
		hint = hintMixed
	}
	return &Error{File: name, Line: before + t.lines[0], Msg: msg, hint: hint, form: !t.multibyte}
}

// unfinished is the number of bytes at the end of b that begin a character.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if utf8.FullRune(b[len(b)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

// CheckText returns an *Error if a record of a file holds other bytes than UTF-8.
// Its lines are counted from that of the record, which is the first.
func CheckText(name string, record []byte) error {
	if utf8valid.Valid(record) {
		return nil
	}
	found := textFaults{line: 1}
	found.addText(record)
	return found.describe(name, 0)
}

// CheckUTF8 returns an *Error if the record holds other bytes than UTF-8.
func (r *Record) CheckUTF8(name string) error {
	err := CheckText(name, r.raw)
	if bad, ok := err.(*Error); ok {
		bad.Line += r.Line - 1
	}
	return err
}

// checkUTF8 declares the first record faulty that holds other bytes than UTF-8.
func (b *Block) checkUTF8() {
	if utf8valid.Valid(b.records()) {
		return
	}
	for i, rec := range b.Recs {
		if !utf8valid.Valid(b.Data[rec.From:rec.End]) {
			b.fail(i, "the text is not UTF-8")
			b.bad.text = true
			return
		}
	}
}
