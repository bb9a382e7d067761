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
	"runtime"
	"strings"

	"github.com/alecthomas/kong"

	"prism/internal/fsutil"
)

// Command describes one of the programs.
type Command struct {
	Name    string // as typed: prism-split
	Manual  Manual // what --help prints beside the flags
	Grammar any    // pointer to the kong struct; embeds Common
	Run     func(ctx context.Context, std Std) error
}

// Std is the standard streams of a command and its messages to people.
type Std struct {
	In  io.Reader
	Out io.Writer
	Messages

	share func() // see ShareWithGroup; nil: does nothing
}

// ShareWithGroup lets the group read the files and folders that are made from now on, if
// isShared, as --group-readable does. It is for the beginning of a command.
func (s Std) ShareWithGroup(isShared bool) {
	if isShared && s.share != nil {
		s.share()
	}
}

// Common holds the flags of every command; grammars embed it.
type Common struct {
	GroupReadable bool `help:"Let your group read the files and folders that are made; else they are yours alone." env:"PRISM_GROUP_READABLE" group:"Sharing:"`

	Quiet    bool             `help:"Print only errors." short:"q" group:"Messages:"`
	Verbose  bool             `help:"Print diagnostics." group:"Messages:"`
	Version  kong.VersionFlag `help:"Print the version and exit." group:"Messages:"`
	Describe describeFlag     `hidden:"" help:"Print the flags as JSON and exit: man pages and completions are made of them."`
}

func (c *Common) common() *Common { return c }

// Main parses args (without the program's name), runs the command and returns
// its exit code. Files that it makes are their owner's alone, unless flags or a job share
// them. The first INT, TERM or HUP ends the context (see Interruption); a
// second INT or TERM kills the process.
func Main(c Command, args []string, in io.Reader, out, errOut io.Writer) int {
	share, restore := fsutil.MakePrivate()
	defer restore()
	std := Std{In: in, Out: out, Messages: Messages{w: errOut}, share: share}
	code, done := 0, false
	parser, err := kong.New(c.Grammar, append(textValues(),
		kong.Name(c.Name), kong.Description(c.Manual.description()), kong.Help(c.Manual.printHelp),
		kong.Writers(out, errOut), kong.Exit(func(n int) { code, done = n, true }),
		kong.Vars{"version": c.Name + " " + describeBuild()},
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}))...)
	if err != nil {
		std.printError(fmt.Errorf("bug in the grammar of %s: %w", c.Name, err))
		return Failed
	}
	describeHelpFlag(parser.Model)
	dropEmptyVariables(parser.Model)
	parsed, err := parser.Parse(flagsFirst(parser.Model, args))
	if done {
		return code
	}
	if err != nil {
		text := strings.Replace(err.Error(), `,"" but got`, " but got", 1) // the empty one stands for a default
		err = errors.New(strings.Replace(text, "can't be used together", "cannot be combined", 1))
		std.printError(Fail(Usage, err, fmt.Sprintf("%s --help lists the flags", c.Name)))
		return Usage
	}
	if err := checkFlagLimits(parsed.Flags()); err != nil {
		std.printError(err)
		return Usage
	}
	if g, ok := c.Grammar.(interface{ common() *Common }); ok {
		std.quiet, std.verbose = g.common().Quiet, g.common().Verbose
		std.ShareWithGroup(g.common().GroupReadable)
	}
	ctx, stop := withSignals(context.Background())
	defer stop()
	err = c.Run(ctx, std)
	if isOutputClosed(err) { // as in prism-split … | head: no error, but rows may be saved
		std.printHints(err)
		return OutputClosed
	}
	std.printError(err)
	return exitCode(ctx, err)
}

// version is set by the linker (-X), see the Makefile.
var version string

// describeBuild is the version and the platform of this build.
func describeBuild() string {
	v := version
	if v == "" {
		v = "(devel)" // by go build alone
	}
	return v + " " + runtime.GOOS + "/" + runtime.GOARCH
}
