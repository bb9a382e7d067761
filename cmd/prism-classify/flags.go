package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/alecthomas/kong"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/server"
	"prism/internal/term"
)

// flags is the command line: the settings of a worker, most of which are flags
// and defaults of package job, and what only this command knows.
type flags struct {
	File      string `arg:"" optional:"" help:"Table to label; - or no argument: stdin."`
	InputFile string `filled:"" placeholder:"FILE" help:"The same as the argument." group:"Input:"`

	classify.WorkerOptions

	ListModels bool   `help:"Print the models that the server has, one per line, and exit." group:"Model:"`
	Doctor     bool   `help:"Examine the server, the model and this machine, say what to do, and exit." group:"Model:"`
	JSON       bool   `name:"json" help:"With --doctor: print JSON." group:"Model:"`
	OutputFile string `filled:"" name:"output" short:"o" placeholder:"FILE" help:"Output file, which appears as a whole at the end; - is stdout [stdout]." group:"Output:"`
	OutputName string `filled:"" name:"output-name" placeholder:"NAME" help:"File name in --output-dir [{label}_w{worker id}.csv]." group:"Output:"`
	DryRun     bool   `help:"Print the messages and the reply schema of the first batch; make no call." group:"Output:"`
	Manifest   string `filled:"" placeholder:"FILE" help:"Manifest of a run, from prism-split --job; flags that are not given are taken from it." group:"Run:"`
	Unit       int    `placeholder:"N" help:"Unit of the manifest to label." group:"Run:"`

	cli.Common
	args     []string
	typed    map[string]bool // flags of the command line
	progress *term.Progress

	outputOnTerminal bool                              // the rows go where the progress line would be
	latest           atomic.Pointer[classify.Progress] // nil: no row was sent yet
}

// AfterApply notes which flags were typed: what the environment or a default
// gave them counts less than the manifest.
func (g *flags) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

// ignoresOllamaHost reports whether the hosts are those of OLLAMA_HOST although the API is
// another: rows and a key are not for that server.
func (g *flags) ignoresOllamaHost() bool {
	return g.Model.API == server.OpenAI && !g.typed["host"] && os.Getenv("PRISM_HOST") == ""
}

// flagsOfServers are those that a student has no use for. What else is said of calls counts for nothing.
var flagsOfServers = []string{"host", "proxy", "cache", "cache-ttl", "votes", "doctor", "list-models", "dry-run", "allow-free-replies", "allow-truncation"}

// checkStudentFlags refuses flags of servers beside --api student.
func (g *flags) checkStudentFlags() error {
	if !g.Model.UsesStudent() {
		return nil
	}
	for _, flag := range flagsOfServers {
		if g.typed[flag] {
			hint := "leave it out"
			if flag == "dry-run" {
				hint = "it would show a prompt, and a student has none: --limit 5 labels five rows"
			}
			return cli.Fail(cli.Usage, fmt.Errorf("--%s cannot be combined with a student (--api student), which makes no calls", flag), hint)
		}
	}
	g.Model.Hosts, g.Model.Cache, g.Model.CacheTTL = nil, "", 0 // of the environment
	return nil
}

// resolveSettings completes the settings by the manifest, if there is one, and
// checks what no single flag shows.
func (g *flags) resolveSettings(ctx context.Context) error {
	if g.File != "" && g.InputFile != "" {
		return cli.Usagef("--input-file %q cannot be combined with FILE %q", g.InputFile, g.File)
	}
	switch {
	case g.Manifest == "" && g.Unit != 0:
		return cli.Usagef("--unit requires --manifest")
	case g.Manifest == "" && (g.Model.Name == "" || g.Prompts.ConfigFile == ""):
		return g.missingFlags()
	case g.typed["limit"] && g.Limit == 0:
		return cli.Usagef("--limit 0: want at least 1; without the flag all rows are labelled")
	case g.typed["row-start"] && g.RowStart == 0:
		return cli.Usagef("--row-start 0: the first row is 1")
	}
	g.Input = g.File + g.InputFile
	if g.Manifest != "" {
		if err := g.applyManifest(ctx); err != nil {
			return err
		}
	}
	if g.Input == "" {
		g.Input = "-"
	}
	g.Command = append([]string{"prism-classify"}, g.args...)
	return g.resolveOutput()
}

// missingFlags says which of the flags without default are not there.
func (g *flags) missingFlags() error {
	var flags []string
	hint := "--manifest and --unit set both; prism-classify --help lists all flags"
	if g.Model.Name == "" {
		flags = append(flags, "--model (or PRISM_MODEL)")
		if g.Model.UsesStudent() {
			hint = "--model names the file that prism-stats --train-student wrote; " + hint
		} else {
			hint = "--list-models lists the models of the server; " + hint
		}
	}
	if g.Prompts.ConfigFile == "" {
		flags = append(flags, "--prompts-config (or PRISM_PROMPTS_CONFIG)")
	}
	return cli.Fail(cli.Usage, fmt.Errorf("missing: %s", strings.Join(flags, " and ")), hint)
}

// resolveOutput finds the path of the output by its flags.
func (g *flags) resolveOutput() error {
	folder := g.Output.Directory
	switch {
	case g.OutputFile != "" && (g.typed["output-dir"] || g.typed["output-name"]):
		return cli.RefuseBeside(g.typed, "-o", "", "output-dir", "output-name")
	case g.OutputName != "" && folder == "":
		return cli.Usagef("--output-name requires --output-dir")
	case g.OutputFile != "":
		g.OutputPath = g.OutputFile
	case folder == "":
		g.OutputPath = "-"
	case g.OutputName != "" && !filepath.IsLocal(g.OutputName):
		return cli.Usagef("--output-name %q: want a name in the folder of --output-dir; -o names any file", g.OutputName)
	default:
		g.OutputPath, g.OutputFolder = filepath.Join(folder, cmp.Or(g.OutputName, g.WorkerOptions.OutputName())), folder
	}
	return nil
}
