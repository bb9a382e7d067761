package cli

import (
	"fmt"
	"io"
	"strings"

	"prism/internal/term"
)

// Messages prints to people on stderr. Whatever a message quotes from outside, such as a
// file's name or a server's words, no control character of it reaches the terminal.
type Messages struct {
	w              io.Writer
	quiet, verbose bool
}

// Err is the stream that messages go to.
func (m Messages) Err() io.Writer { return m.w }

// Quiet reports whether only errors may be printed.
func (m Messages) Quiet() bool { return m.quiet }

// Infof prints a line, unless quiet.
func (m Messages) Infof(format string, args ...any) {
	if !m.quiet {
		m.printLine(format, args...)
	}
}

// Warnf prints a line that starts with "warning: ", unless quiet.
func (m Messages) Warnf(format string, args ...any) { m.Infof("warning: "+format, args...) }

// Debugf prints a line if verbose.
func (m Messages) Debugf(format string, args ...any) {
	if m.verbose {
		m.printLine(format, args...)
	}
}

// printLine prints a line. What breaks lines in its arguments, such as the name of a file,
// does not break it; an error of several errors takes a line each.
func (m Messages) printLine(format string, args ...any) {
	shown := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			shown[i] = term.Printable(a)
		case error:
			shown[i] = strings.Join(errorLines(a), "\n")
		default:
			shown[i] = a
		}
	}
	io.WriteString(m.w, term.PrintableLines(fmt.Sprintf(format, shown...))+"\n")
}

// errorLines is the text of an error, a line for each of the errors that it joins. Line
// breaks of names in them become blanks.
func errorLines(err error) []string {
	text := err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var lines, joined []string
		for _, part := range e.Unwrap() {
			lines, joined = append(lines, errorLines(part)...), append(joined, part.Error())
		}
		if strings.Join(joined, "\n") == text {
			return lines
		}
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		lines := errorLines(inner)
		before, after, found := strings.Cut(text, inner.Error())
		if len(lines) > 1 && found {
			lines[0] = term.Printable(before) + lines[0]
			lines[len(lines)-1] += term.Printable(after)
			return lines
		}
	}
	return []string{term.Printable(text)}
}
