// Prism-split cuts tables into units, the ranges of rows that prism-classify
// works on in parallel, and checks them on the way.
//
//	prism-split --workers 4 feedback.csv
//	prism-split --format args feedback.csv | xargs -P4 -L1 prism-classify --model llama3.2 …
//	prism-split --rows 10000 --write parts/ feedback.csv
//
// It prints a line a unit: positions, byte offsets, and what identifies the
// content of the file. Every record must have the header's fields and every
// quote must close; every row must have a RowID, an integer that no other row
// of its file has. A fault is named as FILE:LINE and ends with exit code 2.
//
// With --write the units are written as files of their own, each with the
// header, and what is printed describes these files.
//
//	prism-split --normalize -o feedback.csv export.csv
//
// With --normalize it writes any table in normal form: UTF-8 CSV, commas, unique column
// names, RowID first. It reads text in many forms, workbooks (.xlsx) and Parquet.
//
//	prism-split --select --with gold.csv -o rows.csv feedback.csv
//
// With --select it writes some of the rows of a table: those that another table has or lacks, whose
// labels are unsure, or that are drawn at random.
//
//	prism-split --job job_config.yaml --dry-run
//	prism-split --job job_config.yaml --format args | xargs -P4 -L1 prism-classify
//
// With --job it plans a run: it checks the whole configuration and all inputs,
// reports every mistake, writes the manifest and prints the units of all files.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/cli"
	"prism/internal/table"
	"prism/internal/term"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g flags
	return cli.Main(cli.Command{Name: "prism-split", Manual: manual, Grammar: &g, Run: g.splitOrPlan}, args, in, out, errOut)
}

// goMemory is how many bytes the Go runtime may take before it collects garbage
// more often. With the program's own pages the process stays within 32 MiB, also
// where RowIDs are remembered and then sorted.
const goMemory = 24 << 20

// splitOrPlan does what the flags ask for: cut files, or plan a run.
func (g *flags) splitOrPlan(ctx context.Context, std cli.Std) error {
	debug.SetMemoryLimit(goMemory)
	if g.Normalize {
		return g.normalizeFile(ctx, std)
	}
	if g.Select {
		return g.selectRows(ctx, std)
	}
	if err := g.requireModes(); err != nil {
		return err
	}
	cutting, err := g.readCutting()
	if err != nil {
		return err
	}
	tty, isFile := std.Err().(*os.File)
	steps := term.NewSteps(std.Err(), isFile && !std.Quiet() && isatty.IsTerminal(tty.Fd()), time.Now)
	s := splitter{g: g, std: std, steps: steps, cutting: cutting}
	if g.PrintColumns {
		return s.printColumns(ctx)
	}
	if g.Manifest != "" || g.Unit != 0 {
		return g.printUnitSettings(ctx, std.Out)
	}
	if g.Job != "" || g.PrintSettings {
		return g.planRun(ctx, s)
	}
	files, labels, err := g.listInputs()
	if err != nil {
		return err
	}
	defer s.removeTemporary()
	for i, name := range files {
		if err := s.splitFile(ctx, name, labels[i]); err != nil {
			steps.Clear()
			return exitError(ctx, err)
		}
	}
	if err := s.renameParts(); err != nil {
		return err
	}
	steps.Clear()
	return printUnits(std.Out, g.Format, g.InputFormat, s.units)
}

// requireModes refuses flags of --normalize, --select, --print-columns and --job where these were not typed.
func (g *flags) requireModes() error {
	errs := []error{
		cli.RequireFlag(g.typed, "--select", rowFlags...),
		cli.RequireFlag(g.typed, "--normalize or --select", "o"),
		cli.RequireFlag(g.typed, "--normalize", "encoding", "skip-rows"),
	}
	if !g.PrintColumns {
		errs = append(errs, cli.RequireFlag(g.typed, "--normalize or --print-columns", "sheet", "header-line"))
	}
	if g.Job == "" && !g.PrintSettings {
		errs = append(errs, cli.RequireFlag(g.typed, "--job", "run-id", "tag", "dry-run", "refresh-inputs"))
		if g.Format == "settings" {
			errs = append(errs, cli.Usagef("--format settings requires --job"))
		}
	}
	return errors.Join(errs...)
}

// exitError maps an error to the exit code of what happened.
func exitError(ctx context.Context, err error) error {
	if sig := cli.Interruption(ctx); sig != nil {
		return cli.Fail(sig.Code, sig, "")
	}
	if isTableError(err) {
		return cli.Fail(cli.Usage, err, "")
	}
	return err
}

func isTableError(err error) bool {
	_, ok := errors.AsType[*table.Error](err)
	return ok
}
