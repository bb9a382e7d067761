package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prism/internal/fsutil"
)

// Exit codes of every command. None is 255, on which xargs stops.
const (
	OK           = 0
	Failed       = 1 // disk, damage, bug
	Usage        = 2 // wrong usage, configuration or input
	Partial      = 3 // finished, but some rows or units failed
	Unreachable  = 4 // Ollama unreachable or the model missing; nothing is marked failed
	HungUp       = 129
	Interrupted  = 130
	OutputClosed = 141 // nobody reads stdout any more: what a shell says of the signal PIPE
	Terminated   = 143
)

// Error is an error with the exit code it ends the command with and, where the
// user can mend it, a hint that says how.
type Error struct {
	Code int
	Err  error
	Hint string // a line each; empty: none
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Fail wraps err with an exit code and a hint (which may be empty). A nil err
// means that everything to say was said: the command ends with code, silently.
func Fail(code int, err error, hint string) error {
	if err == nil {
		err = errSilent
	}
	return &Error{Code: code, Err: err, Hint: hint}
}

// Usagef is Fail with the exit code of wrong usage and no hint.
func Usagef(format string, args ...any) error {
	return &Error{Code: Usage, Err: fmt.Errorf(format, args...)}
}

var errSilent = errors.New("")

func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return OK
	}
	var e *Error
	sig := Interruption(ctx)
	if errors.As(err, &e) && (e.Code != Usage || sig == nil || !errors.Is(err, sig)) {
		return e.Code // an input that a signal ended is not wrong
	}
	if sig != nil && (errors.Is(err, sig) || errors.Is(err, context.Canceled)) {
		return sig.Code
	}
	return Failed
}

func (m Messages) printError(err error) {
	if err == nil || errors.Is(err, errSilent) {
		return
	}
	lines := errorLines(err)
	for _, line := range lines[:min(len(lines), maxErrorLines)] {
		m.printLine("error: %s", line)
	}
	if more := len(lines) - maxErrorLines; more > 0 {
		m.printLine("error: and %d more", more)
	}
	m.printHints(err)
}

func (m Messages) printHints(err error) {
	hints := findHints(err, nil)
	for _, line := range hints[:min(len(hints), maxErrorLines)] {
		m.printLine("hint: %s", line)
	}
}

// findHints appends the lines of the hint of an error, or else of those that it
// wraps; none comes twice.
func findHints(err error, hints []string) []string {
	hint := ""
	if hinted, ok := err.(interface{ Hint() string }); ok {
		hint = hinted.Hint()
	} else if e, ok := err.(*Error); ok {
		hint = e.Hint
	} else if e, ok := err.(*fs.PathError); ok && isTemporary(e.Path) {
		hint = "TMPDIR names another folder for temporary files"
	} else if fsutil.IsDiskFull(err) {
		hint = "free space on that disk, then run the same command again"
	}
	if hint != "" {
		for line := range strings.SplitSeq(hint, "\n") {
			if !slices.Contains(hints, line) {
				hints = append(hints, line)
			}
		}
		return hints
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return findHints(wrapper.Unwrap(), hints)
	case interface{ Unwrap() []error }:
		for _, e := range wrapper.Unwrap() {
			hints = findHints(e, hints)
		}
	}
	return hints
}

// isTemporary reports whether a path is that of a temporary file: mostly it has no name any more,
// and the user never gave it one.
func isTemporary(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, "prism-") && strings.HasSuffix(name, ".tmp") && filepath.Dir(path) == filepath.Clean(os.TempDir())
}

// maxErrorLines is how many mistakes of a file are told at once.
const maxErrorLines = 20
