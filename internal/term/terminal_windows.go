package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// Size is the size of the terminal f in cells, DefaultWidth and DefaultHeight if
// it does not tell.
func Size(f *os.File) (width, height int) {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(f.Fd()), &info); err != nil {
		return DefaultWidth, DefaultHeight
	}
	return int(info.Window.Right-info.Window.Left) + 1, int(info.Window.Bottom-info.Window.Top) + 1
}

// IsForeground reports whether this process may read from the terminal f: always, as
// Windows has no background of a terminal.
func IsForeground(*os.File) bool { return true }
