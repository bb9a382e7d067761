package fsutil

import (
	"context"
	"io"
	"os"
)

// A pipe or a terminal can block for ever, and a blocked opening or read cannot be ended.
// So that a signal ends the program all the same, they happen in goroutines that are
// left behind then, as the process is about to end.

// Open opens a file for reading; a named pipe waits for its writer until ctx ends.
func Open(ctx context.Context, path string) (*os.File, error) {
	return Await(ctx, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { f.Close() })
}

// OpenRegular opens a file of the program's own for reading. What is not a regular file is
// an error, without waiting for a writer.
func OpenRegular(path string) (*os.File, error) { return OpenOwn(path, os.O_RDONLY) }

// OpenOwn opens or makes a file of the program's own, with flags of os.OpenFile. What is not a
// regular file is an error, without waiting for the other end of a named pipe.
func OpenOwn(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|nonBlocking, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadFileContext is ReadFile for a file that the user names: it waits for a pipe of
// the shell until ctx ends.
func ReadFileContext(ctx context.Context, path string, limit int64) ([]byte, error) {
	return Await(ctx, func() ([]byte, error) { return ReadFile(path, limit) }, nil)
}

const streamBuffer = 64 << 10

// CancelReader reads from a stream until its context ends.
type CancelReader struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte // the goroutine's while it reads
	rest []byte // of buf, not yet taken
	read chan readResult
	err  error // sticky
}

type readResult struct {
	n   int
	err error
}

// NewCancelReader returns a reader of src whose error is the cause of ctx once that has ended.
func NewCancelReader(ctx context.Context, src io.Reader) *CancelReader {
	return &CancelReader{ctx: ctx, src: src, buf: make([]byte, streamBuffer), read: make(chan readResult, 1)}
}

// Read reads what src has, or waits for it until ctx ends.
func (r *CancelReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		go func() {
			n, err := r.src.Read(r.buf)
			r.read <- readResult{n, err}
		}()
		select {
		case g := <-r.read:
			r.rest, r.err = r.buf[:g.n], g.err
		case <-r.ctx.Done():
			r.err = context.Cause(r.ctx)
		}
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Await calls open, which may block for ever as the opening of a named pipe does,
// and waits for it until ctx ends. What opens too late goes to abandon, which may be nil.
func Await[T any](ctx context.Context, open func() (T, error), abandon func(T)) (T, error) {
	type opened struct {
		file T
		err  error
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	done := make(chan opened, 1)
	go func() {
		f, err := open()
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil && abandon != nil {
				abandon(o.file)
			}
		}()
		return none, context.Cause(ctx)
	}
}
