// Package term formats what a terminal shows: numbers, durations and shares, texts
// cut to cells and without control characters, bars, suggestions for misspelt
// names, and the progress lines of long commands. Whether a stream is a terminal is
// for the commands to find out; what the numbers mean is counted elsewhere.
package term

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"unicode"
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

// Printable makes a text from outside safe for one line of a terminal, a log or a page:
// tabs and line ends become blanks; other control characters and those that are invisible
// or turn the direction of text show as escapes (\x1b, \u202e); what is not UTF-8 is
// U+FFFD. The joiners of Persian and of emoji stay.
func Printable(s string) string {
	if isPrintable(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s { // invalid bytes are U+FFFD
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case unicode.IsControl(r) && r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case isHidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPrintable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || isHidden(r) {
			return false
		}
	}
	return true
}

// isHidden reports whether r is not seen, or changes how others are seen.
func isHidden(r rune) bool {
	switch r {
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || IsInvisible(r)
}

// IsInvisible reports whether r takes no room in a text and means nothing to its reader:
// zero-width space and no-break space, word joiner, soft hyphen, the marks that turn
// the direction of text and what fills a place. Such names look like others.
func IsInvisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == '\u200c' || r == '\u200d': // joiners
		return false
	}
	return r == '\u00ad' || r == '\u034f' || r == '\u061c' || r == '\u115f' || r == '\u1160' || r == '\u180e' ||
		r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u206f' ||
		r == '\u3164' || r == '\ufeff' || r == '\uffa0'
}

// maxLine is the most bytes of a line of a message.
const maxLine = 16 << 10

// PrintableLines is Printable for each line of a text of several lines; a longer line than anyone
// reads is cut.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if l = Printable(l); len(l) > maxLine {
			l = strings.ToValidUTF8(l[:maxLine], "") + "…"
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
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
