package extsort

import (
	"os"

	"golang.org/x/sys/unix"
)

// release gives the disk space of n bytes of f, from byte at on, back to the
// system, where it can: they were read for the last time.
func release(f *os.File, at, n int64) {
	_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, at, n)
}
