//go:build unix

package term

import (
	"os"

	"golang.org/x/sys/unix"
)

// Size is the size of the terminal f in cells, DefaultWidth and DefaultHeight if
// it does not tell.
func Size(f *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return DefaultWidth, DefaultHeight
	}
	return int(size.Col), int(size.Row)
}

// IsForeground reports whether this process belongs to the foreground of the terminal f, and
// so may read from it and set it.
func IsForeground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
