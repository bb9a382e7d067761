// Package fsutil puts bytes on disk so that they stay: a file is replaced
// whole or not at all (a device or a pipe is written to), a finished append can
// be synced, and a lock keeps a second process out. It knows nothing of what the
// bytes mean.
package fsutil

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// File is a file on its way to take the place of a path. Until Commit nothing
// is visible at the path; after Abort nothing ever is.
type File struct {
	path string
	p    pending
}

type pending interface {
	io.Writer
	file() *os.File
	replace() error // sync, close, rename over the path
	discard() error // close and remove; no-op after replace
}

// Create starts a file that Commit moves to path. The folder of path is made
// where it is missing. An existing file keeps its permissions, a link stays a
// link and its target is replaced; a device or pipe is opened and gets what is
// written as it comes.
func Create(path string) (*File, error) { return begin(path, newPending) }

// begin makes the pending file of what takes the content of path.
func begin(path string, create func(path string) (pending, error)) (*File, error) {
	at, err := find(path)
	if err != nil {
		return nil, err
	}
	if at.streams {
		return at.open()
	}
	if err := os.MkdirAll(filepath.Dir(at.path), 0o777); err != nil {
		return nil, err
	}
	p, err := create(at.path)
	if err != nil {
		return nil, fmt.Errorf("create a file beside %s: %w", at.path, err)
	}
	return &File{path: at.path, p: p}, nil
}

// Write appends to the pending file.
func (f *File) Write(b []byte) (int, error) { return f.p.Write(b) }

// OS is the pending file itself, for positioned writes and kernel copies.
func (f *File) OS() *os.File { return f.p.file() }

// Reserve makes room on the disk for a file of n bytes, n > 0: a disk that is too
// full says so before the work, and writes are quicker. The caller must write
// all n. Where the system has no such call it does nothing.
func (f *File) Reserve(n int64) error { return reserve(f.p.file(), n) }

// Streams tells whether what is written goes to its place at once.
func (f *File) Streams() bool {
	_, ok := f.p.(stream)
	return ok
}

// Commit syncs the file, moves it to its path and syncs the folder.
func (f *File) Commit() error {
	if err := f.p.replace(); err != nil {
		return fmt.Errorf("replace %s: %w", f.path, err)
	}
	if f.Streams() {
		return nil
	}
	return SyncDir(filepath.Dir(f.path))
}

// Abort removes the pending file. After Commit it does nothing, so it can be deferred.
func (f *File) Abort() error { return f.p.discard() }

// WriteFile replaces the file at path by data, whole and synced.
func WriteFile(path string, data []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Commit()
}

// Replace is WriteFile without the syncs: readers see the old or the new file
// whole, but after a power cut either may be there. It is for files whose loss
// costs nothing, such as a heartbeat.
func Replace(path string, data []byte) error {
	at, err := find(path)
	if err != nil {
		return err
	}
	if at.streams {
		return WriteFile(path, data)
	}
	path = at.path
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Lock is an advisory lock on a file. It ends with the process that holds it,
// however that ends.
type Lock struct{ f *os.File }

// Acquire takes the lock of the file at path, which it creates where missing.
// It returns ErrLocked at once if another process holds it.
func Acquire(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lockDescriptor(f.Fd()); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{f: f}, nil
}

// Release gives the lock up. The file stays: removing it would let two holders in.
func (l *Lock) Release() error { return l.f.Close() }

// LockInherited locks the file behind a descriptor that this process inherited.
// The lock is that of the open file: it lasts until every process that has the
// descriptor closed it, also after this one ended. It returns ErrLocked at once
// if somebody else holds it.
func LockInherited(fd uintptr) error { return lockDescriptor(fd) }
