package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/doctor"
	"prism/internal/term"
)

// maxTried is how many calls at once the doctor tries at most.
const maxTried = 32

// errExamined ends a --doctor that told already what is wrong.
var errExamined = errors.New("some checks failed")

// examine prints what a run would meet. Its exit code is that of such a run: 4 for a
// server or a model that cannot be used, 1 for this machine.
func (g *flags) examine(ctx context.Context, std cli.Std) error {
	if g.Manifest != "" {
		if err := g.applyManifest(ctx); err != nil {
			return err
		}
	}
	var told error
	e := &doctor.Examiner{Now: time.Now, Sleep: cli.Sleep, Tell: func(c doctor.Check) {
		if !g.JSON && told == nil {
			told = printCheck(std.Out, c)
		}
	}}
	e.MaxParallel, e.Retries = maxTried, g.Model.Retries
	e.Hint = func(err error) string { return classify.Hint(err, g.Model.Name) }
	e.Parallel, e.AllowFree, e.AllowCuts = g.Model.MostParallel(), g.Model.AllowFreeReplies, g.Model.AllowTruncation
	e.Confidence = g.Model.AsksConfidence()
	e.Dirs = g.writtenFolders()
	e.ExamineMachine()
	code := 0
	if e.Report.Worst() == doctor.Failed {
		code = cli.Failed
	}
	if err := g.examineServer(ctx, e); err != nil {
		return exitError(ctx, err, g.Model.Name)
	}
	if code == 0 && e.Report.Worst() == doctor.Failed {
		code = cli.Unreachable
	}
	if g.JSON {
		text, err := json.MarshalIndent(&e.Report, "", "  ")
		if err != nil {
			return err
		}
		_, told = fmt.Fprintf(std.Out, "%s\n", text)
	}
	if told != nil {
		return told
	}
	if code != 0 {
		return cli.Fail(code, errExamined, "")
	}
	return nil
}

// examineServer returns an error only where the examination itself cannot go on.
func (g *flags) examineServer(ctx context.Context, e *doctor.Examiner) error {
	if g.Model.Name == "" {
		names, err := classify.ListModels(ctx, g.WorkerOptions)
		switch {
		case ctx.Err() != nil || err != nil && classify.IsUsage(err):
			return errors.Join(context.Cause(ctx), err)
		case err != nil:
			e.Fail("server", err)
		default:
			e.SkipServer("--model NAME examines one: the server has " + cmp.Or(strings.Join(names, ", "), "none"))
		}
		return nil
	}
	s := g.WorkerOptions
	s.Model.Parallel = max(s.Model.Parallel, maxTried) // connections are kept for as many
	var err error
	e.Client, e.Model, e.Request, err = classify.Connect(ctx, s)
	switch {
	case ctx.Err() != nil || err != nil && classify.IsUsage(err):
		return errors.Join(context.Cause(ctx), err)
	case err != nil:
		e.Fail("server", err)
		return nil
	}
	defer e.Client.Close()
	return e.ExamineServer(ctx)
}

// writtenFolders are the folders that a run with these flags writes to.
func (g *flags) writtenFolders() []string {
	dirs := []string{g.Output.Checkpoints.Directory, g.Output.Directory}
	if g.OutputFile != "" && g.OutputFile != "-" {
		dirs = append(dirs, filepath.Dir(g.OutputFile))
	}
	slices.Sort(dirs)
	dirs = slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool { return dir == "" })
	if len(dirs) == 0 {
		return []string{"."}
	}
	return dirs
}

func printCheck(out io.Writer, c doctor.Check) error {
	text := fmt.Sprintf("%-8s %-14s %s\n", c.Result, c.Name, term.Printable(c.Found))
	for line := range strings.Lines(c.Advice) {
		text += fmt.Sprintf("%-8s %-14s → %s\n", "", "", term.Printable(strings.TrimSpace(line)))
	}
	_, err := io.WriteString(out, text)
	return err
}
