package main

import (
	"os"
	"path/filepath"
	"time"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/table"
)

// settings turns flags into what the engine takes.
func (g *grammar) settings() (classify.Settings, error) {
	s := classify.Settings{
		Model: g.Model, Prompts: g.PromptsConfig, Input: "-",
		Range:    table.Range{RowStart: g.RowStart, RowEnd: g.RowEnd, ByteStart: g.ByteStart, ByteEnd: g.ByteEnd},
		InputSum: g.InputSum, Limit: g.Limit, WorkerID: g.WorkerID, RunID: g.RunID, Label: g.label, Drop: g.Drop,
		CheckpointDir: g.CheckpointDir, Interval: g.CheckpointInterval, RetryFailed: g.RetryFailed, Restart: g.Restart,
		StatusDir: g.StatusDir, LogsDir: g.LogsDir,
		BatchSize: g.BatchSize, Parallel: g.Parallel, Retries: g.Retries,
		Delay: time.Duration(g.Delay), Timeout: time.Duration(g.Timeout),
		Hosts: g.Host, NumCtx: g.NumCtx, NumPredict: g.NumPredict, Temperature: g.Temperature, Seed: g.Seed,
		KeepAlive: g.KeepAlive, Think: g.Think, AllowTruncation: g.AllowTruncation,
		Command: append([]string{"prism-classify"}, g.args...),
	}
	if g.File != "" && g.InputFile != "" {
		return s, cli.Usagef("both %q and --input-file %q are given: name the input once", g.File, g.InputFile)
	}
	if name := g.File + g.InputFile; name != "" {
		s.Input = name
	}
	switch {
	case g.typed["limit"] && g.Limit == 0:
		return s, cli.Usagef("--limit 0: want at least 1; without the flag all rows are labelled")
	case g.typed["row-start"] && g.RowStart == 0:
		return s, cli.Usagef("--row-start 0: the first row is 1")
	}
	if g.Labels != "" {
		strict := g.Labels == "strict"
		s.Strict = &strict
	}
	s.InputFormat, _ = table.ParseFormat(g.InputFormat)
	s.OutputFormat, _ = table.ParseFormat(g.OutputFormat)
	return s, g.output(&s)
}

func (g *grammar) output(s *classify.Settings) error {
	switch {
	case g.Output != "" && (g.OutputDir != "" && os.Getenv("PRISM_OUTPUT_DIR") != g.OutputDir || g.OutputName != ""):
		return cli.Usagef("-o and --output-dir or --output-name exclude each other")
	case g.OutputName != "" && g.OutputDir == "":
		return cli.Usagef("--output-name needs --output-dir")
	case g.Output != "":
		s.Output = g.Output
	case g.OutputDir == "":
		s.Output = "-"
	case g.OutputName != "":
		s.Output = filepath.Join(g.OutputDir, g.OutputName)
	default:
		s.Output = filepath.Join(g.OutputDir, classify.OutputName(s))
	}
	return nil
}
