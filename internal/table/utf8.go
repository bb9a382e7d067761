package table

import (
	"context"
	"io"
	"unicode/utf8"
)

// notUTF8 is what a record says that holds other bytes.
const notUTF8 = "the text is not UTF-8; convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8"

// CheckUTF8 reads bytes from up to to of a file and returns an *Error at the
// first line that is not UTF-8.
func CheckUTF8(ctx context.Context, f io.ReaderAt, from, to int64, name string) error {
	buf := make([]byte, 1<<20)
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
		if !utf8.Valid(block[:good]) {
			bad := at - int64(len(block)) + int64(validPrefix(block[:good]))
			line, err := LineAt(f, bad)
			if err != nil {
				return err
			}
			return &Error{name, line, notUTF8}
		}
		kept = copy(buf, block[good:])
		if n == 0 {
			return nil
		}
	}
	return nil
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

// validPrefix is the number of bytes of b before the first that is not UTF-8.
func validPrefix(b []byte) int {
	n := 0
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// CheckUTF8 returns an *Error if the record holds other bytes than UTF-8.
func (r *Record) CheckUTF8(name string) error {
	if utf8.Valid(r.raw) {
		return nil
	}
	return &Error{name, r.Line, notUTF8}
}
