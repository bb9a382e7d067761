//go:build unix

package doctor

import "golang.org/x/sys/unix"

// openFiles is how many files a process may have open.
func openFiles() (uint64, error) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err
}
