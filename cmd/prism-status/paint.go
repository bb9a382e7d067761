package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"prism/internal/report"
	"prism/internal/status"
	"prism/internal/term"
)

// painter shows a run on a terminal in place of how it was before, below what
// else is there. The zero painter is ready.
type redrawer struct{ lines int } // that it painted last

// over is the text that takes the place of the last one.
func (p *redrawer) redraw(v *status.View, out io.Writer) []byte {
	width, height := term.DefaultWidth, term.DefaultHeight
	if f, ok := out.(*os.File); ok {
		width, height = term.Size(f)
	}
	var b strings.Builder
	if p.lines > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA", min(p.lines, height-1))
	}
	p.lines = 0
	var text []byte
	if v.Over { // nothing is to take its place
		text, width = report.RunText(v), math.MaxInt
	} else {
		text = report.RunTextWithin(v, height-1)
	}
	for line := range strings.Lines(string(text)) {
		b.WriteString(term.Truncate(strings.TrimSuffix(line, "\n"), width) + "\x1b[K\n")
		p.lines++
	}
	return []byte(b.String() + "\x1b[J")
}
