package durable

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

type renamed struct {
	*os.File
	path string
	done bool
}

func newPending(path string) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return nil, err
	}
	return &renamed{File: f, path: path}, nil
}

func (r *renamed) file() *os.File { return r.File }

func (r *renamed) replace() error {
	if err := errors.Join(r.Sync(), r.Close()); err != nil {
		return err
	}
	if err := os.Rename(r.Name(), r.path); err != nil {
		return err
	}
	r.done = true
	return nil
}

func (r *renamed) discard() error {
	if r.done {
		return nil
	}
	r.done = true
	r.Close()
	return os.Remove(r.Name())
}

// SyncDir does nothing: Windows has no sync of a folder.
func SyncDir(string) error { return nil }

func lockFile(f *os.File) error {
	var o windows.Overlapped
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &o)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}
