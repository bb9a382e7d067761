//go:build unix

package status

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Alive tells whether a process of this ID is on this machine.
func Alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
