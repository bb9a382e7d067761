package fsutil

import (
	"errors"
	"os"
	"path/filepath"
)

// CreateNamed is Create for a path whose pending file lies beside it under a name
// that the caller chooses. A killed process leaves it behind; the next one that
// chooses the name, which must be alone with it, takes it over.
func CreateNamed(path, pendingName string) (*File, error) {
	return begin(path, func(path string) (pending, error) {
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), pendingName), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return nil, err
		}
		n := &named{File: f, path: path}
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			if err := f.Chmod(info.Mode().Perm()); err != nil {
				return nil, errors.Join(err, n.discard())
			}
		}
		return n, nil
	})
}

// named is a pending file with a name of its own.
type named struct {
	*os.File
	path string
	done bool
}

func (n *named) file() *os.File { return n.File }

func (n *named) replace() error {
	if err := errors.Join(n.Sync(), n.Close()); err != nil {
		return err
	}
	if err := os.Rename(n.Name(), n.path); err != nil {
		return err
	}
	n.done = true
	return nil
}

func (n *named) discard() error {
	if n.done {
		return nil
	}
	n.done = true
	n.Close() // replace may have closed it
	return os.Remove(n.Name())
}
