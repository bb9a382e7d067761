package table

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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

// Sum samples this many pieces of this many bytes.
const (
	sumPieces = 64
	sumPiece  = 16 << 10
)

// Sum identifies the content of a file by its size and a hash of samples: the
// whole of a file up to 1 MiB, else 64 pieces evenly spread from the first to
// the last byte. It is 32 hexadecimal digits and the same for every copy.
func Sum(f io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], uint64(size))
	h.Write(head[:])
	if size <= sumPieces*sumPiece {
		if _, err := io.Copy(h, io.NewSectionReader(f, 0, size)); err != nil {
			return "", err
		}
		return hex.EncodeToString(h.Sum(nil)[:16]), nil
	}
	var buf [sumPiece]byte
	step := (size - sumPiece) / (sumPieces - 1)
	for i := range int64(sumPieces) {
		at := i * step
		if i == sumPieces-1 {
			at = size - sumPiece
		}
		if n, err := f.ReadAt(buf[:], at); n < len(buf) {
			return "", err
		}
		h.Write(buf[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}
