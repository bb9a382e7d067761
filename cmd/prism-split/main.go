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
//	prism-split --job job_config.yaml --dry-run
//	prism-split --job job_config.yaml --format args | xargs -P4 -L1 prism-classify
//
// With --job it plans a run: it checks the whole configuration and all inputs,
// reports every mistake, writes the manifest and prints the units of all files.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g grammar
	return cli.Main(cli.Command{Name: "prism-split", Help: help, Grammar: &g, Run: g.run}, args, in, out, errOut)
}

const help = "Cut tables into units of rows that workers label in parallel, and check them on the way. " +
	"Prints a line a unit. Without FILE, stdin is read; that needs --write."

const defaultWorkers = 4

type grammar struct {
	cli.Common
	Files       []string `arg:"" optional:"" name:"FILE" help:"CSV, TSV or JSONL by file name, else CSV; - is stdin."`
	InputFile   []string `help:"The same as FILE." placeholder:"FILE"`
	InputFormat string   `help:"Format of the input: csv, tsv or jsonl [by file name, else csv]." placeholder:"FORMAT"`
	Workers     *int     `xor:"cut" help:"Split each file into N equal units [4]." placeholder:"N"`
	Rows        *int64   `xor:"cut" help:"Split each file into units of N rows." placeholder:"N"`
	Ranges      string   `xor:"cut" help:"Take only these positions of each file, inclusive; 501- means the rest." placeholder:"1-100,101-300"`
	Format      string   `enum:"jsonl,tsv,args" default:"jsonl" help:"Print units as jsonl, tsv or args (the flags of prism-classify, quoted for xargs) [${default}]."`
	Label       string   `help:"Label of a single file [its name]." placeholder:"L"`
	Write       string   `help:"Write each unit as a file {label}_part0001.csv into this folder." placeholder:"DIR"`
	NoCheck     bool     `help:"Do not check RowIDs; fields and quotes are still checked."`

	Job           string `help:"Plan a run of this job file: check everything, write its manifest, print its units." placeholder:"FILE" group:"Runs:"`
	RunID         string `help:"Name of the run [made from project, version, model and time]." placeholder:"ID" group:"Runs:"`
	Tag           string `help:"Version of the project, instead of the one in the job file." placeholder:"VERSION" group:"Runs:"`
	DryRun        bool   `help:"Print the plan as a table; write nothing." group:"Runs:"`
	PrintSettings bool   `help:"Print the settings that scripts need, as shell assignments." group:"Runs:"`
	Settings      string `help:"Settings for all jobs [config/settings.json, if it exists]." placeholder:"FILE" group:"Runs:"`
	Models        string `help:"Models and batch sizes to choose from [config/models.json, if it exists]." placeholder:"FILE" group:"Runs:"`
}

func (g *grammar) run(ctx context.Context, std cli.Std) error {
	cutting, err := g.cutting()
	if err != nil {
		return err
	}
	tty, isFile := std.Err().(*os.File)
	steps := term.NewSteps(std.Err(), isFile && !std.Quiet() && isatty.IsTerminal(tty.Fd()), time.Now)
	s := splitter{g: g, std: std, steps: steps, cutting: cutting}
	if g.Job != "" || g.PrintSettings {
		return g.plan(ctx, s)
	}
	if g.RunID != "" || g.Tag != "" || g.DryRun {
		return cli.Usagef("--run-id, --tag and --dry-run go with --job")
	}
	files, labels, err := g.inputs()
	if err != nil {
		return err
	}
	defer s.close()
	for i, name := range files {
		if err := s.split(ctx, name, labels[i]); err != nil {
			steps.Clear()
			return exit(ctx, err)
		}
	}
	if err := s.place(); err != nil {
		return err
	}
	steps.Clear()
	return printUnits(std.Out, g.Format, g.InputFormat, s.units)
}

// exit maps an error to the exit code of what happened.
func exit(ctx context.Context, err error) error {
	if sig := cli.Interruption(ctx); sig != nil {
		return cli.Fail(sig.Code, sig, "")
	}
	if _, ok := errors.AsType[*table.Error](err); ok {
		return cli.Fail(cli.Usage, err, "")
	}
	return err
}

func (g *grammar) cutting() (job.Cutting, error) {
	c := job.Cutting{Workers: defaultWorkers}
	if g.Workers != nil {
		c.Workers = *g.Workers
	}
	if g.Rows != nil {
		c.Rows = *g.Rows
	}
	switch {
	case c.Workers < 1:
		return c, cli.Usagef("--workers %d: want at least 1", c.Workers)
	case c.Rows < 1 && g.Rows != nil:
		return c, cli.Usagef("--rows %d: want at least 1", c.Rows)
	}
	if g.Ranges != "" {
		ranges, err := job.ParseRanges(g.Ranges)
		if err != nil {
			return c, cli.Usagef("--ranges: %w", err)
		}
		c.Ranges = ranges
	}
	return c, nil
}

func (g *grammar) inputs() (files, labels []string, err error) {
	files = g.Files
	if len(g.InputFile) > 0 {
		if len(files) > 0 {
			return nil, nil, cli.Usagef("give the input as FILE or by --input-file, not both")
		}
		files = g.InputFile
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	if g.InputFormat != "" {
		if _, err := table.ParseFormat(g.InputFormat); err != nil {
			return nil, nil, cli.Usagef("--input-format: %w", err)
		}
	}
	if g.Label == "" {
		return files, job.Labels(files), nil
	}
	if len(files) > 1 {
		return nil, nil, cli.Usagef("--label names one file, not %d", len(files))
	}
	return files, []string{job.SafeLabel(g.Label)}, nil
}

func (g *grammar) options(name string) table.Options {
	o := table.Options{Name: name, Format: table.CSV}
	if f, ok := table.FormatByName(name); ok {
		o.Format = f
	}
	if g.InputFormat != "" {
		o.Format, _ = table.ParseFormat(g.InputFormat)
	}
	return o
}

// splitter holds what the files of one call have given so far.
type splitter struct {
	g       *grammar
	std     cli.Std
	steps   *term.Steps
	cutting job.Cutting
	units   []job.Unit
	parts   []part
}

// split checks one file and cuts it.
func (s *splitter) split(ctx context.Context, name, label string) error {
	if s.g.Write == "" && name == "-" {
		return cli.Fail(cli.Usage, errors.New("stdin cannot be read again by workers"), "name a file, or write parts with --write DIR")
	}
	o := s.g.options(name)
	f, err := table.Open(ctx, name, s.std.In)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.g.Write == "" && f.Spooled {
		return cli.Fail(cli.Usage, fmt.Errorf("%s is not a regular file, so workers cannot read it again", name), "write parts with --write DIR")
	}
	s.steps.StartStep("checking "+name, f.Size)
	sum, err := table.Check(ctx, f, f.Size, table.CheckOptions{Options: o, NoIDs: s.g.NoCheck, Progress: s.steps.AddBytes})
	if err != nil {
		return err
	}
	s.warnRanges(name, sum.Rows)
	units, err := job.Cut(f, sum, o, label, s.cutting, len(s.units)+1)
	if err != nil {
		return err
	}
	if s.g.Write != "" {
		s.steps.StartStep("writing parts of "+name, f.Size)
		if err := s.write(ctx, f, sum, o, units); err != nil {
			return err
		}
	}
	s.units = append(s.units, units...)
	return nil
}

func (s *splitter) warnRanges(name string, rows int64) {
	for _, r := range s.cutting.Ranges {
		if r.Start > rows {
			s.std.Warnf("%s has %d rows, none in %s", name, rows, r)
		} else if r.End > rows {
			s.std.Warnf("%s has %d rows: %s ends there", name, rows, r)
		}
	}
}
