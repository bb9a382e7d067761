// Package fsutil puts bytes on disk so that they stay: a file is replaced as a
// whole or not at all, a lock keeps a second process out, a temporary file goes
// with the process, ranges are copied within the kernel, content is known by a
// checksum, and what may block for ever can be cancelled. It knows nothing of what the bytes mean.
package fsutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// AtomicFile is a file that will take the place of a path. Until Commit nothing
// is visible at the path; after Abort nothing ever is. Where the path is a device
// or a pipe, which cannot be replaced, what is written goes there as it comes.
type AtomicFile struct {
	path string
	p    pendingFile
}

type pendingFile interface {
	io.Writer
	osFile() *os.File
	commit() error // sync, close, rename over the path
	abort() error  // close and remove; does nothing after commit
}

// CreateAtomic starts a file that Commit moves to path. The folder of path is made
// where it is missing. An existing file keeps its permissions; a link stays a
// link, and its target is replaced.
func CreateAtomic(path string) (*AtomicFile, error) { return createPending(path, newPendingFile) }

// CreateAtomicAs is CreateAtomic for a path whose pending file lies beside it under
// a name that the caller chooses, so that killed processes leave no more than
// one. A file or link of that name is removed first: the caller must hold a lock
// that lets no other process choose the name.
func CreateAtomicAs(path, pendingName string) (*AtomicFile, error) {
	return createPending(path, func(path string) (pendingFile, error) {
		name := filepath.Join(filepath.Dir(path), pendingName)
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return nil, err
		}
		p := &namedFile{File: f, path: path}
		if err := keepMode(f, path); err != nil {
			return nil, errors.Join(err, p.abort())
		}
		return p, nil
	})
}

// createPending makes the pending file for the file that path leads to.
func createPending(path string, create func(path string) (pendingFile, error)) (*AtomicFile, error) {
	t, err := resolveTarget(path)
	if err != nil {
		return nil, err
	}
	if t.isStream {
		return t.openStream()
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o777); err != nil {
		return nil, err
	}
	p, err := create(t.path)
	if err != nil {
		return nil, fmt.Errorf("create a temporary file for %s: %w", t.path, err)
	}
	return &AtomicFile{path: t.path, p: p}, nil
}

// Write appends to the pending file.
func (f *AtomicFile) Write(b []byte) (int, error) { return f.p.Write(b) }

// OSFile is the pending file itself, for positioned writes and kernel copies.
func (f *AtomicFile) OSFile() *os.File { return f.p.osFile() }

// Reserve allocates disk space for a file of n bytes, n > 0: a disk that is too
// full says so before the work, and writes are quicker. The caller must write
// all n. Where the system has no such call it does nothing.
func (f *AtomicFile) Reserve(n int64) error { return reserve(f.p.osFile(), n) }

// IsStream reports whether what is written goes to its place at once.
func (f *AtomicFile) IsStream() bool {
	_, ok := f.p.(streamFile)
	return ok
}

// Commit syncs the file, moves it to its path and syncs the folder.
func (f *AtomicFile) Commit() error {
	if err := f.p.commit(); err != nil {
		return fmt.Errorf("replace %s: %w", f.path, err)
	}
	if f.IsStream() {
		return nil
	}
	return SyncDir(filepath.Dir(f.path))
}

// Abort removes the pending file. After Commit it does nothing, so it can be deferred.
func (f *AtomicFile) Abort() error { return f.p.abort() }

// ReplaceFile replaces the file at path by data, atomically and synced.
func ReplaceFile(path string, data []byte) error {
	f, err := CreateAtomic(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Commit()
}

// ReplaceFileContext is ReplaceFile to a path that the user names, which may be a pipe whose
// reader never comes: it waits until ctx ends.
func ReplaceFileContext(ctx context.Context, path string, data []byte) error {
	_, err := Await(ctx, func() (struct{}, error) { return struct{}{}, ReplaceFile(path, data) }, nil)
	return err
}

// CreateAtomicContext is CreateAtomic for a path that the user names, which may be a pipe:
// it waits for its reader until ctx ends.
func CreateAtomicContext(ctx context.Context, path string) (*AtomicFile, error) {
	return Await(ctx, func() (*AtomicFile, error) { return CreateAtomic(path) }, func(f *AtomicFile) { f.Abort() })
}

// ReplaceFileNoSync is ReplaceFile without the syncs: readers see the old or the new
// file, never a part of one, but after a power cut either may be there. It is for
// files whose loss costs nothing, such as a heartbeat. It makes no folder.
func ReplaceFileNoSync(path string, data []byte) error {
	t, err := resolveTarget(path)
	if err != nil {
		return err
	}
	if t.isStream {
		return ReplaceFile(path, data)
	}
	f, err := createBeside(t.path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), t.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// createBeside makes a file of another name in the folder of path, with the permissions of the
// file at path, else those of a new one.
func createBeside(path string) (*os.File, error) {
	for {
		name := fmt.Sprintf("%s/.%s-%d.tmp", filepath.Dir(path), filepath.Base(path), rand.Uint64())
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := keepMode(f, path); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(name))
		}
		return f, nil
	}
}

// keepMode gives f the permissions of the file at path, if there is one.
func keepMode(f *os.File, path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return f.Chmod(info.Mode().Perm())
}

// namedFile is a pending file with a name.
type namedFile struct {
	*os.File
	path string
	done bool
}

func (f *namedFile) osFile() *os.File { return f.File }

func (f *namedFile) commit() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return nil
}

func (f *namedFile) abort() error {
	if f.done {
		return nil
	}
	f.done = true
	f.Close() // commit may have closed it
	return os.Remove(f.Name())
}
