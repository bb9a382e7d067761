package term

import (
	"math"
	"strings"
)

var eighths = [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar draws share (0 to 1) of a full bar of width cells, in steps of an eighth
// of a cell, without padding. A share above 0 shows.
func Bar(share float64, width int) string {
	share = min(max(share, 0), 1) // NaN stays, and falls out below
	n := int(math.Round(share * float64(width) * 8))
	if n <= 0 {
		if share > 0 && width > 0 {
			return eighths[1]
		}
		return ""
	}
	return strings.Repeat("█", n/8) + eighths[n%8]
}

// Gauge is Bar on a track that shows the whole width. It is full only at 1.
func Gauge(share float64, width int) string {
	share = min(max(share, 0), 1)
	n := int(share * float64(width))
	if n < 0 || n > width {
		n = 0
	}
	return strings.Repeat("█", n) + strings.Repeat("░", width-n)
}
