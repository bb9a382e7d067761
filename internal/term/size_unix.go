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
