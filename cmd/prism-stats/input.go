package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/prompt"
	"prism/internal/stats"
	"prism/internal/table"
)

// resultsAndCallLogs separates results from call logs among the arguments.
func (g *flags) resultsAndCallLogs() (files, logs []string) {
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

// crossPairs parses --cross: two column names with a comma between them. A comma in a name
// may be escaped; names of columns are found without that too. The two are the same to see
// which of several labels occur together.
func (g *flags) crossPairs() (pairs [][]string, err error) {
	for _, text := range g.Cross {
		pieces := kong.SplitEscaped(text, ',')
		if len(pieces) < 2 || slices.Contains(pieces, "") {
			return nil, cli.Usagef("--cross %q: want two columns, as in Topic,Sentiment", text)
		}
		pairs = append(pairs, pieces)
	}
	return pairs, nil
}

func readSchema(ctx context.Context, path string) (*prompt.Schema, error) {
	if path == "" {
		return nil, nil
	}
	s, err := prompt.ReadFile(ctx, path)
	if err != nil {
		return nil, cli.Fail(cli.Usage, err, "")
	}
	return s, nil
}

// countFiles counts the labels of results.
func (g *flags) countFiles(ctx context.Context, t *stats.Distributions, files []string, std cli.Std) error {
	for _, name := range files {
		if err := g.countFile(ctx, t, name, std.In); err != nil {
			return err
		}
	}
	return nil
}

func (g *flags) countFile(ctx context.Context, t *stats.Distributions, name string, stdin io.Reader) error {
	o, ofRun := g.runTables[name]
	if !ofRun {
		var err error
		if o, err = table.NewOptions(name, g.InputFormat, g.Delimiter); err != nil {
			return err // both were checked before
		}
	}
	o.Name = table.ShownName(name)
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
	return g.countError(err)
}

// countError gives errors of counting their exit codes and hints.
func (g *flags) countError(err error) error {
	var bad *table.Error
	var lacks *stats.MissingColumnError
	var other *stats.ColumnMismatchError
	switch {
	case errors.As(err, &lacks):
		return cli.Fail(cli.Usage, err, g.hintMissing(lacks))
	case errors.As(err, &bad):
		return cli.Fail(cli.Usage, err, "")
	case errors.As(err, &other):
		hint := "--columns picks those to count"
		if len(other.Common) > 0 {
			hint += "; both have " + strings.Join(other.Common, ",")
		}
		return cli.Fail(cli.Usage, err, hint)
	}
	return err
}

// hintMissing says where names of missing columns come from, and what else the errors advise.
func (g *flags) hintMissing(lacks *stats.MissingColumnError) string {
	var hints []string
	for _, err := range lacks.Unwrap() {
		if bad, ok := errors.AsType[*table.Error](err); ok && bad.Hint() != "" {
			hints = append(hints, bad.Hint())
		}
	}
	id := cmp.Or(g.IDColumn, table.RowID)
	if slices.Contains(lacks.Columns, id) && !slices.Contains(g.Columns, id) {
		hints = append(hints, "--id-column NAME names the column that identifies a row, in every file")
	}
	text := cmp.Or(g.TextColumn, job.DefaultText)
	if g.TrainStudent != "" && slices.Contains(lacks.Columns, text) {
		hints = append(hints, "--text-column NAME names the column with the text")
	}
	read := []string{id}
	if g.TrainStudent != "" {
		read = append(read, text, g.TitleColumn, g.SentimentColumn)
		read = append(read, g.ContextColumns...)
	}
	var coded []string
	for _, name := range lacks.Columns {
		named := func(flag string) bool { return strings.Contains(flag, name) }
		if !slices.Contains(g.Columns, name) && !slices.ContainsFunc(g.Cross, named) && !slices.Contains(read, name) {
			coded = append(coded, strconv.Quote(name))
		}
	}
	if g.PromptsConfig != "" && len(coded) > 0 {
		hint := fmt.Sprintf("the prompt schema %s codes %s", g.PromptsConfig, strings.Join(coded, ", "))
		if g.TrainStudent == "" && g.PromptsConfig == os.Getenv("PRISM_PROMPTS_CONFIG") {
			hint += " (set by PRISM_PROMPTS_CONFIG; unset it to do without)"
		}
		hints = append(hints, hint)
	}
	return strings.Join(hints, "\n")
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
