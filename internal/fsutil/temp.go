package fsutil

import (
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
