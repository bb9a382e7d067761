package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/report"
	"prism/internal/stats"
)

// writeResult writes the files of --summary, --analytics and --html, then prints the result.
func (g *grammar) writeResult(r *stats.Result, out io.Writer) error {
	for _, f := range []struct{ path, format string }{{g.Summary, "markdown"}, {g.Analytics, "csv"}, {g.HTML, "html"}} {
		if f.path == "" {
			continue
		}
		text, err := render(r, f.format)
		if err == nil {
			err = fsutil.WriteFile(f.path, text)
		}
		if err != nil {
			return err
		}
	}
	text, err := render(r, g.Format)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, bytes.NewReader(text))
	return err
}

func render(r *stats.Result, format string) ([]byte, error) {
	switch format {
	case "csv":
		return report.CSV(r)
	case "json":
		return report.JSON(r)
	case "markdown":
		return report.Markdown(r), nil
	case "html":
		return report.HTML(r)
	case "table":
		return report.Text(r), nil
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// checkOutputs makes sure that no output overwrites an input, a file of the run or
// another output.
func (g *grammar) checkOutputs(inputs, ofRun []string, stdin io.Reader) error {
	outputs := slices.DeleteFunc([]string{g.Summary, g.Analytics, g.HTML}, func(name string) bool { return name == "" })
	for i, out := range outputs {
		at, _ := filepath.Abs(out)
		info, _ := os.Stat(out)
		holds := func(name string) bool { return name != "" && newFileID(name, stdin).same(fileID{at, info}) }
		switch {
		case slices.ContainsFunc(inputs, holds):
			return cli.Usagef("%s is an input, so it cannot be the output", out)
		case slices.ContainsFunc(ofRun, holds):
			return cli.Usagef("%s is a file of the run, so it cannot be the output", out)
		case slices.ContainsFunc(outputs[:i], holds):
			return cli.Usagef("%s is given twice: --summary, --analytics and --html need a file each", out)
		}
	}
	return nil
}

// fileID identifies a file, or the place of one that does not exist yet.
type fileID struct {
	path string      // absolute; empty: stdin
	info os.FileInfo // nil: the file does not exist
}

func newFileID(name string, stdin io.Reader) (p fileID) {
	if name == "-" {
		if f, ok := stdin.(*os.File); ok {
			p.info, _ = f.Stat()
		}
		return p
	}
	p.path, _ = filepath.Abs(name)
	p.info, _ = os.Stat(name)
	return p
}

func (p fileID) same(q fileID) bool {
	return p.path != "" && p.path == q.path || p.info != nil && q.info != nil && os.SameFile(p.info, q.info)
}
