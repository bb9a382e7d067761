package fsutil

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// CreateTemp makes a temporary file in TMPDIR. Where the system lets an open file
// be removed, it has no name and goes with the process, however that ends; else
// its name, which is made of pattern as os.CreateTemp does, stays until CloseTemp.
func CreateTemp(pattern string) (*os.File, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // fails where open files keep their names: CloseTemp tries again
	return f, nil
}

// CloseTemp closes a file of CreateTemp and removes it.
func CloseTemp(f *os.File) error {
	err := f.Close()
	if rerr := os.Remove(f.Name()); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
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
