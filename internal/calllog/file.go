package calllog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"prism/internal/fsutil"
)

// Writer appends calls to a file, one write each, so that lines stay whole
// when several goroutines log. It may be used from several goroutines.
type Writer struct {
	mu sync.Mutex
	f  *os.File
}

// Open opens a call log for appending; its folder must exist. An incomplete last
// line, which a killed process leaves, is ended first, so that it spoils no other.
func Open(path string) (*Writer, error) {
	f, err := fsutil.OpenOwn(path, os.O_RDWR|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	if err := endLastLine(f); err != nil {
		return nil, errors.Join(fmt.Errorf("open call log %s: %w", path, err), f.Close())
	}
	return &Writer{f: f}, nil
}

// endLastLine appends a line feed if the file does not end with one.
func endLastLine(f *os.File) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], end-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

// Append logs a call.
func (w *Writer) Append(c *Call) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := encodeCall(w.f, c); err != nil {
		return fmt.Errorf("append to call log: %w", err)
	}
	return nil
}

// Close closes the file.
func (w *Writer) Close() error { return w.f.Close() }

// maxLineBytes is the longest line of a call log that is read.
const maxLineBytes = 4 << 20

var errLongLine = fmt.Errorf("line longer than %d bytes", maxLineBytes)

// LineError is a line of a call log that is not a call. The reader goes on after it.
type LineError struct {
	File string
	Line int64 // 1-based
	Msg  string
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// Reader reads a call log, a line at a time, in constant memory.
type Reader struct {
	name string
	r    *bufio.Reader
	line int64
	long []byte // a line that does not fit the buffer of r
	call Call
}

// NewReader returns a reader of the call log r, which messages call name.
func NewReader(r io.Reader, name string) *Reader {
	return &Reader{name: name, r: bufio.NewReaderSize(r, 64<<10)}
}

// Next returns the next call, which lives until the next Next. A line that is
// not a call (damaged, or incomplete at the end of the file) gives a *LineError,
// after which Next may be called again; io.EOF ends the log, any other error too.
func (r *Reader) Next() (*Call, error) {
	for {
		line, complete, err := r.readLine()
		switch {
		case err == errLongLine:
			return nil, &LineError{File: r.name, Line: r.line, Msg: err.Error()}
		case err != nil:
			return nil, err
		case complete && len(bytes.TrimSpace(line)) == 0:
			continue
		}
		err = decodeCall(line, &r.call)
		switch {
		case err == nil:
			return &r.call, nil
		case !complete:
			err = fmt.Errorf("incomplete line: %w", err)
		}
		return nil, &LineError{File: r.name, Line: r.line, Msg: err.Error()}
	}
}

// readLine returns the next line without its line feed, and whether it had one.
// A line that is too long to keep gives errLongLine; after the last line comes
// io.EOF.
func (r *Reader) readLine() (line []byte, complete bool, err error) {
	r.line++
	line, err = r.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(r.long) <= maxLineBytes {
				r.long = append(r.long, line...)
			}
			line, err = r.r.ReadSlice('\n')
		}
		r.long = append(r.long, line...)
		line = r.long
	}
	switch {
	case err != nil && (err != io.EOF || len(line) == 0):
		return nil, false, err
	case len(line) > maxLineBytes:
		return nil, err == nil, errLongLine
	}
	line, complete = bytes.CutSuffix(line, []byte{'\n'})
	return line, complete, nil
}
