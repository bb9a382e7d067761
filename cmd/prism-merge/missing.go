package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/merge"
)

// missingListPath is the path of the list of missing rows, beside the output.
func (m *merger) missingListPath() string { return job.FailedRangesPath(filepath.Dir(m.g.Output)) }

// missingList is what the parts lack of the input that was expected.
type missingList struct {
	path, input string
	checkOnly   bool               // nothing is written
	list        *fsutil.AtomicFile // of the rows; nil: none is missing
	err         error              // that says so
}

// listMissing lists the rows of the input that no part has, in a file that is not
// visible until commit.
func (m *merger) listMissing(ctx context.Context, input merge.Input) (*missingList, error) {
	m.steps.StartStep("looking for missing rows", 3*input.File.Size+m.bytes)
	name := input.Options.Name
	out, list, err := m.newMissingList(name)
	if err != nil {
		return nil, err
	}
	e, err := merge.Expect(ctx, m.inputs, input, m.o, list.Add)
	if e.Unexpected > 0 {
		m.std.Warnf("%d rows have a %s that %s does not have", e.Unexpected, m.o.ID(), name)
	}
	if err != nil {
		return nil, errors.Join(err, out.abort())
	}
	return out, out.end(list, e.Missing, e.Rows)
}

// newMissingList starts a list of the rows that are missing of an input.
func (m *merger) newMissingList(input string) (*missingList, *merge.MissingList, error) {
	out := &missingList{path: m.missingListPath(), input: input, checkOnly: m.g.Check}
	var w io.Writer = io.Discard // --check writes nothing
	if !m.g.Check {
		f, err := fsutil.CreateAtomic(out.path)
		if err != nil {
			return nil, nil, err
		}
		out.list, w = f, f
	}
	list, err := merge.NewMissingList(w, input)
	if err != nil {
		return nil, nil, errors.Join(err, out.abort())
	}
	return out, list, nil
}

// end ends the list when all missing ones of the rows of the input are in it.
func (l *missingList) end(list *merge.MissingList, missing, rows int64) error {
	if missing == 0 {
		return l.abort()
	}
	if err := list.Close(); err != nil {
		return errors.Join(err, l.abort())
	}
	hint := l.path + " lists them"
	if l.checkOnly {
		hint = "without --check, " + l.path + " will list them"
	}
	l.err = cli.Fail(cli.Partial, fmt.Errorf("%d of the %d rows of %s are missing: positions %s", missing, rows, l.input, list), hint)
	return nil
}

// commit makes the list visible; where nothing is missing, it removes that of an
// earlier call. Its error says that rows are missing.
func (l *missingList) commit() error {
	switch {
	case l == nil:
		return nil
	case l.checkOnly:
		return l.err
	case l.list == nil:
		return removeList(l.path, l.input)
	}
	if err := l.list.Commit(); err != nil {
		return err
	}
	l.list = nil
	return l.err
}

// abort removes the list, unless it was committed.
func (l *missingList) abort() error {
	if l == nil || l.list == nil {
		return nil
	}
	list := l.list
	l.list = nil
	return list.Abort()
}

// removeList removes the list that an earlier call made of the same input; any
// other file of this name stays.
func removeList(path, input string) error {
	f, err := fsutil.OpenRegular(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	mine, err := merge.IsMissingList(f, input)
	if err := errors.Join(err, f.Close()); err != nil || !mine {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the list of missing rows: %w", err)
	}
	return nil
}
