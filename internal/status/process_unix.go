//go:build unix

package status

import (
	"errors"

	"golang.org/x/sys/unix"
)

func processExists(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// ProcessGroup returns the process group of a process of this machine; 0: there
// is no such process.
func ProcessGroup(pid int) int {
	group, err := unix.Getpgid(pid)
	if err != nil {
		return 0
	}
	return group
}
