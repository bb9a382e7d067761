// Termsvg draws what a terminal shows as SVG, for the pictures of the docs: it
// reads text with colours, as `tmux capture-pane -e -p` prints it, on stdin.
//
//	tmux capture-pane -e -p | go run ./internal/testutil/termsvg -title 'prism-status --watch' >picture.svg
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"

	"prism/internal/term"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("termsvg", flag.ContinueOnError)
	flags.SetOutput(errOut)
	title := flags.String("title", "", "title above the text, also for screen readers")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	text, err := io.ReadAll(in)
	if err == nil {
		err = drawPicture(out, *title, string(text))
	}
	if err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

// Sizes in units of the picture, which a page stretches.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	margin     = 16.0
	titleBar   = 34.0
)

// The colours of a dark terminal; index 0 to 7, then the bright ones.
var palette = [...]string{
	"#14171b", "#f0776c", "#7cc36e", "#d9a13b", "#6ea3f7", "#b692ea", "#5cc0c0", "#d5dae1",
	"#98a3b1", "#f0776c", "#7cc36e", "#d9a13b", "#6ea3f7", "#b692ea", "#5cc0c0", "#ffffff",
}

const plainColor = "#e7eaee"

// style is how text is shown.
type style struct {
	color string
	bold  bool
}

// piece is text of one style on one line.
type piece struct {
	style
	text   string
	column int // cells before it
}

func drawPicture(out io.Writer, title, text string) error {
	lines := strings.Split(strings.TrimRight(text, "\n \t"), "\n")
	state := style{color: plainColor}
	var all [][]piece
	cells := term.Width(title) + 4
	for _, l := range lines {
		var pieces []piece
		var width int
		pieces, width, state = splitLine(strings.TrimRight(l, " \r"), state)
		all = append(all, pieces)
		cells = max(cells, width)
	}
	width := 2*margin + float64(cells)*cellWidth
	height := titleBar + 2*margin + float64(len(lines))*cellHeight
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" role="img" aria-label="%s">`+"\n",
		formatNumber(width), formatNumber(height), formatNumber(width), html.EscapeString(title))
	fmt.Fprintf(w, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", palette[0])
	fmt.Fprintf(w, `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">`+"\n")
	fmt.Fprintf(w, `<text x="%s" y="23" fill="%s">$ %s</text>`+"\n", formatNumber(margin), palette[8], html.EscapeString(title))
	for i, pieces := range all {
		for _, p := range pieces {
			p.drawText(w, titleBar+margin+float64(i)*cellHeight)
		}
	}
	fmt.Fprintln(w, "</g>\n</svg>")
	return w.Flush()
}

// splitLine splits a line at its escape sequences and at block characters, which
// are drawn as rectangles. It begins with the style now and returns that at the end.
func splitLine(line string, now style) (pieces []piece, width int, after style) {
	var text strings.Builder
	start := 0
	flush := func() {
		if t := text.String(); strings.TrimSpace(t) != "" {
			pieces = append(pieces, piece{now, t, start})
		}
		text.Reset()
		start = width
	}
	for len(line) > 0 {
		if body, ok := strings.CutPrefix(line, "\x1b["); ok {
			end := strings.IndexFunc(body, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				break
			}
			flush()
			if body[end] == 'm' {
				now = now.withSGR(body[:end])
			}
			line = body[end+1:]
			continue
		}
		r := []rune(line[:min(4, len(line))])[0]
		if blockOf(r).h > 0 != (blockOf(lastRune(text.String())).h > 0) {
			flush()
		}
		s := string(r)
		text.WriteString(s)
		width += term.Width(s)
		line = line[len(s):]
	}
	flush()
	return pieces, width, now
}

func lastRune(s string) rune {
	r := []rune(s)
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1]
}

// withSGR returns the style after an SGR sequence with these parameters: one of
// the 16 colours, bold, or a reset. Others are ignored.
func (s style) withSGR(params string) style {
	for _, p := range strings.Split(params, ";") {
		n, err := strconv.Atoi(p)
		switch {
		case p == "" || err == nil && n == 0:
			s = style{color: plainColor}
		case n == 1:
			s.bold = true
		case n == 22:
			s.bold = false
		case n >= 30 && n <= 37:
			s.color = palette[n-30]
		case n >= 90 && n <= 97:
			s.color = palette[n-90+8]
		case n == 39:
			s.color = plainColor
		}
	}
	return s
}

// block is the part of a cell that a block character fills, from its bottom
// left, and how strongly.
type block struct{ w, h, strength float64 }

func blockOf(r rune) block {
	switch {
	case r == '█':
		return block{1, 1, 1}
	case r == '░':
		return block{1, 1, 0.22}
	case r >= '▁' && r <= '▇':
		return block{1, float64(r-'▁'+1) / 8, 1}
	case r >= '▉' && r <= '▏':
		return block{float64('▏'-r+1) / 8, 1, 1}
	}
	return block{}
}

func (p piece) drawText(w io.Writer, top float64) {
	x := margin + float64(p.column)*cellWidth
	if blockOf([]rune(p.text)[0]).h > 0 {
		p.drawBlocks(w, x, top)
		return
	}
	weight := ""
	if p.bold {
		weight = ` font-weight="bold"`
	}
	for rest := p.text; strings.TrimSpace(rest) != ""; {
		text := strings.TrimLeft(rest, " ")
		x += float64(len(rest)-len(text)) * cellWidth
		text, _, _ = strings.Cut(text, "  ") // renderers merge several blanks into one
		rest = strings.TrimLeft(rest, " ")[len(text):]
		text = strings.TrimRight(text, " ")
		width := float64(term.Width(text)) * cellWidth
		fmt.Fprintf(w, `<text x="%s" y="%s" fill="%s" textLength="%s"%s>%s</text>`+"\n",
			formatNumber(x), formatNumber(top+13), p.color, formatNumber(width), weight, html.EscapeString(text))
		x += width
	}
}

// drawBlocks draws a sequence of the same block character as one rectangle.
func (p piece) drawBlocks(w io.Writer, x, top float64) {
	runes := []rune(p.text)
	for i := 0; i < len(runes); {
		n := 1
		for i+n < len(runes) && runes[i+n] == runes[i] {
			n++
		}
		b := blockOf(runes[i])
		high := (cellHeight - 4) * b.h
		wide := cellWidth * float64(n)
		if b.w < 1 {
			wide = cellWidth * b.w
		}
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" fill-opacity="%s"/>`+"\n",
			formatNumber(x), formatNumber(top+1+cellHeight-4-high), formatNumber(wide), formatNumber(high), p.color, formatNumber(b.strength))
		x += cellWidth * float64(n)
		i += n
	}
}

// formatNumber rounds to two decimals.
func formatNumber(v float64) string {
	return strconv.FormatFloat(float64(int(v*100+0.5))/100, 'f', -1, 64)
}
