// Prism-stats counts what came out: rows, the distribution of labels in each
// coded column, organic labels, the share of rows that the gate calls not
// applicable, the lengths of free texts; and from call logs rows/s, tokens/s,
// tokens a row, calls, how long they took, retries, errors and wasted tokens. It
// streams, in bounded memory.
//
//	prism-stats result.csv
//	prism-stats result.csv --prompts-config prompts/feedback.json --calls logs/R/calls_w1.jsonl
//	prism-stats result.csv --columns Topic --cross Topic,Sentiment
//	prism-stats --manifest logs/R/run_manifest.json --summary summary.md
//	prism-classify … < in.csv | prism-stats --columns Topic,Urgency --format markdown
//
// Exit codes: 0 done; 1 failed (disk); 2 wrong usage or input, named with file
// and line. A file named calls_w*.jsonl is a call log. A line of a call log that is no call is a warning and is counted.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/report"
	"prism/internal/stats"
	"prism/internal/table"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g grammar
	return cli.Main(cli.Command{Name: "prism-stats", Help: help, Grammar: &g, Run: g.printStats}, args, in, out, errOut)
}

const help = `Count labels and calls. From results: the distribution of each coded column, organic labels (labels outside the list), ` +
	`rows that are not applicable and lengths of free text. From call logs: rows/s, tokens/s, tokens a row, calls, retries and errors. ` +
	`Without FILE and call logs it reads stdin. A file named calls_w*.jsonl is a call log.`

type grammar struct {
	Files         []string `arg:"" optional:"" name:"FILE" help:"Results: CSV, TSV or JSONL, by file name; - is stdin."`
	Calls         callLogs `help:"Call logs to summarise (repeatable)." placeholder:"CALLS.jsonl..."`
	Manifest      string   `help:"Count a run: its merged outputs (of files that are not merged, the outputs of their units) and its call logs." placeholder:"FILE"`
	Columns       []string `help:"Columns to count [all except RowID, Title, Message and those that describe the run]." placeholder:"A,B"`
	Cross         []string `help:"Tabulate two columns against each other (repeatable)." placeholder:"A,B" sep:"none"`
	PromptsConfig string   `help:"Prompt schema file: which labels are listed, which column is the gate, which columns are free text." env:"PRISM_PROMPTS_CONFIG" placeholder:"FILE"`
	InputFormat   string   `help:"Format of the input: csv, tsv or jsonl [by file name, else csv]." placeholder:"FORMAT"`
	Format        string   `help:"What to print: table, csv, json, markdown or html (one self-contained page) [${default}]." enum:"table,csv,json,markdown,html" default:"table" placeholder:"FORMAT"`
	Summary       string   `help:"Also write a summary in Markdown to this file." placeholder:"FILE.md"`
	HTML          string   `help:"Also write an HTML page to this file." name:"html" placeholder:"FILE.html"`
	Analytics     string   `help:"Also write all figures as CSV to this file." placeholder:"FILE.csv"`
	cli.Common
}

func (g *grammar) printStats(ctx context.Context, std cli.Std) error {
	var run *stats.Run
	var ofRun []string
	var err error
	if g.Manifest != "" {
		if run, ofRun, err = g.readManifest(); err != nil {
			return err
		}
	}
	files, logs := g.resultsAndCallLogs()
	if err := g.checkOutputs(slices.Concat(files, logs, []string{g.PromptsConfig, g.Manifest}), ofRun, std.In); err != nil {
		return err
	}
	o := stats.Options{Columns: g.Columns}
	if o.Cross, err = g.crossPairs(); err != nil {
		return err
	}
	if o.Schema, err = readSchema(g.PromptsConfig); err != nil {
		return err
	}
	t := stats.NewDistributions(o)
	for _, name := range files {
		if err := g.countFile(ctx, t, name, std.In); err != nil {
			return err
		}
	}
	calls, err := countCallLogs(logs, std)
	if err != nil {
		return err
	}
	r := t.Result()
	r.Calls, r.Run = calls, run
	return g.writeResult(r, std.Out)
}

// pairs reads --cross: two names with a comma between them.
func (g *grammar) crossPairs() (pairs [][2]string, err error) {
	for _, text := range g.Cross {
		a, b, ok := strings.Cut(text, ",")
		if !ok || a == "" || b == "" || a == b || strings.Contains(b, ",") {
			return nil, cli.Usagef("--cross %q: name two columns, as in Topic,Sentiment", text)
		}
		pairs = append(pairs, [2]string{a, b})
	}
	return pairs, nil
}

// inputs tells results from call logs among the arguments.
func (g *grammar) resultsAndCallLogs() (files, logs []string) {
	logs = g.Calls
	for _, name := range g.Files {
		if job.IsCallLog(name) {
			logs = append(logs, name)
		} else {
			files = append(files, name)
		}
	}
	if len(files)+len(logs) == 0 && g.Manifest == "" {
		files = []string{"-"}
	}
	return files, logs
}

func readSchema(path string) (*prompt.Schema, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	s, err := prompt.Parse(data, path)
	if err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	return s, nil
}

func (g *grammar) countFile(ctx context.Context, t *stats.Distributions, name string, stdin io.Reader) error {
	form, err := g.formatOf(name)
	if err != nil {
		return err
	}
	src, done, err := openInput(name, stdin)
	if err != nil {
		return err
	}
	defer done()
	o := table.Options{Name: displayName(name), Format: form}
	if f, size, ok := regularFile(src); ok {
		err = t.CountFile(ctx, f, size, o)
	} else {
		err = countStream(t, src, o)
	}
	var bad *table.Error
	var lacks *stats.MissingColumnError
	var other *stats.ColumnMismatchError
	switch {
	case errors.As(err, &bad):
		return cli.Fail(cli.Usage, err, "")
	case errors.As(err, &lacks):
		hint := "the columns are " + strings.Join(lacks.Columns, ", ")
		if g.PromptsConfig != "" && !slices.Contains(g.Columns, lacks.Column) {
			hint += fmt.Sprintf("\nthe prompt schema %s codes %q", g.PromptsConfig, lacks.Column)
			if g.PromptsConfig == os.Getenv("PRISM_PROMPTS_CONFIG") {
				hint += " (PRISM_PROMPTS_CONFIG names it; unset it to do without)"
			}
		}
		return cli.Fail(cli.Usage, err, hint)
	case errors.As(err, &other):
		hint := "--columns picks those to count"
		if len(other.Common) > 0 {
			hint += "; both have " + strings.Join(other.Common, ",")
		}
		return cli.Fail(cli.Usage, err, hint)
	}
	return err
}

// regular tells whether a source is a file that can be read at any place, and
// nothing of it was read.
func regularFile(src io.Reader) (f *os.File, size int64, ok bool) {
	f, ok = src.(*os.File)
	if !ok {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, false
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return f, info.Size(), err == nil && at == 0
}

func countStream(t *stats.Distributions, src io.Reader, o table.Options) error {
	r, err := table.NewReader(src, o)
	if err != nil {
		return err
	}
	return t.CountRecords(r, o.Name, o.Format)
}

func (g *grammar) formatOf(name string) (table.Format, error) {
	if g.InputFormat != "" {
		f, err := table.ParseFormat(g.InputFormat)
		if err != nil {
			return 0, cli.Usagef("--input-format: %w", err)
		}
		return f, nil
	}
	if f, ok := table.FormatByName(name); ok {
		return f, nil
	}
	return table.CSV, nil
}

func displayName(name string) string {
	if name == "-" {
		return "stdin"
	}
	return name
}

// open opens an input; a missing file is wrong usage.
func openInput(name string, stdin io.Reader) (src io.Reader, done func() error, err error) {
	if name == "-" {
		return stdin, func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, cli.Fail(cli.Usage, err, "")
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, nil, cli.Fail(cli.Usage, errors.Join(fmt.Errorf("%s is a folder", name), f.Close()), "")
	}
	return f, f.Close, nil
}

// write prints the result and writes the files that were asked for.
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
	return nil, fmt.Errorf("%q is no format of statistics", format)
}
