package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"prism/internal/export"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/server"
	"prism/internal/student"
	"prism/internal/table"
	"prism/internal/term"
)

// Settings say what one worker does: the options of its run, and which rows it
// labels. Fields with tags are flags of prism-classify.
type WorkerOptions struct {
	Input       string `kong:"-"` // path; "-": the stream given to Run
	InputFormat string `name:"input-format" enum:"csv,tsv,jsonl," default:"" placeholder:"FORMAT" help:"csv, tsv or jsonl [by file name, else csv]." group:"Input:"`
	RowStart    int64  `name:"row-start" placeholder:"N" help:"First position to label, counted from 1." group:"Input:"`
	RowEnd      int64  `name:"row-end" placeholder:"N" help:"Last position to label." group:"Input:"`
	ByteStart   int64  `name:"byte-start" placeholder:"N" help:"Byte offset of --row-start, from prism-split." group:"Input:"`
	ByteEnd     int64  `name:"byte-end" placeholder:"N" help:"Byte offset after --row-end." group:"Input:"`
	InputSum    string `name:"input-sum" placeholder:"SUM" help:"Refuse an input with another checksum, from prism-split." group:"Input:"`
	Limit       int64  `name:"limit" placeholder:"N" help:"Label at most N rows." group:"Input:"`

	job.Options

	SafeCSV      bool   `name:"safe-csv" help:"Put an apostrophe before cells of CSV that a spreadsheet program would take for a formula: those that begin with = + - @, a tab or a line break, and are not numbers." group:"Output:"`
	OutputPath   string `kong:"-"` // "-": the stream given to Run
	OutputFolder string `kong:"-"` // that the output must be in; empty: any
	Label        string `kong:"-"` // of the input file; empty: from its name

	APIKey string `kong:"-"` // sent to the hosts with --api openai, and shown nowhere; empty: none

	ManifestPath string `kong:"-"` // of the run that the unit belongs to; empty: none

	RunID       string   `filled:"" name:"run-id" placeholder:"ID" help:"Name of the run; the same ID resumes [made from input, model and time]." group:"Run:"`
	WorkerID    int      `name:"worker-id" min:"0" max:"1000000" default:"1" help:"Number of this worker in the run." group:"Run:"`
	RetryFailed bool     `name:"retry-failed" help:"Ask again for failed rows." group:"Run:"`
	Restart     bool     `name:"restart" help:"Start over and move the old checkpoint aside." group:"Run:"`
	Command     []string `kong:"-"` // as typed, for the hint that resumes
	GoesOnWith  string   `kong:"-"` // command of that hint, where another program runs this one

	student *student.Student // that labels the rows; nil: a server's model

	maxWindow int // bytes of finished rows that may wait for one before them; 0: the constant
}

// rows is the range of rows to label; zero: the whole input.
func (s *WorkerOptions) rows() table.Range {
	return table.Range{RowStart: s.RowStart, RowEnd: s.RowEnd, ByteStart: s.ByteStart, ByteEnd: s.ByteEnd}
}

// usageError is an invalid setting.
type usageError struct {
	What, Hint string
	err        error // of which What is the text, where it has several lines; may be nil
}

func (e *usageError) Error() string { return e.What }

func (e *usageError) Unwrap() error { return e.err }

// checkFlags reports every invalid value, by its flag.
func (s *WorkerOptions) checkFlags() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, &usageError{What: fmt.Sprintf(format, args...)})
		}
	}
	for _, problem := range s.CheckFlags() {
		refuse(true, "%s", problem)
	}
	refuse(s.WorkerID < 0, "--worker-id %d: want at least 0", s.WorkerID)
	refuse(s.Limit < 0, "--limit %d: want at least 0", s.Limit)
	refuse(s.RunID != "" && !job.IsRunID(s.RunID), "--run-id %q: want a name that is safe in a path (letters, digits, . _ -, neither - nor . first)", s.RunID)
	r := s.rows()
	refuse(r.RowStart < 0, "--row-start %d: positions begin at 1", r.RowStart)
	refuse(r.RowEnd < 0 || r.RowEnd > 0 && r.RowEnd < r.RowStart, "--row-end %d is before --row-start %d", r.RowEnd, r.RowStart)
	refuse(r.ByteStart > 0 && r.RowStart == 0, "--byte-start requires --row-start")
	refuse(s.Input == "-" && (r.ByteStart > 0 || r.ByteEnd > 0), "--byte-start and --byte-end require a file")
	refuse(s.RetryFailed && s.Output.Checkpoints.Directory == "", "--retry-failed requires --checkpoint-dir: without it nothing is saved")
	refuse(s.Restart && s.Output.Checkpoints.Directory == "", "--restart requires --checkpoint-dir: without it nothing is saved")
	refuse(s.Model.Votes > 1 && s.Model.BatchSize == 1 && s.Model.Temperature == 0,
		"--votes %d: a single row at temperature 0 gets the same answer each time; use a --batch-size of 2 or more, whose rows change places, or a --temperature", s.Model.Votes)
	refuse(s.Model.UsesStudent() && s.Model.Votes > 1, "--votes %d: a student (--api student) gives a row the same labels each time", s.Model.Votes)
	refuse(s.Model.CacheTTL > 0 && s.Model.Cache == "", "--cache-ttl requires --cache")
	err := table.CheckInputFlags(s.InputFormat, s.Columns.Delimiter)
	refuse(err != nil, "%v", err)
	refuse(s.RetryFailed && s.Restart, "--retry-failed cannot be combined with --restart")
	return errors.Join(errs...)
}

// checkOutput refuses an output that cannot take the place of what is there, and links that lead
// what the worker keeps out of its folder.
func (s *WorkerOptions) checkOutput(io Streams) error {
	err := s.CheckPlaces(s.RunID, s.WorkerID)
	if s.OutputFolder != "" {
		err = errors.Join(err, fsutil.CheckInside(s.OutputFolder, s.OutputPath))
	}
	if err != nil {
		return err
	}
	guard := s.guard(io.In)
	if s.OutputPath == "-" {
		if f, ok := io.Out.(*os.File); ok {
			return guard.CheckOpen("stdout", f)
		}
		return nil
	}
	if info, err := os.Stat(s.OutputPath); err == nil && info.IsDir() {
		return &usageError{What: fmt.Sprintf("the output %s is a folder", s.OutputPath), Hint: "name a file, or use --output-dir"}
	}
	if err := guard.Check(s.OutputPath); err != nil {
		return err
	}
	err = table.CheckOutputName(s.OutputPath)
	if bad, ok := errors.AsType[*table.Error](err); ok {
		if form, _, err := export.FormByName(s.OutputPath); err == nil && form != export.PlainText {
			bad = bad.WithHint("prism-merge converts a result: prism-merge -o " + term.QuoteShell(s.OutputPath) + " RESULT.csv")
		}
		return bad
	}
	return err
}

// guard knows the files that the worker reads or keeps.
func (s *WorkerOptions) guard(stdin io.Reader) *fsutil.Guard {
	var g fsutil.Guard
	if f, ok := stdin.(*os.File); ok && s.Input == "-" {
		g.ProtectOpen("the input", f)
	} else if s.Input != "-" {
		g.Protect("the input", s.Input)
	}
	g.Protect("the prompt schema", s.Prompts.ConfigFile)
	g.Protect("the manifest", s.ManifestPath)
	if s.Model.UsesStudent() {
		g.Protect("the student", s.Model.Name)
	}
	if dir := s.Output.Checkpoints.Directory; dir != "" {
		g.ProtectAll("a file of the checkpoint", dir, job.CheckpointPrefix(""))
	}
	if dir := s.Model.Cache; dir != "" {
		g.ProtectAll("a file of the cache", dir, job.CachePrefix)
	}
	if dir := job.RunDir(s.Monitoring.LogsDir, s.RunID); dir != "" {
		g.Protect("the log", job.RunLogPath(s.Monitoring.LogsDir, s.RunID, s.WorkerID))
		g.Protect("the call log", job.CallLogPath(dir, s.WorkerID))
		g.Protect("the list of failed rows", job.FailedRowsPath(dir, s.WorkerID))
	}
	if dir := job.RunDir(s.Monitoring.StatusDir, s.RunID); dir != "" {
		g.Protect("the status file", job.WorkerStatusPath(dir, s.WorkerID))
		g.Protect("the pause flag", job.PauseFlagPath(dir))
	}
	if what := job.DescribeRunFile(s.OutputPath); what != "" {
		g.Protect(what, s.OutputPath)
	}
	return &g
}

// commandFor is the command that was typed, for one file and with these flags.
func (s *WorkerOptions) commandFor(flags []string, file string) string {
	if len(s.Command) == 0 || s.ManifestPath != "" {
		return ""
	}
	args := append([]string{s.Command[0]}, flags...)
	typed := hideCredentials(s.Command)[1:]
	for i := 0; i < len(typed); i++ {
		flag, _, joined := strings.Cut(typed[i], "=")
		switch takesValue, isColumns := job.IsColumnFlag(flag); {
		case isColumns && takesValue && !joined:
			i++
		case isColumns:
		case typed[i] == s.Input:
			args = append(args, term.QuoteShell(file))
		default:
			args = append(args, term.QuoteShell(typed[i]))
		}
	}
	return strings.Join(args, " ")
}

func (s *WorkerOptions) loadPrompts(ctx context.Context) (*prompt.Prompt, error) {
	data, err := fsutil.ReadFileContext(ctx, s.Prompts.ConfigFile, fsutil.MaxConfig)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &usageError{What: fmt.Sprintf("read the prompt schema: %v", err), Hint: "--prompts-config names it"}
	}
	schema, err := prompt.Parse(data, s.Prompts.ConfigFile)
	if err != nil {
		return nil, &usageError{What: err.Error(), err: err}
	}
	if s.Model.AsksConfidence() && schema.MostChoices() == 0 {
		return nil, &usageError{
			What: fmt.Sprintf("--confidence: %s has no column of listed labels, booleans or integers from a minimum to a maximum", s.Prompts.ConfigFile),
			Hint: "--confidence works only for listed labels, booleans and integers of a range: leave it out",
		}
	}
	return schema.InStyle(prompt.Style(s.Model.PromptStyle)), nil
}

// strict reports whether labels outside the listed values are refused.
func (s *WorkerOptions) strict(schema *prompt.Schema) bool {
	return cmp.Or(s.Model.Labels, schema.LabelPolicy) == prompt.Strict
}

// outputFormat is the format that a flag or the name of the output says, else CSV. CSV keeps
// the delimiter of the input.
func (s *WorkerOptions) outputFormat(in *input) table.Format {
	said := table.AnyCSV
	if f, err := table.ParseFormat(s.Output.Format); err == nil {
		said = f
	} else if f, ok := table.FormatByName(s.OutputPath); ok {
		said = f
	}
	return table.OutputFormat(said, in.options, in.records.Header())
}

func (s *WorkerOptions) label() string {
	switch {
	case s.Label != "":
		return s.Label
	case s.Input == "-":
		return "stdin"
	}
	base := filepath.Base(s.Input)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// numCtx is the context that all calls ask for, in tokens.
func (s *WorkerOptions) numCtx(m *server.Model) (int, error) {
	const usual = 8192
	isOpenAI := s.Model.API == server.OpenAI
	switch {
	case isOpenAI && s.Model.NumCtx == 0 && m.ContextLength == 0:
		return 0, &usageError{
			What: "the server does not report the length of its context",
			Hint: "set it with --num-ctx TOKENS: what the server was started with",
		}
	case isOpenAI && s.Model.NumCtx == 0:
		return m.ContextLength, nil
	case s.Model.NumCtx > 0 && m.ContextLength > 0 && s.Model.NumCtx > m.ContextLength:
		return 0, &usageError{
			What: fmt.Sprintf("--num-ctx %d is more than the %d tokens that %s can take", s.Model.NumCtx, m.ContextLength, s.Model.Name),
			Hint: fmt.Sprintf("leave it out, or use --num-ctx %d", m.ContextLength),
		}
	case s.Model.NumCtx > 0:
		return s.Model.NumCtx, nil
	case m.ContextLength > 0:
		return min(usual, m.ContextLength), nil
	}
	return usual, nil
}

// OutputName is the file name of the output if no flag names it.
func (s *WorkerOptions) OutputName() string {
	format := cmp.Or(s.Output.Format, table.CSV.String())
	return job.OutputName(job.SafeName(s.label(), '_'), s.WorkerID, format)
}
