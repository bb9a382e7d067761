// Prism-stats counts results: rows, the distribution of labels in each coded column,
// organic labels, the share of rows that the gate marks as not applicable, the
// lengths of free texts; and from call logs rows/s, tokens/s, tokens per row, calls,
// their latency, retries, errors and wasted tokens. It says how right results are, by
// rows that people labelled, and how far results agree with each other. It reads
// streams in bounded memory.
//
//	prism-stats result.csv
//	prism-stats result.csv --prompts-config prompts/feedback.json --calls logs/R/calls_w1.jsonl
//	prism-stats result.csv --columns Topic --cross Topic,Sentiment
//	prism-stats --manifest logs/R/run_manifest.json --summary summary.md
//	prism-stats --gold gold.csv --misses misses.csv result.csv
//	prism-stats --gold gold.csv --target 0.95 result.csv
//	prism-stats --compare a.csv b.csv --gold gold.csv
//	prism-stats --sample 200 --by Topic result.csv > sample.csv
//	prism-stats --sample 200 --by confidence result.csv > sample.csv
//	prism-stats --estimate filled.csv result.csv
//	prism-stats --review 200 --prompts-config prompts/feedback.json -o review.xlsx result.csv
//	prism-stats --train-student student.bin --prompts-config prompts/feedback.json --gold gold.csv result.csv
//	prism-classify … < in.csv | prism-stats --columns Topic,Urgency --format markdown
//
// Exit codes: 0 done; 1 failed (disk); 2 wrong usage or input, named with file
// and line. A file named calls_w*.jsonl is a call log. An invalid line of
// a call log is a warning and is counted.
package main

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/stats"
	"prism/internal/table"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g flags
	return cli.Main(cli.Command{Name: "prism-stats", Manual: manual, Grammar: &g, Run: g.printStats}, args, in, out, errOut)
}

type flags struct {
	Files         []string `arg:"" optional:"" name:"FILE" help:"Results: CSV, TSV or JSONL, by file name; - is stdin."`
	Calls         callLogs `filled:"" help:"Call logs to summarise (repeatable)." placeholder:"CALLS.jsonl..." group:"Input:"`
	Manifest      string   `filled:"" help:"Count a run: its merged outputs (of files that are not merged, the outputs of their units) and its call logs." placeholder:"FILE" group:"Input:"`
	IDColumn      string   `filled:"" name:"id-column" help:"Column that identifies a row, which is not counted [RowID]." placeholder:"NAME" group:"Input:"`
	Columns       []string `filled:"" help:"Columns to count [all except RowID, Title, Message and those that describe the run]." placeholder:"A,B" group:"Counting:"`
	Cross         []string `help:"Tabulate two columns against each other, or a column of several labels against itself (repeatable)." placeholder:"A,B" sep:"none" group:"Counting:"`
	PromptsConfig string   `filled:"" help:"Prompt schema file: which labels are listed, which column is the gate, which columns are free text." env:"PRISM_PROMPTS_CONFIG" placeholder:"FILE" group:"Input:"`
	InputFormat   string   `help:"Format of the input: csv, tsv or jsonl [by file name, else csv]." placeholder:"FORMAT" group:"Input:"`
	Delimiter     string   `help:"Delimiter of CSV, a character or tab [the most frequent in the header]." placeholder:"D" group:"Input:"`
	Format        string   `help:"What to print: table, csv, json, markdown or html (one self-contained page) [${default}]." enum:"table,csv,json,markdown,html" default:"table" placeholder:"FORMAT" group:"Reports:"`
	SafeCSV       bool     `name:"safe-csv" help:"Put an apostrophe before cells of CSV that a spreadsheet program would take for a formula: those that begin with = + - @, a tab or a line break, and are not numbers." group:"Reports:"`
	Summary       string   `filled:"" help:"Also write a summary in Markdown to this file." placeholder:"FILE.md" group:"Reports:"`
	HTML          string   `filled:"" help:"Also write an HTML page to this file." name:"html" placeholder:"FILE.html" group:"Reports:"`
	Title         string   `filled:"" help:"Title of the HTML page [the job's project.description, else the run]." placeholder:"TEXT" group:"Reports:"`
	TextColumn    string   `filled:"" name:"text-column" help:"Column with the texts, for the rows that the HTML page shows and for --train-student [Message, or that of the job]." placeholder:"NAME" group:"Reports:"`
	Analytics     string   `filled:"" help:"Also write all figures as CSV to this file." placeholder:"FILE.csv" group:"Reports:"`
	Save          bool     `help:"With --manifest: also write the report, the summary and the figures of the run, where its settings want them, and print where." group:"Reports:"`
	agreementFlags
	studentFlags
	cli.Common

	runTables   map[string]table.Options // how the tables of a run are read
	textColumns map[string]string        // of these, by file
	page        report.PageData          // what a page shows beside the figures
	reportPath  string                   // of the run, with --save; empty: none

	typed map[string]bool // on the command line
}

// AfterApply notes which flags were typed.
func (g *flags) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

func (g *flags) printStats(ctx context.Context, std cli.Std) error {
	var m *job.Manifest
	var err error
	if g.Save && g.Manifest == "" {
		return cli.Usagef("--save requires --manifest")
	}
	if g.Manifest != "" {
		if m, err = g.readManifest(ctx); err != nil {
			return err
		}
		std.ShareWithGroup(m.Config.GroupReadable)
		if g.Save {
			if err := m.CheckPlaces(); err != nil {
				return cli.Fail(cli.Usage, err, "")
			}
		}
	}
	files, logs := g.resultsAndCallLogs()
	if err := g.checkFlags(files); err != nil {
		return err
	}
	if err := g.checkOutputs(m, slices.Concat(files, logs, g.Cascade, []string{g.PromptsConfig, g.Manifest, g.Gold, g.Estimate}), std); err != nil {
		return err
	}
	o := stats.Options{IDColumn: g.IDColumn, Columns: g.Columns}
	if o.Cross, err = g.crossPairs(); err != nil {
		return err
	}
	if o.Schema, err = readSchema(ctx, g.PromptsConfig); err != nil {
		return err
	}
	switch {
	case len(files) == 0 && (g.Sample != nil || g.Review != nil || g.Needed != nil || g.TrainStudent != ""):
		return cli.RequireFlag(g.typed, "results", "sample", "review", "needed", "train-student")
	case g.Sample != nil:
		return g.writeSample(ctx, o, files, std)
	case g.Review != nil:
		return g.writeReview(ctx, o, files, std)
	case g.Needed != nil:
		return g.printNeeded(ctx, files, std)
	case g.TrainStudent != "":
		return g.trainStudent(ctx, o, files, std)
	}
	r, err := g.countAll(ctx, o, m, files, logs, std)
	if err != nil {
		return err
	}
	g.namePage(m, files)
	if err := g.writeResult(ctx, r, std.Out); err != nil || !g.Save {
		return err
	}
	if err := g.saveReport(ctx, r, std); err != nil {
		return err
	}
	g.printSaved(m, r, std)
	return nil
}

// countAll counts labels and calls, and compares results with what people said. m is nil without a run.
func (g *flags) countAll(ctx context.Context, o stats.Options, m *job.Manifest, files, logs []string, std cli.Std) (*stats.Result, error) {
	t := stats.NewDistributions(o)
	rated, err := g.openRated(ctx, files, std)
	if err != nil {
		return nil, err
	}
	defer rated.closeFiles()
	var a agreement
	if rated == nil {
		err = g.countFiles(ctx, t, files, std)
	} else {
		a, err = g.compareFiles(ctx, t, o, rated, std)
	}
	if err != nil {
		return nil, err
	}
	calls, err := countCallLogs(ctx, logs, std)
	if err != nil {
		return nil, err
	}
	r := t.Result()
	if columns := r.SingleLabelCrosses(); len(columns) > 0 {
		return nil, cli.Usagef("--cross %[1]s,%[1]s: every row has one value of %[1]s; want two columns, as in Topic,Sentiment", columns[0])
	}
	r.Calls, r.Gold, r.Compare, r.Estimate = calls, a.gold, a.compare, a.estimate
	if m != nil {
		r.Run = newRun(m)
	}
	if r.Cascades, err = g.readCascades(ctx, m); err != nil {
		return nil, err
	}
	if rated != nil && g.writesPage() && !g.Compare {
		err = g.readExamples(ctx, r, rated)
	}
	return r, err
}

// checkFlags makes sure that the flags have values that can be used, and go together.
func (g *flags) checkFlags(files []string) error {
	if err := table.CheckInputFlags(g.InputFormat, g.Delimiter); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	switch {
	case g.Title != "" && !g.writesPage():
		return cli.Usagef("--title requires --format html or --html FILE: it is the title of the page")
	case g.TextColumn != "" && !g.writesPage() && g.TrainStudent == "":
		return cli.Usagef("--text-column requires --format html, --html FILE or --train-student")
	}
	if err := g.checkSampling(); err != nil {
		return err
	}
	if err := g.checkReview(); err != nil {
		return err
	}
	if err := g.checkStudent(files); err != nil {
		return err
	}
	return g.checkAgreement(files)
}
