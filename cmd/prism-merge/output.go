package main

import (
	"context"
	"errors"
	"io"
	"os"

	"prism/internal/cli"
	"prism/internal/fsutil"
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
	f, err := fsutil.CreateAtomicContext(ctx, path)
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
	var guard fsutil.Guard
	for _, in := range m.inputs {
		guard.KeepOpen("an input", in.File.File)
	}
	if expected != nil {
		guard.KeepOpen("an input", expected.File.File)
	}
	var errs []error
	switch f, isFile := m.std.Out.(*os.File); {
	case m.g.Check:
	case m.g.Output != "" && m.g.Output != "-":
		errs = append(errs, table.CheckOutputName(m.g.Output), guard.Check(m.g.Output))
	case isFile:
		errs = append(errs, guard.CheckOpen("stdout", f))
	}
	if expected != nil {
		errs = append(errs, guard.Check(m.missingListPath()))
	}
	if err := errors.Join(errs...); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}
