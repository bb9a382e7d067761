package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/term"
)

// printList prints the runs of the status folder, or the labels of the manifest, one a line.
// A folder without runs has none to print.
func (g *grammar) printList(ctx context.Context, w io.Writer) error {
	names, err := g.listNames(ctx)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(w, term.Printable(name)); err != nil {
			return err
		}
	}
	return nil
}

func (g *grammar) listNames(ctx context.Context) ([]string, error) {
	switch {
	case g.List == "labels" && g.Manifest == "":
		return nil, errors.New("--list labels needs --manifest")
	case g.List == "labels":
		m, err := job.AwaitManifest(ctx, g.Manifest)
		if err != nil {
			return nil, err
		}
		return m.Labels(), nil
	case g.Manifest != "" || g.RunID != "":
		return nil, errors.New("--list runs goes with --status-dir alone")
	}
	dir := g.StatusDir
	if dir == "" {
		dir = statusDir
	}
	runs, skipped, err := status.ListRuns(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return runs, errors.Join(append(skipped, err)...)
}
