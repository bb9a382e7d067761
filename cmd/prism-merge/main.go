// Prism-merge joins part files with the same columns into one, sorted by RowID.
//
//	prism-merge -o result.csv out/feedback_w*.csv
//	prism-merge --expect feedback.csv -o result.csv out/*.csv
//	prism-merge --sort-by none parts/in_part*.csv > whole.csv
//
// Parts may be CSV, TSV and JSONL, mixed, of any size: sorted ones are merged
// as they stream, others are sorted within --memory, with temporary files in
// TMPDIR. Records keep their bytes where the format and the order of the
// columns stay the same. Of rows with the same RowID one stays, by
// --on-duplicate: that of the later argument unless told otherwise.
//
// --expect names the file whose rows must all be there: missing ones are listed
// in failed_ranges.json beside the output, and the exit code is 3.
//
//	prism-merge -o result.xlsx out/feedback_w*.csv
//
// The name of the output tells its form: a workbook (.xlsx), Parquet, or text, which is
// compressed where .gz or .zst follows. The rows are sorted as text, in a temporary file,
// before they take another form.
//
//	prism-merge --labelled-by small --labelled-by large --expect feedback.csv -o result.csv small.csv large.csv
//
// With --labelled-by the parts are results of some of the rows, such as those of a small model and of a large one
// that was asked where the small one was unsure. Of each row the last result stays.
//
//	prism-merge --manifest logs/R/run_manifest.json [-o result.xlsx]
//
//	prism-merge --overrides review.xlsx --prompts-config prompts/feedback.json -o corrected.csv result.csv
//
// --overrides replaces labels by those that people gave in a table with RowID and any coded columns,
// once every value is checked against the codebook; the column Reviewed names what was replaced.
//
//	prism-merge --manifest logs/R/run_manifest.json --overrides review.xlsx
//
// With --manifest it merges each file of a run whose units fulfil the condition
// of its job file, reads the result again to find rows that are missing, lists
// them in failed_ranges.json beside the manifest, and notes in the manifest what
// became of the file. With -o it writes that output once more, in the form of this name.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"prism/internal/cli"
	"prism/internal/export"
	"prism/internal/extsort"
	"prism/internal/merge"
	"prism/internal/table"
	"prism/internal/term"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g flags
	return cli.Main(cli.Command{Name: "prism-merge", Manual: manual, Grammar: &g, Run: g.run}, args, in, out, errOut)
}

type flags struct {
	Parts         []string `arg:"" optional:"" name:"PART" help:"CSV, TSV or JSONL by file name, else CSV; - is stdin."`
	Output        string   `filled:"" short:"o" help:"Output file, which appears as a whole at the end; by its name CSV, TSV, JSONL, .xlsx, .parquet, or text compressed by .gz or .zst [stdout]. With --manifest: a copy of the merged output." placeholder:"FILE" group:"Output:"`
	IDColumn      string   `name:"id-column" help:"Column that identifies a row [RowID]." placeholder:"NAME" group:"Parts:"`
	SortBy        string   `help:"Column to sort by, numbers before texts; none concatenates the parts [RowID, or the column of --id-column]." placeholder:"COLUMN" group:"Output:"`
	OnDuplicate   string   `enum:"last,first,error" default:"last" help:"Of rows with the same RowID, keep the one of the last argument or of the first, or end with an error [${default}]." placeholder:"last|first|error" group:"Output:"`
	SafeCSV       bool     `name:"safe-csv" help:"Put an apostrophe before cells of CSV that a spreadsheet program would take for a formula: those that begin with = + - @, a tab or a line break, and are not numbers." group:"Output:"`
	Expect        string   `filled:"" help:"Check that every RowID of this file is there; if not, exit with 3 and write failed_ranges.json." placeholder:"INPUT" group:"Rows:"`
	Memory        cli.Size `default:"256MiB" min:"1MiB" max:"16TiB" env:"PRISM_MEMORY" help:"Memory for sorting [${default}]." placeholder:"SIZE" group:"Output:"`
	Check         bool     `help:"Only check the parts; write no output." group:"Parts:"`
	Manifest      string   `filled:"" help:"Merge each file of this run from the outputs of its units; for units without an output, take the rows of their checkpoints." placeholder:"FILE" group:"Runs:"`
	Condition     string   `enum:"all_success,any_success,always," default:"" help:"With --manifest: which units of a file must have completed [as in the job file]." placeholder:"all_success|any_success|always" group:"Runs:"`
	Label         string   `filled:"" help:"With --manifest: merge only this file of the run." placeholder:"LABEL" group:"Runs:"`
	LabelledBy    []string `help:"Combine PARTs that each label some of the rows of --expect: each row comes from the last PART that has it, in the order of --expect, and a column Labelled_By has the NAME of that PART (repeat the flag for each PART)." placeholder:"NAME" sep:"none" group:"Rows:"`
	Overrides     []string `filled:"" help:"Corrections by people, which replace values of the rows: a table with RowID and any coded columns, in any form that prism-split --normalize reads (repeatable: later files after earlier ones)." placeholder:"FILE" sep:"none" group:"Corrections:"`
	PromptsConfig string   `filled:"" help:"Prompt schema file: which values --overrides may have; with it JSONL has numbers, booleans and arrays [with --manifest: that of the run]." env:"PRISM_PROMPTS_CONFIG" placeholder:"FILE" group:"Corrections:"`
	InputFormat   string   `help:"Format of the parts: csv, tsv or jsonl [by file name, else csv]." placeholder:"FORMAT" group:"Parts:"`
	Delimiter     string   `help:"Delimiter of parts that are CSV, a character or tab [the most frequent in the header of each]." placeholder:"D" group:"Parts:"`
	OutputFormat  string   `help:"Format of the output's text: csv, tsv or jsonl [by file name, else that of the first part]." placeholder:"FORMAT" group:"Output:"`

	cli.Common
	typed map[string]bool // flags of the command line
}

// What the process takes, in bytes: the runtime's share beside --memory, and the
// least for sorting, below which the runtime would only collect garbage.
const (
	runtimeMemory = 40 << 20
	leastMemory   = 32 << 20
	// overridesGarbage is how much garbage may come to what is in use, in percent.
	overridesGarbage = 30
)

// AfterApply notes which flags were typed.
func (g *flags) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

func (g *flags) run(ctx context.Context, std cli.Std) error {
	debug.SetMemoryLimit(max(int64(g.Memory), leastMemory) + runtimeMemory)
	if len(g.Overrides) > 0 {
		debug.SetGCPercent(overridesGarbage) // they stay in memory: twice of them would be too much
	}
	if g.Manifest == "" {
		if err := cli.RequireFlag(g.typed, "--manifest", "condition", "label"); err != nil {
			return err
		}
	}
	if err := errors.Join(g.checkOverrides(), g.checkLayers()); err != nil {
		return err
	}
	m, err := g.merger(std)
	if err != nil {
		return err
	}
	defer m.closeParts()
	if g.Manifest != "" {
		err = m.mergeRun(ctx)
	} else {
		err = m.mergeParts(ctx)
	}
	m.steps.Clear()
	return exit(ctx, err)
}

// exit maps an error to the exit code of what happened.
func exit(ctx context.Context, err error) error {
	if sig := cli.Interruption(ctx); sig != nil && err != nil {
		return cli.Fail(sig.Code, sig, "")
	}
	if _, ok := errors.AsType[*table.Error](err); ok {
		return cli.Fail(cli.Usage, err, "")
	}
	return err
}

// merger is one call of the command.
type merger struct {
	g      *flags
	std    cli.Std
	steps  *term.Steps
	o      merge.Options
	inputs []merge.Input
	bytes  int64 // of all inputs
}

func (g *flags) merger(std cli.Std) (*merger, error) {
	tty, isFile := std.Err().(*os.File)
	m := &merger{g: g, std: std}
	m.steps = term.NewSteps(std.Err(), isFile && !std.Quiet() && isatty.IsTerminal(tty.Fd()), time.Now)
	m.o = merge.Options{IDColumn: g.IDColumn, SortBy: g.SortBy, Concat: g.SortBy == "none", Memory: int64(g.Memory), SafeCSV: g.SafeCSV, Progress: m.steps.AddBytes, Debug: std.Debugf}
	m.o.OnDuplicate = map[string]extsort.Equal{
		"last": extsort.KeepLast, "first": extsort.KeepFirst, "error": extsort.Refuse,
	}[g.OnDuplicate]
	var err error
	if m.o.Format, err = g.outputFormat(); err != nil {
		return nil, err
	}
	if err := table.CheckInputFlags(g.InputFormat, g.Delimiter); err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	if why := g.whyNothingIsMarked(m.o.Format); g.SafeCSV && why != "" {
		std.Warnf("--safe-csv marks nothing: %s", why)
	}
	return m, nil
}

// whyNothingIsMarked is why an output of this text has no cell that --safe-csv marks; empty: it may
// have some.
func (g *flags) whyNothingIsMarked(text table.Format) string {
	form, _, _ := export.FormByName(g.Output)
	switch {
	case g.Check:
		return "--check writes no output"
	case form == export.Workbook:
		return "the cells of a workbook are typed, and none is a formula"
	case form == export.Parquet:
		return "Parquet has no formulas"
	case text == table.JSONL:
		return "JSONL has no formulas"
	}
	return ""
}

// outputFormat is the format of the output's text; zero where the first part decides.
func (g *flags) outputFormat() (table.Format, error) {
	form, text, err := export.FormByName(g.Output)
	if err != nil && !g.Check {
		return 0, cli.Fail(cli.Usage, err, "")
	}
	isText := form != export.Workbook && form != export.Parquet
	if g.OutputFormat != "" {
		f, err := table.ParseFormat(g.OutputFormat)
		switch {
		case err != nil && export.IsRowForm(g.OutputFormat):
			return 0, cli.Usagef("--output-format %[1]s: choose it by the name of the output, -o NAME.%[1]s", g.OutputFormat)
		case err != nil:
			return 0, cli.Usagef("--output-format: %w", err)
		case !isText:
			return 0, cli.Usagef("--output-format %s does not match the name of the output, %s", g.OutputFormat, g.Output)
		}
		return f, nil
	}
	if !isText {
		return table.CSV, nil
	}
	f, _ := table.FormatByName(text)
	return f, nil
}
