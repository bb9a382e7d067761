package fsutil

import (
	"os"

	"golang.org/x/sys/unix"
)

// StartWriteback asks the system to begin writing n bytes of f, from byte at
// on, to the disk, and does not wait: a sync later then has less to wait for.
// It is a wish without consequence but in time.
func StartWriteback(f *os.File, at, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), at, n, unix.SYNC_FILE_RANGE_WRITE)
}
