package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/term"
)

// printList prints the runs of the status folder, or the labels of the manifest, one a line or as
// JSON, {"runs": ["ID"]}. A folder without runs has none to print.
func (g *flags) printList(ctx context.Context, std cli.Std) error {
	names, err := g.listNames(ctx, std)
	if err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	if g.JSON {
		text, err := json.Marshal(map[string][]string{g.List: append([]string{}, names...)})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.Out, "%s\n", text)
		return err
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(std.Out, term.Printable(name)); err != nil {
			return err
		}
	}
	return nil
}

func (g *flags) listNames(ctx context.Context, std cli.Std) ([]string, error) {
	if g.List == "labels" {
		m, err := job.AwaitManifest(ctx, g.Manifest)
		if err != nil {
			return nil, err
		}
		return m.Labels(), nil
	}
	dir := g.StatusDir
	if dir == "" {
		dir = statusDir
	}
	runs, skipped, err := status.ListRuns(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, e := range skipped {
		std.Warnf("%v", e)
	}
	return runs, err
}
