// Package cli is what the PRISM commands share at their edge: parsing of
// arguments with kong, the context that signals end, the mapping of errors to
// exit codes, and how errors and messages look on stderr. It knows nothing of
// rows or models.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes of every command. None is 255, on which xargs stops.
const (
	OK          = 0
	Failed      = 1 // disk, damage, bug
	Usage       = 2 // wrong usage, configuration or input
	Partial     = 3 // finished, but some rows or units failed
	Unreachable = 4 // Ollama unreachable or the model missing; nothing is marked failed
	Interrupted = 130
	Terminated  = 143
)

const exitCodes = `Exit codes: 0 done; 1 failed (disk, damage, bug); 2 wrong usage, configuration or input; ` +
	`3 finished, but some rows or units failed; 4 Ollama unreachable or the model missing; ` +
	`130/143 interrupted by INT/TERM after saving.`

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

// Command describes one of the programs.
type Command struct {
	Name    string // as typed: prism-split
	Help    string // what it does, a paragraph
	Grammar any    // pointer to the kong struct; embeds Common
	Run     func(ctx context.Context, std Std) error
}

// Std is the standard streams of a command and its messages to people.
type Std struct {
	In  io.Reader
	Out io.Writer
	Messages
}

// Common holds the flags of every command; grammars embed it.
type Common struct {
	Quiet   bool             `help:"Print only errors." short:"q" group:"Messages:"`
	Verbose bool             `help:"Print diagnostics." group:"Messages:"`
	Version kong.VersionFlag `help:"Print the version and leave." group:"Messages:"`
}

func (c *Common) common() *Common { return c }

// Main parses args (without the program's name), runs the command and returns
// its exit code. The first INT or TERM ends the context (see Interruption); a
// second one kills the process.
func Main(c Command, args []string, in io.Reader, out, errOut io.Writer) int {
	std := Std{In: in, Out: out, Messages: Messages{w: errOut}}
	code, done := 0, false
	parser, err := kong.New(c.Grammar,
		kong.Name(c.Name), kong.Description(c.Help+"\n\n"+exitCodes),
		kong.Writers(out, errOut), kong.Exit(func(n int) { code, done = n, true }),
		kong.Vars{"version": c.Name + " " + Version()},
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}))
	if err != nil {
		std.printError(fmt.Errorf("bug in the grammar of %s: %w", c.Name, err))
		return Failed
	}
	_, err = parser.Parse(flagsFirst(parser.Model, args))
	if done {
		return code
	}
	if err != nil {
		err = errors.New(strings.Replace(err.Error(), `,"" but got`, " but got", 1)) // the empty one stands for a default
		std.printError(Fail(Usage, err, fmt.Sprintf("%s --help lists the flags", c.Name)))
		return Usage
	}
	if g, ok := c.Grammar.(interface{ common() *Common }); ok {
		std.quiet, std.verbose = g.common().Quiet, g.common().Verbose
	}
	ctx, stop := withSignals(context.Background())
	defer stop()
	err = c.Run(ctx, std)
	std.printError(err)
	return exitCode(ctx, err)
}

// Typed names the flags that are on the command line itself, not in the
// environment: for a kong AfterApply hook.
func ExplicitFlags(ctx *kong.Context) map[string]bool {
	typed := map[string]bool{}
	for _, p := range ctx.Path {
		if p.Flag != nil {
			typed[p.Flag.Name] = true
		}
	}
	return typed
}

func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if sig := Interruption(ctx); sig != nil && (errors.Is(err, sig) || errors.Is(err, context.Canceled)) {
		return sig.Code
	}
	return Failed
}

// Signal is the cause of a context that a signal ended.
type Signal struct {
	Name string // INT or TERM
	Code int    // 130 or 143
}

func (s *Signal) Error() string { return "interrupted by " + s.Name }

// Interruption returns the signal that ended ctx, nil if none did.
func Interruption(ctx context.Context) *Signal {
	var s *Signal
	errors.As(context.Cause(ctx), &s)
	return s
}

// oneSignal is the time within which signals count as one: timeout(1) sends it to
// a process and to its group.
const sameSignalWindow = 200 * time.Millisecond

func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	c := make(chan os.Signal, 1)
	signal.Notify(c, endSignals...)
	quit := make(chan struct{})
	go func() {
		select {
		case s := <-c:
			if s == os.Interrupt {
				cancel(&Signal{Name: "INT", Code: Interrupted})
			} else {
				cancel(&Signal{Name: "TERM", Code: Terminated})
			}
		case <-quit:
			return
		}
		select { // the next one kills
		case <-time.After(sameSignalWindow):
			signal.Reset(endSignals...)
		case <-quit:
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		close(quit)
		cancel(nil)
	}
}

// Messages prints to people on stderr.
type Messages struct {
	w              io.Writer
	quiet, verbose bool
}

// Err is the stream that messages go to.
func (m Messages) Err() io.Writer { return m.w }

// Quiet tells whether only errors may be printed.
func (m Messages) Quiet() bool { return m.quiet }

// Infof prints a line, unless quiet.
func (m Messages) Infof(format string, args ...any) {
	if !m.quiet {
		fmt.Fprintf(m.w, format+"\n", args...)
	}
}

// Warnf prints a line that starts with "warning: ", unless quiet.
func (m Messages) Warnf(format string, args ...any) { m.Infof("warning: "+format, args...) }

// Debugf prints a line if verbose.
func (m Messages) Debugf(format string, args ...any) {
	if m.verbose {
		fmt.Fprintf(m.w, format+"\n", args...)
	}
}

func (m Messages) printError(err error) {
	if err == nil || errors.Is(err, errSilent) {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(m.w, "error: %s\n", line)
	}
	var e *Error
	if errors.As(err, &e) && e.Hint != "" {
		for line := range strings.SplitSeq(e.Hint, "\n") {
			fmt.Fprintf(m.w, "hint: %s\n", line)
		}
	}
}
