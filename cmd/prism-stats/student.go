package main

import (
	"context"
	"errors"
	"strconv"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/stats"
	"prism/internal/student"
)

// studentFlags are those of the training of a student.
type studentFlags struct {
	TrainStudent    string   `filled:"" help:"Train a student on the labels of results, for prism-classify --api student, write it to this file, and print how far it can be relied on. Takes the prompt schema, --gold and --target." placeholder:"FILE" group:"Student:"`
	TitleColumn     string   `filled:"" name:"title-column" help:"With --train-student: column with the title of the text [Title, if it exists]." placeholder:"NAME" group:"Student:"`
	SentimentColumn string   `filled:"" name:"sentiment-column" help:"With --train-student: column with a sentiment of the input [Sentiment, if the input has it]." placeholder:"NAME" group:"Student:"`
	ContextColumns  []string `filled:"" name:"context-columns" help:"With --train-student: columns that the student reads too." sep:"," placeholder:"A,B" group:"Student:"`
}

// checkStudent makes sure that the flags of --train-student go together with others.
func (g *flags) checkStudent(files []string) error {
	if g.TrainStudent == "" {
		return cli.RequireFlag(g.typed, "--train-student", "title-column", "sentiment-column", "context-columns")
	}
	if err := g.refuseReports("--train-student", "prints how far the student can be relied on", "sample", "review", "needed", "estimate", "compare", "misses", "columns"); err != nil {
		return err
	}
	switch {
	case g.Manifest != "":
		return cli.Usagef("--train-student cannot be combined with --manifest: name the output of the run as FILE")
	case g.Format != "table" && g.Format != "json":
		return cli.Usagef("--train-student cannot be combined with --format %s: it prints a table or JSON", g.Format)
	case g.PromptsConfig == "":
		return cli.Fail(cli.Usage, errors.New("--train-student requires --prompts-config"), "the prompt schema with which the results were labelled says what their columns are")
	case len(files) == 0:
		return cli.Usagef("--train-student requires results")
	case g.TrainStudent == "-":
		return cli.Usagef("--train-student requires the name of a file, not -")
	}
	if err := student.MayReplace(g.TrainStudent); err != nil {
		return cli.Fail(cli.Usage, err, "name another file for the student")
	}
	return nil
}

// trainStudent trains a student, writes its file and prints its report.
func (g *flags) trainStudent(ctx context.Context, o stats.Options, files []string, std cli.Std) error {
	rated := &ratedFiles{std: std, flags: g}
	defer rated.closeFiles()
	rows, err := g.readStudentRows(ctx, rated, o, files)
	if err != nil {
		return g.ratingsError(err)
	}
	if g.Gold != "" {
		warnOfMissing(rated.gold.Options.Name, rows.GoldRows, rows.Missing, rows.MissingIDs, std)
		if rows.IsPicked {
			std.Warnf("%s", pickedRows(rated.gold.Options.Name))
		}
	}
	st, found, err := rows.Train(ctx)
	switch {
	case errors.Is(err, student.ErrTooFew):
		return cli.Fail(cli.Partial, err, "label more rows with the model first: a label requires "+strconv.Itoa(student.MinRows)+" rows to be learned, and 200 to 2,000 rows are usual")
	case err != nil:
		return err
	}
	file, err := st.Encode()
	if err != nil {
		return err
	}
	if err := fsutil.ReplaceFileContext(ctx, g.TrainStudent, file); err != nil {
		return err
	}
	found.File = g.TrainStudent
	r := stats.NewDistributions(o).Result()
	r.Student = found
	return g.writeResult(ctx, r, std.Out)
}

// readStudentRows reads the results and gold.
func (g *flags) readStudentRows(ctx context.Context, rated *ratedFiles, o stats.Options, files []string) (*stats.StudentRows, error) {
	so := stats.StudentOptions{Schema: o.Schema, Seed: g.Seed, Target: job.StudentTarget, Columns: job.InputColumns{
		IDColumn: g.IDColumn, TextColumn: g.TextColumn, TitleColumn: g.TitleColumn, SentimentColumn: g.SentimentColumn, ContextColumns: g.ContextColumns,
	}}
	if g.Target != nil {
		so.Target = *g.Target
	}
	if err := rated.openResults(ctx, files); err != nil {
		return nil, inputError(err)
	}
	if g.Gold != "" {
		var err error
		if rated.gold, err = rated.openEdited(ctx, g.Gold); err != nil {
			return nil, inputError(err)
		}
	}
	var rows *stats.StudentRows
	err := rated.readGold(ctx, rated.gold, func(gold *stats.RatedFile) (err error) {
		rows, err = stats.ReadStudentRows(ctx, gold, rated.results, so)
		return err
	})
	return rows, err
}
