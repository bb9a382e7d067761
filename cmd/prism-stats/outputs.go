package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"prism/internal/cli"
)

// place is where a file is, or would be.
type fileID struct {
	path string      // absolute and clean; empty: stdin
	info os.FileInfo // nil: there is no file
}

func newFileID(name string, stdin io.Reader) (p fileID) {
	if name == "-" {
		if f, ok := stdin.(*os.File); ok {
			p.info, _ = f.Stat()
		}
		return p
	}
	p.path, _ = filepath.Abs(name)
	p.info, _ = os.Stat(name)
	return p
}

func (p fileID) same(q fileID) bool {
	return p.path != "" && p.path == q.path || p.info != nil && q.info != nil && os.SameFile(p.info, q.info)
}

// refuseLoops makes sure that what is written takes the place of nothing that is
// read, of nothing else that a manifest names, and not of each other.
func (g *grammar) checkOutputs(inputs, ofRun []string, stdin io.Reader) error {
	outputs := slices.DeleteFunc([]string{g.Summary, g.Analytics, g.HTML}, func(name string) bool { return name == "" })
	for i, out := range outputs {
		at, _ := filepath.Abs(out)
		info, _ := os.Stat(out)
		holds := func(name string) bool { return name != "" && newFileID(name, stdin).same(fileID{at, info}) }
		switch {
		case slices.ContainsFunc(inputs, holds):
			return cli.Usagef("%s is an input, so it cannot be the output", out)
		case slices.ContainsFunc(ofRun, holds):
			return cli.Usagef("%s is a file of the run, so it cannot be the output", out)
		case slices.ContainsFunc(outputs[:i], holds):
			return cli.Usagef("%s is given twice: --summary, --analytics and --html need a file each", out)
		}
	}
	return nil
}
