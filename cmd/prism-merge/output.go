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
	"prism/internal/table"
)

// output is where the joined rows go: a file that appears whole, or a stream.
type output struct {
	merge.Output
	file *fsutil.AtomicFile // nil: stdout
}

func createOutput(ctx context.Context, path string, stdout io.Writer) (*output, error) {
	if path == "" || path == "-" {
		return &output{Output: merge.Output{Writer: stdout}}, nil
	}
	f, err := fsutil.Await(ctx, func() (*fsutil.AtomicFile, error) { return fsutil.CreateAtomic(path) }, func(f *fsutil.AtomicFile) { f.Abort() })
	if err != nil {
		return nil, err
	}
	if f.IsStream() {
		return &output{Output: merge.Output{Writer: f}, file: f}, nil
	}
	tmp := f.OSFile()
	again := func() error {
		if _, err := tmp.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return tmp.Truncate(0)
	}
	return &output{Output: merge.Output{Writer: tmp, Rewind: again, Wrote: writeback(tmp)}, file: f}, nil
}

// writebackPiece is how many bytes are written between calls of StartWriteback.
const writebackPiece = 16 << 20

// writeback lets the disk begin while there is still more to write: commit
// syncs the file.
func writeback(f *os.File) func(end int64) {
	begun := int64(0)
	return func(end int64) {
		if end < begun {
			begun = 0 // the file is written again
		}
		if end-begun >= writebackPiece {
			fsutil.StartWriteback(f, begun, end-begun)
			begun = end
		}
	}
}

func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	return o.file.Commit()
}

func (o *output) abort() {
	if o.file != nil {
		o.file.Abort()
	}
}

// refuseLoops makes sure that no input is the output, which takes its place.
func (m *merger) refuseLoops(expected *merge.Input) error {
	inputs := m.inputs
	var outputs []string
	if m.g.Output != "" && !m.g.Check {
		outputs = append(outputs, m.g.Output)
	}
	if expected != nil {
		inputs = append(inputs[:len(inputs):len(inputs)], *expected)
		outputs = append(outputs, m.missingList())
	}
	for _, path := range outputs {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		for _, in := range inputs {
			if have, err := in.File.Stat(); err == nil && os.SameFile(info, have) {
				return cli.Usagef("%s is an input, so it cannot be the output", path)
			}
		}
	}
	return nil
}

// missingList is the path of the list of missing rows, beside the output.
func (m *merger) missingList() string { return job.FailedRangesPath(filepath.Dir(m.g.Output)) }

// missing is what the parts lack of the input that was expected.
type missing struct {
	path, input string
	list        *fsutil.AtomicFile // of the rows; nil: none is missing
	err         error              // that says so
}

// listMissing lists the rows that are missing, in a file that has no name yet.
func (m *merger) listMissing(input table.Options, find func(add func(pos, id int64) error) (merge.Expectation, error)) (*missing, error) {
	out := &missing{path: m.missingList(), input: input.Name}
	f, err := fsutil.CreateAtomic(out.path)
	if err != nil {
		return nil, err
	}
	list, err := merge.NewMissingList(f, input.Name)
	if err != nil {
		return nil, errors.Join(err, f.Abort())
	}
	e, err := find(list.Add)
	if e.Unexpected > 0 {
		m.std.Warnf("%d rows have a RowID that %s does not have", e.Unexpected, input.Name)
	}
	if err == nil && e.Missing > 0 {
		err = list.Close()
	}
	if err != nil || e.Missing == 0 {
		return out, errors.Join(err, f.Abort())
	}
	out.list = f
	out.err = cli.Fail(cli.Partial, fmt.Errorf("%d of the %d rows of %s are missing: positions %s", e.Missing, e.Rows, input.Name, list),
		out.path+" lists them")
	return out, nil
}

// place gives the list its name; where nothing is missing, one of an earlier call goes.
func (l *missing) place() error {
	switch {
	case l == nil:
		return nil
	case l.list == nil:
		return removeList(l.path, l.input)
	}
	if err := l.list.Commit(); err != nil {
		return err
	}
	return l.err
}

// drop gives the list up, unless it was placed.
func (l *missing) drop() {
	if l != nil && l.list != nil {
		l.list.Abort()
	}
}

// removeList removes the list that an earlier call made of the same input; any
// other file of this name stays.
func removeList(path, input string) error {
	f, err := os.Open(path)
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
