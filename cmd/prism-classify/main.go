// Prism-classify labels the rows of a table with a local language model.
//
//	prism-classify --model llama3.2 --prompts-config prompt.json feedback.csv > labelled.csv
//
// It reads CSV, TSV or JSONL from a file or stdin, sends the rows in batches to
// Ollama, checks every reply, and writes the rows with their labels in input
// order. With --checkpoint-dir finished rows survive whatever happens: the same
// command with the same --run-id asks only for the rest. USR1 makes it tell on
// stderr how far it is, where the system has that signal.
//
// Exit codes: 0 done; 1 failed; 2 wrong usage, configuration or input; 3 some
// rows failed; 4 Ollama unreachable or the model missing; 130 and 143
// interrupted after saving.
package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/term"
)

// gcPercent lets the heap, which is a few megabytes, grow to three times what is
// live before it is collected, to save processor time.
const gcPercent = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	g := grammar{args: args}
	g.progress = term.NewProgress(errOut, isTerminal(errOut), func() int { return width(errOut) }, time.Now)
	g.progress.Color = term.WantsColor(os.Getenv)
	return cli.Main(cli.Command{
		Name:    "prism-classify",
		Help:    "Label the rows of a table with a local language model served by Ollama. Reads CSV, TSV or JSONL with the columns RowID and Message (Title and Sentiment are used where they are there) and writes the rows with the labels of the prompt schema, in input order.",
		Grammar: &g,
		Run:     g.run,
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

type grammar struct {
	File string `arg:"" optional:"" help:"Table to label; - or none: stdin."`

	Model         string   `env:"PRISM_MODEL" help:"Model of the server." group:"Model:"`
	PromptsConfig string   `env:"PRISM_PROMPTS_CONFIG" placeholder:"FILE" help:"Prompt schema file (JSON)." group:"Model:"`
	Host          []string `env:"PRISM_HOST,OLLAMA_HOST" sep:"," placeholder:"URL" help:"Server, as OLLAMA_HOST has it; repeat for several [127.0.0.1:11434]." group:"Model:"`
	Labels        string   `enum:"organic,strict," default:"" placeholder:"POLICY" help:"organic keeps labels outside the listed values, strict refuses them [as the prompt schema says, else organic]." group:"Model:"`
	NumCtx        int      `placeholder:"TOKENS" help:"Context of the model [8192, or the model's limit if that is less]." group:"Model:"`
	NumPredict    int      `placeholder:"TOKENS" help:"Longest reply [from the schema]." group:"Model:"`
	Temperature   float64  `default:"0" help:"Of sampling." group:"Model:"`
	Seed          int      `default:"0" help:"Of sampling." group:"Model:"`
	KeepAlive     string   `placeholder:"TIME" help:"How long the server keeps the model loaded [as the server is set]." group:"Model:"`
	Think         string   `default:"auto" help:"auto, true, false, or a level that the model has; auto means not to think." group:"Model:"`
	PromptStyle   string   `enum:"classic" default:"classic" help:"How rows are put to the model." group:"Model:"`

	ListModels      bool `help:"Print the models that the server has, a line each, and leave." group:"Model:"`
	AllowTruncation bool `help:"Work with servers before 0.12.4, which cut over-long prompts silently." group:"Model:"`

	BatchSize int          `default:"10" env:"PRISM_BATCH_SIZE" help:"Rows a call." group:"Calls:"`
	Parallel  int          `default:"1" env:"PRISM_PARALLEL" help:"Calls in flight." group:"Calls:"`
	Retries   int          `default:"3" help:"Times a call is made again after a transient error, and tries for a row alone." group:"Calls:"`
	Delay     cli.Duration `default:"5s" help:"Wait before the first retry; it doubles." group:"Calls:"`
	Timeout   cli.Duration `default:"5m" help:"Longest call, from sending to its last byte." group:"Calls:"`

	InputFile   string `placeholder:"FILE" help:"The same as the argument." group:"Input:"`
	InputFormat string `enum:"csv,tsv,jsonl," default:"" placeholder:"FORMAT" help:"csv, tsv or jsonl [by file name, else csv]." group:"Input:"`
	RowStart    int64  `placeholder:"N" help:"First position to label, 1-based." group:"Input:"`
	RowEnd      int64  `placeholder:"N" help:"Last position to label." group:"Input:"`
	ByteStart   int64  `placeholder:"N" help:"Byte offset of --row-start, from prism-split." group:"Input:"`
	ByteEnd     int64  `placeholder:"N" help:"Byte offset after --row-end." group:"Input:"`
	InputSum    string `placeholder:"SUM" help:"Refuse an input of another sum, from prism-split." group:"Input:"`
	Limit       int64  `placeholder:"N" help:"Label at most N rows." group:"Input:"`

	Output       string   `short:"o" placeholder:"FILE" help:"Write here, whole and at once; - is stdout [stdout]." group:"Output:"`
	OutputDir    string   `env:"PRISM_OUTPUT_DIR" placeholder:"DIR" help:"Folder of the output; its name is --output-name." group:"Output:"`
	OutputName   string   `placeholder:"NAME" help:"File name in --output-dir [{label}_w{worker id}.csv]." group:"Output:"`
	OutputFormat string   `enum:"csv,tsv,jsonl," default:"" placeholder:"FORMAT" help:"csv, tsv or jsonl [by file name, else csv]." group:"Output:"`
	Drop         []string `sep:"," placeholder:"COL" help:"Input columns that the output leaves out." group:"Output:"`
	DryRun       bool     `help:"Print the messages and the reply schema of the first batch; call nothing." group:"Output:"`

	RunID              string `placeholder:"ID" help:"Name of the run; the same ID resumes [made from input, model and time]." group:"Run:"`
	WorkerID           int    `default:"1" help:"Number of this worker in its run." group:"Run:"`
	CheckpointDir      string `env:"PRISM_CHECKPOINT_DIR" placeholder:"DIR" help:"Folder of the checkpoint parts [none: nothing can resume]." group:"Run:"`
	CheckpointInterval int    `default:"50" placeholder:"N" help:"Rows a checkpoint part [50]." group:"Run:"`
	StatusDir          string `env:"PRISM_STATUS_DIR" placeholder:"DIR" help:"Folder of the status files, for prism-status [none]." group:"Run:"`
	LogsDir            string `env:"PRISM_LOGS_DIR" placeholder:"DIR" help:"Folder of log, call log and failed rows [none]." group:"Run:"`
	Manifest           string `placeholder:"FILE" help:"Manifest of a run, from prism-split --job: all that is not typed is as it says." group:"Run:"`
	Unit               int    `placeholder:"N" help:"Unit of the manifest to label." group:"Run:"`
	RetryFailed        bool   `help:"Ask again for rows that failed." group:"Run:"`
	Restart            bool   `help:"Begin anew and set the old checkpoint parts aside." group:"Run:"`

	cli.Common
	args     []string
	typed    map[string]bool // flags of the command line
	label    string          // of the unit; empty: by the input's name
	progress *term.Progress

	rowsOnTerminal bool                              // the rows go where the progress line would be
	latest         atomic.Pointer[classify.Progress] // nil: no row was asked for yet
}

func (g *grammar) run(ctx context.Context, std cli.Std) error {
	if g.ListModels {
		return g.listModels(ctx, std.Out)
	}
	if err := g.fromManifest(); err != nil {
		return err
	}
	s, err := g.settings()
	if err != nil {
		return err
	}
	if g.DryRun {
		return end(ctx, classify.DryRun(ctx, s, std.In, std.Out), s.Model)
	}
	if s.Input == "-" && isTerminalReader(std.In) {
		std.Infof("reading rows from the terminal; Ctrl-D ends them")
	}
	start := time.Now()
	defer whenAsked(func() { g.tell(start) })()
	g.rowsOnTerminal = s.Output == "-" && isTerminal(std.Out)
	result, err := classify.Run(ctx, s, classify.Streams{
		In: std.In, Out: std.Out, Messages: std, Progress: g.show, Now: time.Now, Sleep: sleep,
	})
	g.progress.Clear()
	if result.RunID == "" && s.RunID != "" {
		g.noteFalseStart(std, s, err)
	}
	return report(ctx, std, s, result, err, time.Since(start))
}

func isTerminalReader(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// show keeps how far the work is and, on a terminal, shows it.
func (g *grammar) show(p classify.Progress) {
	g.latest.Store(&p)
	switch {
	case g.Quiet || g.rowsOnTerminal:
	case p.Done:
		g.progress.Clear()
	default:
		g.progress.Update(term.Snapshot{
			Rows: p.Rows + p.Failed, Total: max(p.Total, 0), Failed: p.Failed, Errors: p.Errors, Tokens: p.Tokens, Paused: p.Paused,
		})
	}
}
