package fsutil

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

func reserve(f *os.File, n int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, n)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG), errors.Is(err, unix.EIO):
			return os.NewSyscallError("fallocate", err)
		}
		return nil // without the call, writes find room one by one
	}
}

// StartWriteback asks the system to begin writing n bytes of f, from byte at
// on, to the disk, and does not wait: a sync later then has less to wait for.
// It changes nothing but the time that takes.
func StartWriteback(f *os.File, at, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), at, n, unix.SYNC_FILE_RANGE_WRITE)
}

// PunchHole gives the disk space of n bytes of f, from byte at on, back to the
// system, where it can. The bytes are lost; the file keeps its length.
func PunchHole(f *os.File, at, n int64) {
	_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, at, n)
}
