package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/table"
	"prism/internal/term"
)

const defaultWorkers = 4

type flags struct {
	Files       []string `arg:"" optional:"" name:"FILE" help:"CSV, TSV or JSONL by file name, else CSV; - is stdin."`
	InputFile   []string `filled:"" help:"The same as FILE." placeholder:"FILE" group:"Input:"`
	InputFormat string   `help:"Format of the input: csv, tsv or jsonl [by file name, else csv]." placeholder:"FORMAT" group:"Input:"`
	Workers     *int     `xor:"cut" min:"1" max:"10000" help:"Split each file into N equal units [4]." placeholder:"N" group:"Units:"`
	Rows        *int64   `xor:"cut" min:"1" help:"Split each file into units of N rows." placeholder:"N" group:"Units:"`
	Ranges      string   `filled:"" xor:"cut" help:"Take only these positions of each file, inclusive; 501- means the rest." placeholder:"1-100,101-300" group:"Units:"`
	Format      string   `enum:"jsonl,tsv,args,settings" default:"jsonl" help:"Print units as jsonl, tsv or args (the flags of prism-classify, quoted for xargs); settings prints what --print-settings does, with unit_count, of the run that is planned [${default}]." group:"Units:"`
	Label       string   `filled:"" help:"Label of a single file [its name]." placeholder:"L" group:"Units:"`
	Write       string   `filled:"" help:"Write each unit as a file {label}_part0001.csv into this folder." placeholder:"DIR" group:"Units:"`
	NoCheck     bool     `help:"Check only fields and quotes, not RowIDs and UTF-8." group:"Input:"`

	job.InputColumns

	normalizeFlags
	selectFlags

	Job           string `filled:"" help:"Plan a run of this job file: check everything, write its manifest, print its units." placeholder:"FILE" group:"Runs:"`
	RunID         string `filled:"" help:"Name of the run [made from project, version, model and time]." placeholder:"ID" group:"Runs:"`
	Tag           string `filled:"" help:"Version of the project, instead of the one in the job file." placeholder:"VERSION" group:"Runs:"`
	DryRun        bool   `help:"Print the plan as a table; write nothing." group:"Runs:"`
	PrintSettings bool   `help:"Print the settings that scripts need, as shell assignments." group:"Runs:"`
	Manifest      string `filled:"" help:"With --print-settings: those of a unit of this run, for prism-cascade." placeholder:"FILE" group:"Runs:"`
	Unit          int    `help:"Unit of the run." placeholder:"N" group:"Runs:"`
	PrintColumns  bool   `help:"Print the columns of FILE (--sheet, --header-line) with a value of each, as shell assignments." group:"Runs:"`
	RefreshInputs bool   `help:"Of the run that --run-id names: check its inputs, and plan its units again where an input changed since." group:"Runs:"`
	Settings      string `filled:"" help:"Settings for all jobs [config/settings.json, if it exists]." placeholder:"FILE" group:"Runs:"`
	Models        string `filled:"" help:"Models and batch sizes to choose from [config/models.json, if it exists]." placeholder:"FILE" group:"Runs:"`

	cli.Common

	typed map[string]bool
}

// AfterApply notes which flags were typed.
func (g *flags) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

func (g *flags) readCutting() (job.Cutting, error) {
	c := job.Cutting{Workers: defaultWorkers}
	if g.Workers != nil {
		c.Workers = *g.Workers
	}
	if g.Rows != nil {
		c.Rows = *g.Rows
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

// unitColumns are the input columns of the units of a file; nil if they are as they would
// be without flags. Parts that were written have the numbers of their rows.
func (g *flags) unitColumns(h *table.Header) *job.InputColumns {
	c := g.InputColumns
	c.NumberRows = c.NumberRows && g.Write == ""
	c.ContextColumns = table.MatchNames(c.ContextColumns, h.Names)
	if len(c.Args()) == 0 {
		return nil
	}
	return &c
}

// commandFor is the command that was typed, for one file and with these flags.
func (g *flags) commandFor(columns []string, file string) string {
	args := append([]string{"prism-split"}, columns...)
	add := func(flag, value string) {
		if value != "" {
			args = append(args, "--"+flag, term.QuoteShell(value))
		}
	}
	if g.Workers != nil {
		add("workers", strconv.Itoa(*g.Workers))
	}
	if g.Rows != nil {
		add("rows", strconv.FormatInt(*g.Rows, 10))
	}
	add("ranges", g.Ranges)
	if g.Format != "jsonl" {
		add("format", g.Format)
	}
	if slices.Contains(g.Files, file) || slices.Contains(g.InputFile, file) { // not its normal form
		add("input-format", g.InputFormat)
	}
	add("label", g.Label)
	add("write", g.Write)
	if g.NoCheck {
		args = append(args, "--no-check")
	}
	if file == "-" {
		file = "FILE"
	} else if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	return strings.Join(append(args, term.QuoteShell(file)), " ")
}

func (g *flags) listInputs() (files, labels []string, err error) {
	files = g.Files
	if len(g.InputFile) > 0 {
		if len(files) > 0 {
			return nil, nil, cli.Usagef("--input-file cannot be combined with FILE")
		}
		files = g.InputFile
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	if err := table.CheckInputFlags(g.InputFormat, g.Delimiter); err != nil {
		return nil, nil, cli.Fail(cli.Usage, err, "")
	}
	if g.Label == "" {
		return files, job.Labels(files), nil
	}
	if len(files) > 1 {
		return nil, nil, cli.Usagef("--label requires a single file, have %d", len(files))
	}
	return files, []string{job.SafeLabel(g.Label)}, nil
}

const hintJobInputs = "the job file names the inputs (input_queue)"

// columnFlags are those of job.InputColumns.
var columnFlags = []string{"id-column", "text-column", "title-column", "sentiment-column", "context-columns", "number-rows", "delimiter", "blank-rows"}

func (g *flags) checkJobFlags() error {
	if len(g.Files) > 0 {
		return cli.Fail(cli.Usage, errors.New("FILE cannot be combined with --job"), hintJobInputs)
	}
	if err := errors.Join(
		cli.RefuseBeside(g.typed, "--job", hintJobInputs, "input-file"),
		cli.RefuseBeside(g.typed, "--job", "of the input and unit flags, --job allows only --workers", "rows", "ranges", "label", "write", "input-format", "no-check"),
		cli.RefuseBeside(g.typed, "--job", `set the columns under "input:" in the job file`, columnFlags...),
	); err != nil {
		return err
	}
	if g.RefreshInputs {
		if err := cli.RefuseBeside(g.typed, "--refresh-inputs", "", "dry-run", "print-settings"); err != nil {
			return err
		}
	}
	switch {
	case g.RefreshInputs && g.RunID == "":
		return cli.Usagef("--refresh-inputs requires --run-id")
	case g.RunID != "" && (!job.IsRunID(g.RunID) || len(g.RunID) > maxRunID):
		return cli.Usagef("--run-id %q: want letters, digits, . _ and -, and neither . nor - first", g.RunID)
	case g.Tag != "" && job.SafeName(g.Tag, '_') != g.Tag:
		return cli.Usagef("--tag %q: want letters, digits, . _ and -", g.Tag)
	}
	return nil
}
