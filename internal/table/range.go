package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Range is consecutive positions of one file. A zero row or byte is unknown:
// the range then starts or ends where the file does.
type Range struct {
	RowStart, RowEnd   int64 // 1-based positions, inclusive
	ByteStart, ByteEnd int64 // from the first byte of the first record to after the last one
}

// headerBuffer is the bytes read at once where only a header is wanted.
const headerBuffer = 4 << 10

// OpenRange returns a Reader of the positions of a range of a regular file of
// size bytes. With a ByteStart it starts there, trusting that position RowStart
// does, and reads nothing before it but the header. A range that goes on after
// the end of the file ends with it.
func OpenRange(f io.ReaderAt, size int64, o Options, rg Range) (*Reader, error) {
	if rg.ByteStart < 0 || rg.ByteStart > size || rg.ByteEnd < 0 || rg.ByteEnd > size ||
		rg.ByteEnd > 0 && rg.ByteEnd < rg.ByteStart {
		return nil, &Error{File: o.Name, Msg: fmt.Sprintf(
			"bytes %d to %d are not in the file, which has %d", rg.ByteStart, rg.ByteEnd, size)}
	}
	if rg.ByteStart == 0 {
		return openRows(f, size, o, rg)
	}
	head, err := newReader(io.NewSectionReader(f, 0, size), o, headerBuffer)
	if err != nil {
		return nil, err
	}
	if rg.ByteStart < head.header.Size {
		return nil, &Error{File: o.Name, Msg: fmt.Sprintf("byte %d is within the header", rg.ByteStart)}
	}
	end := size
	if rg.ByteEnd > 0 {
		end = rg.ByteEnd
	}
	return &Reader{
		src: io.NewSectionReader(f, rg.ByteStart, end-rg.ByteStart), name: o.Name, format: head.format,
		header: head.header, buf: make([]byte, bufferSize), base: rg.ByteStart, line: 1,
		pos: max(rg.RowStart, 1), last: rg.RowEnd, at: f, skipped: rg.ByteStart, lineBase: -1,
		splitter: newSplitter(head.format, head.header), rec: Record{format: head.format},
	}, nil
}

// openRows reads up to the first position of the range.
func openRows(f io.ReaderAt, size int64, o Options, rg Range) (*Reader, error) {
	if rg.ByteEnd > 0 {
		size = rg.ByteEnd
	}
	r, err := NewReader(io.NewSectionReader(f, 0, size), o)
	if err != nil {
		return nil, err
	}
	for r.pos < rg.RowStart {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	r.last = rg.RowEnd
	return r, nil
}

// LineAt is the 1-based line that holds byte at of f. It reads all before it.
func LineAt(f io.ReaderAt, at int64) (int64, error) {
	n, err := countLines(f, at)
	return n + 1, err
}

// countLines is the number of line feeds in the first n bytes of f.
func countLines(f io.ReaderAt, n int64) (int64, error) {
	buf := make([]byte, bufferSize)
	lines := int64(0)
	for at := int64(0); at < n; {
		b := buf[:min(int64(len(buf)), n-at)]
		got, err := f.ReadAt(b, at)
		if got < len(b) && err == io.EOF {
			return 0, io.ErrUnexpectedEOF
		}
		if got < len(b) && err != nil {
			return 0, err
		}
		lines += int64(bytes.Count(b, newline))
		at += int64(got)
	}
	return lines, nil
}
