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
