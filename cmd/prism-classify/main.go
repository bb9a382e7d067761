// Prism-classify labels the rows of a table with a local language model.
//
//	prism-classify --model llama3.2 --prompts-config prompt.json feedback.csv > labelled.csv
//
// It reads CSV, TSV or JSONL from a file or stdin, sends the rows in batches to
// Ollama, checks every reply, and writes the rows with their labels in input
// order. With --checkpoint-dir finished rows survive whatever happens: the same
// command with the same --run-id asks only for the rest. The signal
// USR1, where the system has it, makes it print its progress on stderr.
//
// Exit codes: 0 done; 1 failed; 2 wrong usage, configuration or input; 3 some
// rows failed; 4 no server, or no model that is of use; 129, 130
// and 143 interrupted after saving; 141 nobody reads stdout any more, after saving.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/term"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	g := flags{args: args}
	g.progress = term.NewProgress(errOut, isTerminal(errOut), func() int { return width(errOut) }, time.Now)
	g.progress.Color = term.WantsColor(os.Getenv)
	return cli.Main(cli.Command{
		Name:    "prism-classify",
		Manual:  manual,
		Grammar: &g,
		Run:     g.runMode,
	}, args, in, out, g.progress)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		width, _ := term.Size(f)
		return width
	}
	return term.DefaultWidth
}

// runMode does what the flags ask for: list models, print the first prompt, or label.
func (g *flags) runMode(ctx context.Context, std cli.Std) error {
	g.APIKey = os.Getenv("PRISM_API_KEY")
	if g.ignoresOllamaHost() {
		g.Model.Hosts = nil
	}
	if g.JSON && !g.Doctor {
		return cli.Usagef("--json requires --doctor")
	}
	if err := g.checkStudentFlags(); err != nil {
		return err
	}
	if g.Doctor {
		return g.examine(ctx, std)
	}
	if g.ListModels {
		return g.listModels(ctx, std.Out)
	}
	if err := g.resolveSettings(ctx); err != nil {
		return err
	}
	std.ShareWithGroup(g.GroupReadable)
	if err := g.checkStudentFlags(); err != nil { // the manifest may name a student
		return err
	}
	if g.DryRun {
		return g.printFirstBatch(ctx, std)
	}
	if g.Input == "-" && isTerminalReader(std.In) {
		std.Infof("reading rows from the terminal; Ctrl-D ends them")
	}
	tuneCollector(&g.Model)
	start := time.Now()
	defer onUSR1(func() { g.printProgress(start) })()
	g.outputOnTerminal = g.OutputPath == "-" && isTerminal(std.Out)
	result, err := classify.Run(ctx, g.WorkerOptions, classify.Streams{
		In: std.In, Out: std.Out, Messages: std, Progress: g.updateProgress, Now: time.Now, Sleep: cli.Sleep,
	})
	g.progress.Clear()
	if result.RunID == "" && g.RunID != "" {
		g.writeStartFailure(std, err)
	}
	return g.reportResult(ctx, std, result, err, time.Since(start))
}

// printFirstBatch prints what the model would see. A terminal gets it without the control
// characters of rows; a file or a pipe gets the bytes.
func (g *flags) printFirstBatch(ctx context.Context, std cli.Std) error {
	if !isTerminal(std.Out) {
		return exitError(ctx, classify.DryRun(ctx, g.WorkerOptions, std.In, std.Out), g.Model.Name)
	}
	var b bytes.Buffer
	if err := classify.DryRun(ctx, g.WorkerOptions, std.In, &b); err != nil {
		return exitError(ctx, err, g.Model.Name)
	}
	_, err := io.WriteString(std.Out, term.PrintableLines(b.String()))
	return err
}

// listModels prints the names of models.
func (g *flags) listModels(ctx context.Context, out io.Writer) error {
	names, err := classify.ListModels(ctx, g.WorkerOptions)
	if err != nil {
		return exitError(ctx, err, "")
	}
	for _, n := range names {
		if _, err := fmt.Fprintln(out, term.Printable(n)); err != nil {
			return err
		}
	}
	return nil
}

func isTerminalReader(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// updateProgress keeps how far the work is and, on a terminal, shows it.
func (g *flags) updateProgress(p classify.Progress) {
	g.latest.Store(&p)
	switch {
	case g.Quiet || g.outputOnTerminal:
	case p.Done:
		g.progress.Clear()
	default:
		g.progress.Update(term.Snapshot{
			Rows: p.Rows + p.Failed, Total: max(p.Total, 0), Failed: p.Failed, Errors: p.Errors, Tokens: p.Tokens, Paused: p.Paused,
		})
	}
}
