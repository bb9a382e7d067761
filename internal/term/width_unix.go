//go:build unix

package term

import (
	"os"

	"golang.org/x/sys/unix"
)

// Width is the width of the terminal f in cells, DefaultWidth if it does not tell.
func Width(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return DefaultWidth
	}
	return int(size.Col)
}
