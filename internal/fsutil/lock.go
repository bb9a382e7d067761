package fsutil

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is an advisory lock on a file. It ends with the process that holds it,
// however that ends.
type Lock struct{ f *os.File }

// AcquireLock takes the lock of the file at path, which it creates where missing.
// It returns ErrLocked at once if another process holds it.
func AcquireLock(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := lockDescriptor(f.Fd()); err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		current, err := isFileAt(path, f)
		if current {
			return &Lock{f: f}, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
}

// isFileAt reports whether an open file is the one at path: not one that Delete removed.
func isFileAt(path string, f *os.File) (bool, error) {
	at, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	info, err := f.Stat()
	return err == nil && os.SameFile(at, info), err
}

// lockPoll is how often WaitForLock tries.
const lockPoll = 20 * time.Millisecond

// WaitForLock takes the lock as AcquireLock does, but waits for a process that holds
// it. It returns ErrLocked when that lasts longer than limit, and the error of sleep,
// which ends with ctx.
func WaitForLock(ctx context.Context, path string, limit time.Duration, sleep func(context.Context, time.Duration) error) (*Lock, error) {
	for waited := time.Duration(0); ; waited += lockPoll {
		lock, err := AcquireLock(path)
		if !errors.Is(err, ErrLocked) || waited >= limit {
			return lock, err
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// Release gives the lock up. The file stays.
func (l *Lock) Release() error { return l.f.Close() }

// Delete removes the file of the lock and gives the lock up. The file goes first, where
// the system allows that: another process that has it open takes the lock of a new one.
func (l *Lock) Delete() error {
	if canReplaceOpenFiles {
		return errors.Join(os.Remove(l.f.Name()), l.f.Close())
	}
	return errors.Join(l.f.Close(), os.Remove(l.f.Name()))
}

// LockInherited locks the file behind a descriptor that this process inherited.
// The lock is that of the open file: it lasts until every process that has the
// descriptor closed it, also after this one ended. It returns ErrLocked at once
// if another process holds it.
func LockInherited(fd uintptr) error { return lockDescriptor(fd) }

// IsLocked reports whether a process holds the lock of the file at path. It holds
// the lock itself for a moment. A missing file is not locked.
func IsLocked(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = lockDescriptor(f.Fd())
	if locked := errors.Is(err, ErrLocked); locked || err == nil {
		return locked, f.Close()
	}
	return false, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
}
