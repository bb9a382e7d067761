package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/fsutil"
)

// File is an input that can be read at any place.
type File struct {
	*os.File
	Name    string // as given; "-" is stdin
	Size    int64  // bytes
	Spooled bool   // a temporary copy of a stream, gone with Close
}

// Open opens a file by name, "-" being stdin. What is not a regular file, such as
// a pipe, is copied to a temporary file first, until ctx ends. A missing file is
// an *Error.
func Open(ctx context.Context, name string, stdin io.Reader) (*File, error) {
	f, src := (*os.File)(nil), stdin
	if name == "-" {
		f, _ = stdin.(*os.File)
	} else {
		var err error
		if f, err = fsutil.Open(ctx, name); err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, openError(name, err)
		}
		src = f
	}
	if f != nil {
		info, err := f.Stat()
		if err != nil {
			return nil, openError(name, errors.Join(err, f.Close()))
		}
		if info.IsDir() {
			return nil, errors.Join(&Error{File: name, Msg: "this is a folder, not a file"}, f.Close())
		}
		if at, err := f.Seek(0, io.SeekCurrent); err == nil && at == 0 && info.Mode().IsRegular() {
			return &File{File: f, Name: name, Size: info.Size()}, nil
		}
	}
	spooled, err := spool(ctx, name, src)
	if f != nil && name != "-" {
		err = errors.Join(err, f.Close())
	}
	return spooled, err
}

func openError(name string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &Error{File: name, Msg: err.Error()}
}

func spool(ctx context.Context, name string, src io.Reader) (*File, error) {
	tmp, err := fsutil.CreateTemp("prism-spool-*.tmp")
	if err != nil {
		return nil, err
	}
	f := &File{File: tmp, Name: name, Spooled: true}
	f.Size, err = fsutil.Await(ctx, func() (int64, error) { return io.Copy(tmp, src) }, nil)
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), f.Close()) // a read of a silent pipe cannot be ended
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("copy %s to a temporary file: %w", ShownName(name), err), f.Close())
	}
	return f, nil
}

// CheckSize returns an *Error if the file has another size than when it was opened:
// then it was opened or read while it was being written.
func (f *File) CheckSize() error {
	info, err := f.Stat()
	if err != nil {
		return readError(f.Name, err)
	}
	if info.Size() != f.Size {
		return errChanged(f.Name)
	}
	return nil
}

// readError is the error for a failed read of a file. One that ends before it should
// has changed.
func readError(name string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errChanged(name)
	}
	return fmt.Errorf("read %s: %w", ShownName(name), err)
}

// Close closes the file; a temporary copy is removed.
func (f *File) Close() error {
	if f.Spooled {
		return fsutil.CloseTemp(f.File)
	}
	return f.File.Close()
}
