package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/normalize"
	"prism/internal/table"
)

// normalizeFlags are the flags of --normalize.
type normalizeFlags struct {
	Normalize  bool   `help:"Write FILE as UTF-8 CSV with commas, unique column names and RowID first." group:"Normal form:"`
	Output     string `filled:"" short:"o" help:"Write to this file [stdout]." placeholder:"FILE" group:"Normal form:"`
	Encoding   string `filled:"" help:"Encoding of FILE: utf-8, utf-16, windows-1252, shift_jis and others [by its bytes]." placeholder:"E" group:"Normal form:"`
	Sheet      string `filled:"" help:"Sheet of a workbook to read [the first visible one with cells]." placeholder:"NAME" group:"Normal form:"`
	HeaderLine int64  `help:"Line of the header, in a workbook its row; lines above are dropped." placeholder:"N" group:"Normal form:"`
	SkipRows   int64  `help:"Leave out the first N records after the header." placeholder:"N" group:"Normal form:"`
}

// normalizeMemory is goMemory where workbooks and Parquet files may be read.
const normalizeMemory = 160 << 20

// normalizeOptions are those of a file with these columns.
func normalizeOptions(c *job.InputColumns) (normalize.Options, error) {
	d, err := c.ParseDelimiter()
	return normalize.Options{
		Encoding: c.Encoding, Sheet: c.Sheet, Delimiter: d, HeaderLine: c.HeaderLine, SkipRows: c.SkipRows, IDColumn: c.IDColumn, NumberRows: c.NumberRows,
	}, err
}

// flagOptions are the options of --normalize.
func (g *flags) flagOptions(std cli.Std) (normalize.Options, error) {
	n, c := &g.normalizeFlags, g.InputColumns
	c.InputForm = job.InputForm{Encoding: n.Encoding, Sheet: n.Sheet, HeaderLine: n.HeaderLine, SkipRows: n.SkipRows}
	switch {
	case n.HeaderLine < 0:
		return normalize.Options{}, cli.Usagef("--header-line %d: want at least 1", n.HeaderLine)
	case n.SkipRows < 0:
		return normalize.Options{}, cli.Usagef("--skip-rows %d: want at least 0", n.SkipRows)
	}
	o, err := normalizeOptions(&c)
	if err != nil {
		return o, cli.Usagef("--delimiter: %w", err)
	}
	o.Note = std.Infof
	return o, nil
}

// normalizeFile writes one table in normal form.
func (g *flags) normalizeFile(ctx context.Context, std cli.Std) (err error) {
	o, err := g.flagOptions(std)
	if err != nil {
		return err
	}
	if err := errors.Join(
		cli.RefuseBeside(g.typed, "--normalize", "it keeps all columns: give this to the command that reads its output", "text-column", "title-column", "sentiment-column", "context-columns", "blank-rows"),
		cli.RefuseBeside(g.typed, "--normalize", "it finds the format by the content of FILE", "input-format"),
		cli.RefuseBeside(g.typed, "--normalize", "", append([]string{"select", "workers", "rows", "ranges", "write", "job"}, rowFlags...)...),
	); err != nil {
		return err
	}
	files, _, err := g.listInputs()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(normalizeMemory)
	if len(files) > 1 {
		return cli.Usagef("--normalize requires a single FILE, have %d", len(files))
	}
	in, err := table.Open(ctx, files[0], std.In)
	if err != nil {
		return exitError(ctx, err)
	}
	defer in.Close()
	if g.Output == "" {
		if err := refuseStdout(std.Out, in.File); err != nil {
			return err
		}
		return exitError(ctx, normalize.Convert(ctx, in, std.Out, o))
	}
	if err := refuseInput(in, g.Output); err != nil {
		return err
	}
	out := &lateFile{ctx: ctx, path: g.Output}
	defer func() { err = errors.Join(err, out.abort()) }()
	if err := normalize.Convert(ctx, in, out, o); err != nil {
		return exitError(ctx, err)
	}
	return out.file.Commit()
}

// refuseInput makes sure that the output is CSV by its name, and neither the input nor a file of a run.
func refuseInput(in *table.File, output string) error {
	if format, ok := table.FormatByName(output); !ok || format != table.AnyCSV {
		return cli.Fail(cli.Usage, fmt.Errorf("%s: normal form is CSV", output), "call the output .csv")
	}
	var guard fsutil.Guard
	guard.ProtectOpen("the input", in.File)
	if what := job.DescribeRunFile(output); what != "" {
		guard.Protect(what, output)
	}
	if err := guard.Check(output); err != nil {
		return cli.Fail(cli.Usage, err, "choose another name for -o")
	}
	return nil
}

// lateFile is an output that is made at the first write.
type lateFile struct {
	ctx  context.Context // ends the wait for the reader of a pipe
	path string
	file *fsutil.AtomicFile
}

var _ io.Writer = (*lateFile)(nil)

func (l *lateFile) Write(b []byte) (int, error) {
	if l.file == nil {
		var err error
		if l.file, err = fsutil.CreateAtomicContext(l.ctx, l.path); err != nil {
			return 0, err
		}
	}
	return l.file.Write(b)
}

func (l *lateFile) abort() error {
	if l.file == nil {
		return nil
	}
	return l.file.Abort()
}
