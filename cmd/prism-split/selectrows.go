package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/selection"
	"prism/internal/table"
	"prism/internal/term"
)

// selectFlags are the flags of --select, but for -o.
type selectFlags struct {
	Select        bool     `help:"Write some of the rows of FILE, which keep their bytes." group:"Some of the rows:"`
	With          string   `filled:"" help:"Rows whose RowID this table has." placeholder:"FILE" group:"Some of the rows:"`
	Without       string   `filled:"" help:"Rows whose RowID this table does not have." placeholder:"FILE" group:"Some of the rows:"`
	Unsure        string   `filled:"" help:"Rows that this result does not have, or has with a confidence below a --threshold." placeholder:"RESULT" group:"Some of the rows:"`
	Threshold     []string `help:"With --unsure: the least confidence of a column to code (repeatable)." placeholder:"COLUMN=P" sep:"none" group:"Some of the rows:"`
	Draw          string   `filled:"" help:"Of these, N rows drawn at random, or N% of them." placeholder:"N" group:"Some of the rows:"`
	Shuffle       bool     `help:"Write the rows in random order." group:"Some of the rows:"`
	Seed          uint64   `help:"Random seed [${default}]." default:"1" placeholder:"S" group:"Some of the rows:"`
	Blind         bool     `help:"Leave out the columns that a model fills by --prompts-config, and those about its labels." group:"Some of the rows:"`
	PromptsConfig string   `filled:"" help:"Prompt schema file, for --unsure and --blind." env:"PRISM_PROMPTS_CONFIG" placeholder:"FILE" group:"Some of the rows:"`
}

// rowFlags say which rows to take, or what of them.
var rowFlags = []string{"with", "without", "unsure", "threshold", "draw", "shuffle", "blind"}

// checkSelectFlags makes sure that the flags of --select go together.
func (g *flags) checkSelectFlags() error {
	f := &g.selectFlags
	errs := []error{
		cli.RefuseBeside(g.typed, "--select", "", "encoding", "sheet", "header-line", "skip-rows", "workers", "rows", "ranges", "write", "job", "no-check", "label"),
		cli.RefuseBeside(g.typed, "--select", "it keeps all columns of a row: of the column flags, it allows only --id-column", "text-column", "title-column", "sentiment-column", "context-columns", "number-rows", "blank-rows"),
	}
	if f.Unsure == "" {
		errs = append(errs, cli.RequireFlag(g.typed, "--unsure, the result whose confidences it is for", "threshold"))
	}
	if len(f.Threshold) == 0 {
		errs = append(errs, cli.RequireFlag(g.typed, "--threshold, the confidence that its labels must have", "unsure"))
	}
	if f.PromptsConfig == "" {
		errs = append(errs, cli.RequireFlag(g.typed, "--prompts-config: the prompt schema says which columns a model fills", "unsure", "blind"))
	}
	return errors.Join(errs...)
}

// selectRows writes some of the rows of a table.
func (g *flags) selectRows(ctx context.Context, std cli.Std) (err error) {
	if err := g.checkSelectFlags(); err != nil {
		return err
	}
	files, _, err := g.listInputs()
	if err != nil {
		return err
	}
	if len(files) > 1 {
		return cli.Usagef("--select requires a single FILE, have %d", len(files))
	}
	s := rowSelector{g: g, std: std}
	defer s.closeFiles()
	in, o, err := s.openAll(ctx, files[0])
	if err != nil {
		return exitError(ctx, err)
	}
	if err := s.checkOutput(in); err != nil {
		return err
	}
	out := &lateFile{ctx: ctx, path: g.Output}
	defer func() { err = errors.Join(err, out.abort()) }()
	var sum selection.Summary
	if g.Output == "" {
		sum, err = selection.Write(ctx, in, o, std.Out)
	} else {
		sum, err = selection.Write(ctx, in, o, out)
	}
	if err != nil {
		return exitError(ctx, err)
	}
	if g.Output != "" {
		if _, err := out.Write(nil); err != nil { // JSONL without rows
			return err
		}
		if err := out.file.Commit(); err != nil {
			return err
		}
	}
	std.Infof("%s of %s", term.Count(sum.Taken), term.Plural(sum.Rows, "row"))
	return nil
}

// rowSelector opens what --select reads.
type rowSelector struct {
	g    *flags
	std  cli.Std
	open []*table.File
}

func (s *rowSelector) closeFiles() {
	for _, f := range s.open {
		f.Close()
	}
}

// openAll opens the table and those that say which of its rows are taken. The error tells of all that
// cannot be opened.
func (s *rowSelector) openAll(ctx context.Context, name string) (in selection.Table, o selection.Options, err error) {
	f := &s.g.selectFlags
	o = selection.Options{IDColumn: s.g.IDColumn, Shuffle: f.Shuffle, Seed: f.Seed}
	names := []string{name, f.With, f.Without, f.Unsure}
	if first := slices.Index(names, "-"); first >= 0 && slices.Contains(names[first+1:], "-") {
		return in, o, cli.Usagef("cannot read stdin twice: only one of FILE, --with, --without and --unsure can be -")
	}
	format, delimiter := s.g.InputFormat, s.g.Delimiter // of the table alone
	var errs []error
	opened := make([]*selection.Table, len(names))
	for i, name := range names {
		if name == "" {
			continue
		}
		t, err := s.openTable(ctx, name, format, delimiter)
		opened[i], errs = t, append(errs, err)
		format, delimiter = "", ""
	}
	if f.Draw != "" {
		var err error
		o.Draw, err = selection.ParseDraw(f.Draw)
		errs = append(errs, flagError("--draw", err))
	}
	var schema *prompt.Schema
	if f.Unsure != "" || f.Blind {
		var err error
		if schema, err = prompt.ReadFile(ctx, f.PromptsConfig); err != nil {
			errs = append(errs, cli.Fail(cli.Usage, err, ""))
		}
	}
	var thresholds []selection.Threshold
	for _, text := range f.Threshold {
		t, err := selection.ParseThreshold(text)
		thresholds, errs = append(thresholds, t), append(errs, flagError("--threshold", err))
	}
	if err := errors.Join(errs...); err != nil {
		return in, o, err
	}
	o.With, o.Without = opened[1], opened[2]
	if opened[3] != nil {
		o.Unsure = &selection.Unsure{Result: *opened[3], Schema: schema, Thresholds: thresholds}
	}
	if f.Blind {
		o.Blind = schema
	}
	return *opened[0], o, nil
}

// flagError is an error of the value of a flag.
func flagError(flag string, err error) error {
	if err == nil {
		return nil
	}
	return cli.Usagef("%s: %w", flag, err)
}

func (s *rowSelector) openTable(ctx context.Context, name, format, delimiter string) (*selection.Table, error) {
	o, err := table.NewOptions(name, format, delimiter)
	if err != nil {
		return nil, err
	}
	f, err := table.Open(ctx, name, s.std.In)
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, f)
	return &selection.Table{File: f, Options: o}, nil
}

// checkOutput makes sure that the output is no input and has the form of the table by its name.
func (s *rowSelector) checkOutput(in selection.Table) error {
	var guard fsutil.Guard
	for _, f := range s.open {
		guard.ProtectOpen("an input", f.File)
	}
	if s.g.Output == "" {
		if f, ok := s.std.Out.(*os.File); ok {
			if err := guard.CheckOpen("stdout", f); err != nil {
				return cli.Fail(cli.Usage, err, "")
			}
		}
		return nil
	}
	guard.Protect("the prompt schema", s.g.PromptsConfig)
	if what := job.DescribeRunFile(s.g.Output); what != "" {
		guard.Protect(what, s.g.Output)
	}
	err := errors.Join(table.CheckOutputName(s.g.Output), guard.Check(s.g.Output))
	if format, ok := table.FormatByName(s.g.Output); ok && format != in.Options.Format {
		err = errors.Join(err, fmt.Errorf("%s: rows keep their form, and %s is %s", s.g.Output, table.ShownName(in.Options.Name), in.Options.Format))
	}
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}
