package fsutil

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxConfig is the most bytes of a file that people write: a job, a prompt schema,
// settings. A program's own small files (status, sidecar) fit it too.
const MaxConfig = 16 << 20

var errNotRegular = errors.New("is not a regular file")

// UnfitError says that a file is not of the kind or the size that is read whole.
type UnfitError struct{ What string }

func (e *UnfitError) Error() string { return e.What }

// ReadFile reads a whole file of at most limit bytes. A named pipe, a device or a
// folder is an error, before a byte of it is read and without waiting for a writer; only a
// descriptor of this process, as the shell makes of <(…), may be a pipe. These and files that
// are longer are an *UnfitError. Errors name the path.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	_, isDescriptor := parseDescriptor(path)
	tooLong := &UnfitError{fmt.Sprintf("%s has more than %d MiB", path, limit>>20)}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, &UnfitError{path + " is a folder, not a file"}
	case mode.IsRegular() && info.Size() > limit:
		return nil, tooLong
	case mode.IsRegular() || path == "/dev/stdin" || isDescriptor:
	default:
		return nil, &UnfitError{fmt.Sprintf("%s %v", path, errNotRegular)}
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, tooLong
	}
	return b.Bytes(), nil
}
