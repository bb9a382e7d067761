package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// Width is the width of the terminal f in cells, DefaultWidth if it does not tell.
func Width(f *os.File) int {
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(f.Fd()), &info); err != nil {
		return DefaultWidth
	}
	return int(info.Window.Right-info.Window.Left) + 1
}
