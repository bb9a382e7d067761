package main

import (
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
	"prism/internal/stats"
	"prism/internal/table"
)

// resultsAndCallLogs separates results from call logs among the arguments.
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

// crossPairs parses --cross: two column names with a comma between them.
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

func readSchema(ctx context.Context, path string) (*prompt.Schema, error) {
	if path == "" {
		return nil, nil
	}
	data, err := fsutil.ReadFileContext(ctx, path, fsutil.MaxConfig)
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
	o, err := table.NewOptions(name, g.InputFormat, g.Delimiter)
	if err != nil {
		return err // both were checked before
	}
	o.Name = displayName(name)
	src, done, err := openInput(ctx, name, stdin)
	if err != nil {
		return err
	}
	defer done()
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

// regularFile returns the source as a file if it can be read at any offset and nothing
// has been read yet.
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
	return t.CountRecords(r, o.Name)
}

func displayName(name string) string {
	if name == "-" {
		return "stdin"
	}
	return name
}

// openInput opens an input, and reads a pipe or a terminal until ctx ends; a missing file
// is wrong usage.
func openInput(ctx context.Context, name string, stdin io.Reader) (src io.Reader, done func() error, err error) {
	if name == "-" {
		return awaitStream(ctx, stdin), func() error { return nil }, nil
	}
	f, err := fsutil.Open(ctx, name)
	if err != nil {
		return nil, nil, cli.Fail(cli.Usage, err, "")
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, nil, cli.Fail(cli.Usage, errors.Join(fmt.Errorf("%s is a folder", name), f.Close()), "")
	}
	return awaitStream(ctx, f), f.Close, nil
}

// awaitStream is src itself, or if that can block a reader of it that ends with ctx.
func awaitStream(ctx context.Context, src io.Reader) io.Reader {
	if f, ok := src.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return src
		}
	}
	return fsutil.NewCancelReader(ctx, src)
}
