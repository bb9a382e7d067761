package main

import (
	"context"
	"io"
	"os"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/merge"
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
		outputs = append(outputs, m.missingListPath())
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
