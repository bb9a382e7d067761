// Package term formats what a terminal shows: numbers, durations and shares, texts
// cut to cells and without control characters, bars, suggestions for misspelt
// names, and the progress lines of long commands. Whether a stream is a terminal is
// for the commands to find out; what the numbers mean is counted elsewhere.
package term

import (
	"math"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// The size, in cells, of a terminal whose size is unknown.
const (
	DefaultWidth  = 80
	DefaultHeight = 24
)

// Width is the number of terminal cells of a text.
func Width(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// Truncate shortens a text to width cells; a longer text ends in "…".
func Truncate(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Printable makes a text from outside safe for one line of a terminal: control
// characters become blanks, so no data can control the terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

var eighths = [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar draws share (0 to 1) of a full bar of width cells, in steps of an eighth
// of a cell, without padding. A share above 0 is always visible.
func Bar(share float64, width int) string {
	share = min(max(share, 0), 1) // NaN is handled below
	n := int(math.Round(share * float64(width) * 8))
	if n <= 0 {
		if share > 0 && width > 0 {
			return eighths[1]
		}
		return ""
	}
	return strings.Repeat("█", n/8) + eighths[n%8]
}

// Gauge is a bar of full cells on a track of the whole width. It is full only at 1.
func Gauge(share float64, width int) string {
	share = min(max(share, 0), 1)
	n := int(share * float64(width))
	if n < 0 || n > width {
		n = 0
	}
	return strings.Repeat("█", n) + strings.Repeat("░", width-n)
}

// WantsColor reports whether the environment allows colours on a terminal: not with
// NO_COLOR (https://no-color.org), on a dumb terminal, or on a Windows console that
// may not support them.
func WantsColor(getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	return runtime.GOOS != "windows" || getenv("WT_SESSION") != "" || getenv("TERM") != ""
}
