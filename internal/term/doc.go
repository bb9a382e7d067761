// Package term is what a terminal shows of work that goes on: the progress line
// of a long command. It knows cells, redraws and colour; whether a stream is a
// terminal the command asks, and what the numbers mean is counted elsewhere.
package term

import "runtime"

// The size, in cells, of a terminal that does not tell.
const (
	DefaultWidth  = 80
	DefaultHeight = 24
)

// WantsColor tells by the environment whether a terminal may get colours: no
// with NO_COLOR (https://no-color.org), a dumb terminal, or a Windows console
// that may not know them.
func WantsColor(getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	return runtime.GOOS != "windows" || getenv("WT_SESSION") != "" || getenv("TERM") != ""
}
