package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/normalize"
	"prism/internal/stats"
	"prism/internal/table"
	"prism/internal/term"
)

// agreementFlags are those of how right results are, and how far they agree.
type agreementFlags struct {
	Gold    string `help:"Rows with the right labels, given by people, in any form that prism-split --normalize reads: how right the results are." placeholder:"FILE" group:"Agreement:"`
	Misses  string `help:"With --gold: write the rows in which results and gold differ to this file." placeholder:"FILE" group:"Agreement:"`
	Compare bool   `help:"Compare results of the same rows with each other, and with --gold which is better." group:"Agreement:"`
	Changed string `help:"With --compare: write the rows in which results differ to this file." placeholder:"FILE" group:"Agreement:"`
	Seed    uint64 `help:"Seed of what is drawn at random [${default}]." default:"1" placeholder:"S" group:"Agreement:"`
}

// checkAgreement makes sure that the flags go together.
func (g *grammar) checkAgreement(files []string) error {
	switch {
	case g.Misses != "" && g.Gold == "":
		return cli.Usagef("--misses needs --gold")
	case g.Misses != "" && g.Compare:
		return cli.Usagef("--misses does not go with --compare: --changed lists the rows, with their gold")
	case g.Changed != "" && !g.Compare:
		return cli.Usagef("--changed needs --compare")
	case g.Compare && g.Manifest != "":
		return cli.Usagef("--compare compares FILEs with each other: name the outputs of the runs, not --manifest")
	case g.Compare && len(files) < 2:
		return cli.Usagef("--compare compares at least two results of the same rows")
	case g.Gold != "" && len(files) == 0:
		return cli.Usagef("--gold needs results to compare it with")
	}
	seen := map[string]bool{g.Gold: g.Gold != ""}
	for _, name := range files {
		if seen[name] && (g.Compare || g.Gold != "") {
			return cli.Usagef("%s is given twice", displayName(name))
		}
		seen[name] = true
	}
	return nil
}

// openRated opens gold and the results to compare; nil where nothing is compared. What is
// opened can be read more than once.
func (g *grammar) openRated(ctx context.Context, files []string, std cli.Std) (*ratedFiles, error) {
	if g.Gold == "" && !g.Compare {
		return nil, nil
	}
	r := &ratedFiles{std: std, grammar: g}
	var err error
	if g.Gold != "" {
		r.gold, err = r.openEdited(ctx, g.Gold)
	}
	for _, name := range files {
		f, failed := r.openResult(ctx, name)
		err = errors.Join(err, failed)
		r.results = append(r.results, f)
	}
	if err != nil {
		r.close()
		return nil, inputError(err)
	}
	return r, nil
}

// countFiles counts the labels of results, but not of those that are compared with each
// other: these are of the same rows, which would count twice.
func (g *grammar) countFiles(ctx context.Context, t *stats.Distributions, files []string, rated *ratedFiles, std cli.Std) error {
	if rated == nil {
		for _, name := range files {
			if err := g.countFile(ctx, t, name, std.In); err != nil {
				return err
			}
		}
		return nil
	}
	if g.Compare {
		return nil
	}
	for _, f := range rated.results {
		if err := t.CountFile(ctx, f.Content, f.Size, f.Options); err != nil {
			return g.countError(err)
		}
	}
	return nil
}

// addAgreement compares results with gold or with each other, where that is wanted.
func (g *grammar) addAgreement(ctx context.Context, r *stats.Result, o stats.Options, rated *ratedFiles, std cli.Std) error {
	if rated == nil {
		return nil
	}
	ratings, err := rated.readRatings(ctx, stats.RatingOptions{Schema: o.Schema, Columns: o.Columns, IDColumn: o.IDColumn, Seed: g.Seed, Separate: g.Compare})
	if err != nil {
		return g.ratingsError(err)
	}
	for _, note := range ratings.Notes {
		std.Warnf("%s", note)
	}
	if g.Compare {
		r.Compare = ratings.Compare()
		return g.writeList(ctx, g.Changed, func(out io.Writer, form table.Format) error {
			return ratings.WriteChanged(ctx, form, out)
		})
	}
	r.Gold = ratings.Gold()
	warnOfMissing(r.Gold, displayName(g.Gold), std)
	return g.writeList(ctx, g.Misses, func(out io.Writer, form table.Format) error {
		return ratings.WriteMisses(ctx, form, out)
	})
}

// warnOfMissing names gold rows that no result has.
func warnOfMissing(gold *stats.Gold, name string, std cli.Std) {
	if gold.Missing == 0 {
		return
	}
	var ids []string
	for _, id := range gold.MissingIDs {
		ids = append(ids, fmt.Sprint(id))
	}
	more := ""
	if gold.Missing > int64(len(ids)) {
		more = ", …"
	}
	std.Warnf("%s: no result for %s of %s: RowID %s%s", name, term.Count(gold.Missing), term.Plural(gold.Rows, "row"), strings.Join(ids, ", "), more)
}

// writeList writes a list of rows to a file in the form that its name says, CSV else. An
// empty path is none.
func (g *grammar) writeList(ctx context.Context, path string, write func(io.Writer, table.Format) error) error {
	if path == "" {
		return nil
	}
	form, ok := table.FormatByName(path)
	if !ok || form == table.AnyCSV {
		form = table.CSV
	}
	f, err := fsutil.CreateAtomicContext(ctx, path)
	if err != nil {
		return err
	}
	defer f.Abort()
	out := &blockWriter{out: f}
	if err := write(out, form); err != nil {
		return inputError(err)
	}
	if err := out.flush(); err != nil {
		return err
	}
	return f.Commit()
}

// blockWriter gathers small writes.
type blockWriter struct {
	out io.Writer
	buf []byte
}

// Write keeps b until there is a block.
func (w *blockWriter) Write(b []byte) (int, error) {
	w.buf = append(w.buf, b...)
	if len(w.buf) < 256<<10 {
		return len(b), nil
	}
	return len(b), w.flush()
}

func (w *blockWriter) flush() error {
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// inputError gives bad input its exit code.
func inputError(err error) error {
	var bad *table.Error
	if errors.As(err, &bad) {
		return cli.Fail(cli.Usage, err, "")
	}
	return err
}

func (g *grammar) ratingsError(err error) error {
	var lacks *stats.MissingColumnError
	var nothing *stats.NothingToCompareError
	switch {
	case errors.As(err, &lacks):
		return cli.Fail(cli.Usage, err, g.hintMissing(lacks))
	case errors.As(err, &nothing):
		return cli.Fail(cli.Usage, err, nothing.Hint())
	}
	return inputError(err)
}

// ratedFiles are the files that are compared.
type ratedFiles struct {
	gold    *stats.RatedFile // nil: no gold
	results []*stats.RatedFile

	std     cli.Std
	grammar *grammar
	open    []*table.File
}

// close closes the files, which were only read.
func (r *ratedFiles) close() {
	if r == nil {
		return
	}
	for _, f := range r.open {
		f.Close()
	}
}

// openResult opens a result; a stream is copied to a temporary file.
func (r *ratedFiles) openResult(ctx context.Context, name string) (*stats.RatedFile, error) {
	o, ofRun := r.grammar.runTables[name]
	if !ofRun {
		var err error
		if o, err = table.NewOptions(name, r.grammar.InputFormat, r.grammar.Delimiter); err != nil {
			return nil, err
		}
	}
	return r.openFile(ctx, name, o)
}

// openEdited opens a table that people edit; its form is told from its name and its bytes.
func (r *ratedFiles) openEdited(ctx context.Context, name string) (*stats.RatedFile, error) {
	o, err := table.NewOptions(name, "", "")
	if err != nil {
		return nil, err
	}
	return r.openFile(ctx, name, o)
}

func (r *ratedFiles) openFile(ctx context.Context, name string, o table.Options) (*stats.RatedFile, error) {
	f, err := table.Open(ctx, name, r.std.In)
	if err != nil {
		return nil, err
	}
	r.open = append(r.open, f)
	o.Name = displayName(name)
	return &stats.RatedFile{Content: f, Size: f.Size, Options: o}, nil
}

// readRatings reads all files. Gold in a form that results do not have, as people save it, is
// normalized first.
func (r *ratedFiles) readRatings(ctx context.Context, o stats.RatingOptions) (*stats.Ratings, error) {
	ratings, err := stats.ReadRatings(ctx, r.gold, r.results, o)
	var bad *table.Error
	if r.gold == nil || !errors.As(err, &bad) || !bad.IsForm() || bad.File != r.gold.Options.Name {
		return ratings, err
	}
	if err := r.normalizeGold(ctx); err != nil {
		return nil, err
	}
	return stats.ReadRatings(ctx, r.gold, r.results, o)
}

// normalizeGold replaces gold by its normal form in a temporary file.
func (r *ratedFiles) normalizeGold(ctx context.Context) error {
	tmp, err := fsutil.CreateTemp("prism-normal-*.tmp")
	if err != nil {
		return err
	}
	normal := &table.File{File: tmp, Name: r.grammar.Gold, Spooled: true}
	f := r.open[0] // gold was opened first
	r.open = append(r.open, normal)
	note := func(format string, args ...any) { r.std.Debugf(format, args...) }
	out := &blockWriter{out: tmp}
	if err := normalize.Convert(ctx, f, out, normalize.Options{IDColumn: r.grammar.IDColumn, NeedID: true, Note: note}); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	info, err := tmp.Stat()
	if err != nil {
		return err
	}
	r.gold = &stats.RatedFile{Content: tmp, Size: info.Size(), Options: table.Options{Name: r.gold.Options.Name, Format: table.CSV}}
	return nil
}
