package fsutil

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

const nonBlocking = 0

// canReplaceOpenFiles reports whether a file can be replaced while it is open.
const canReplaceOpenFiles = false

func newPendingFile(path string) (pendingFile, error) {
	f, err := createBeside(path)
	if err != nil {
		return nil, err
	}
	return &namedFile{File: f, path: path}, nil
}

// IsDiskFull reports whether an error, and none that it wraps, says that a disk or a quota is full.
func IsDiskFull(err error) bool {
	return err == windows.ERROR_DISK_FULL || err == windows.ERROR_HANDLE_DISK_FULL || err == windows.ERROR_DISK_QUOTA_EXCEEDED
}

// SyncDir does nothing: Windows has no sync of a folder.
func SyncDir(string) error { return nil }

// isSystemDevice is false: no path leads to a device by a link.
func isSystemDevice(string) bool { return false }

// isPlantedLink is false: here only administrators make links.
func isPlantedLink(string) bool { return false }

func lockDescriptor(fd uintptr) error {
	o := windows.Overlapped{OffsetHigh: math.MaxInt32} // behind the end, as others cannot read what is locked
	err := windows.LockFileEx(windows.Handle(fd),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &o)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}

// duplicate fails: paths do not stand for open files here.
func duplicate(int, string) (*os.File, error) { return nil, errors.ErrUnsupported }
