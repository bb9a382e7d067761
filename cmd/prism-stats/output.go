package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"prism/internal/cli"
	"prism/internal/export"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/stats"
	"prism/internal/table"
)

// writeResult writes the files of --summary, --analytics and --html, then prints the result.
func (g *flags) writeResult(ctx context.Context, r *stats.Result, out io.Writer) error {
	for _, f := range []struct{ path, format string }{{g.Summary, "markdown"}, {g.Analytics, "csv"}, {g.HTML, "html"}} {
		if f.path == "" {
			continue
		}
		text, err := g.render(r, f.format)
		if err == nil {
			err = fsutil.ReplaceFileContext(ctx, f.path, text)
		}
		if err != nil {
			return err
		}
	}
	text, err := g.render(r, g.Format)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, bytes.NewReader(text))
	return err
}

func (g *flags) render(r *stats.Result, format string) ([]byte, error) {
	switch format {
	case "csv":
		text, err := report.CSV(r)
		if err != nil || !g.SafeCSV {
			return text, err
		}
		var b bytes.Buffer
		err = writeText(&b, table.CSV, true, func(out io.Writer) error {
			_, err := out.Write(text)
			return err
		})
		return b.Bytes(), err
	case "json":
		return report.JSON(r)
	case "markdown":
		return report.Markdown(r), nil
	case "html":
		return report.HTML(r, &g.page)
	case "table":
		return report.Text(r), nil
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// writeText writes text of a format through a buffer. Of safe CSV formulas are marked.
func writeText(to io.Writer, form table.Format, safeCSV bool, write func(out io.Writer) error) error {
	out := bufio.NewWriterSize(to, blockSize)
	if !safeCSV || form == table.JSONL {
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	}
	guard := table.NewFormulaGuard(to, form)
	out.Reset(guard)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return guard.Flush()
}

// checkOutputs makes sure that no output overwrites an input, a file of the run or
// another output.
func (g *flags) checkOutputs(m *job.Manifest, inputs []string, std cli.Std) error {
	var guard fsutil.Guard
	for _, name := range inputs {
		if f, ok := std.In.(*os.File); ok && name == "-" {
			guard.ProtectOpen("an input", f)
		} else if name != "-" {
			guard.Protect("an input", name)
		}
	}
	if m != nil {
		m.GuardFiles(&guard)
	}
	if f, ok := std.Out.(*os.File); ok {
		if err := guard.CheckOpen("stdout", f); err != nil {
			return cli.Fail(cli.Usage, err, "")
		}
	}
	var errs []error
	for _, out := range []struct {
		flag, path string
		written    []string // endings of the formats that it can have; nil: those of tables
	}{
		{"--summary", g.Summary, []string{".md"}}, {"--analytics", g.Analytics, []string{".csv"}}, {"--html", g.HTML, []string{".html"}}, {"the report", g.reportPath, []string{".html"}},
		{"--misses", g.Misses, nil}, {"--changed", g.Changed, nil},
	} {
		if out.path == "" {
			continue
		}
		errs = append(errs, table.CheckOutputName(out.path, out.written...), guard.Check(out.path))
		guard.Protect("the file of "+out.flag, out.path)
	}
	if g.TrainStudent != "" {
		errs = append(errs, guard.Check(g.TrainStudent))
	}
	if g.Output != "" && g.Output != "-" {
		_, _, err := export.FormByName(g.Output)
		errs = append(errs, err, guard.Check(g.Output))
	}
	if g.SafeCSV && !g.writesCSV() {
		std.Warnf("--safe-csv marks nothing: no CSV and no TSV is written")
	}
	if err := errors.Join(errs...); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}

// writesCSV reports whether anything that is written has cells that --safe-csv may mark.
func (g *flags) writesCSV() bool {
	isText := func(path string) bool {
		form, name, err := export.FormByName(path)
		format, _ := table.FormatByName(name)
		return err == nil && form != export.Workbook && form != export.Parquet && format != table.JSONL
	}
	if g.Sample != nil || g.Review != nil {
		return isText(g.Output)
	}
	return g.Format == "csv" || g.Analytics != "" || g.Misses != "" && isText(g.Misses) || g.Changed != "" && isText(g.Changed)
}
