package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/cli"
	"prism/internal/report"
	"prism/internal/status"
	"prism/internal/term"
)

// newPrinter returns a function that prints a view in the format of the flags.
func (g *flags) newPrinter(p *runPlan, std cli.Std, terminal *redrawer) func(*status.View) error {
	redraws := isTerminal(std.Out) && os.Getenv("TERM") != "dumb"
	return func(v *status.View) error {
		var text []byte
		var err error
		switch {
		case g.JSON && g.Watch:
			text, err = report.JSONLine(v)
		case g.JSON:
			text, err = report.JSON(v)
		case g.Watch && !redraws:
			text = []byte(v.Time.Format(time.RFC3339) + " " + runLine(v) + "\n")
		case g.Watch:
			text = terminal.redraw(v, std.Out)
		default:
			text = append(runText(v), unmergedNote(p, v)...)
		}
		if err == nil {
			_, err = std.Out.Write(text)
		}
		return err
	}
}

// redrawer shows a run on a terminal and replaces what it showed before. The zero
// redrawer is ready to use.
type redrawer struct{ lines int } // of the last text

// redraw returns the text that replaces the last one.
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
	if v.Over { // nothing will replace it
		text, width = runText(v), math.MaxInt
	} else {
		text = runTextWithin(v, height-1)
	}
	for line := range strings.Lines(string(text)) {
		b.WriteString(term.Truncate(strings.TrimSuffix(line, "\n"), width) + "\x1b[K\n")
		p.lines++
	}
	return []byte(b.String() + "\x1b[J")
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// hasKeys reports whether keys can be read from in: whether it is a terminal, and this process
// is not in its background, where reading would suspend it.
func hasKeys(in any) bool {
	f, ok := in.(*os.File)
	return ok && isTerminal(f) && term.IsForeground(f)
}
