package main

import (
	"fmt"
	"syscall"
)

// mountDisk mounts a disk of 4 MiB at a folder. It needs root.
func mountDisk(path string) (unmount func(), err error) {
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprint("size=", 4<<20)); err != nil {
		return nil, fmt.Errorf("%w: mount a small disk: %w", errNoDisk, err)
	}
	return func() { syscall.Unmount(path, syscall.MNT_DETACH) }, nil // a folder that stays mounted is seen when it is removed
}
