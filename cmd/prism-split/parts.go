package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/table"
)

// part is a written file that waits to get its name.
type part struct {
	path string
	file *fsutil.AtomicFile
}

// writeParts writes the units of a file as parts, and makes the units describe them.
func (s *splitter) writeParts(ctx context.Context, f *table.File, sum table.Summary, o table.Options, units []job.Unit) error {
	if len(units) == 0 {
		return nil
	}
	paths := make([]string, len(units))
	for i, u := range units {
		paths[i] = filepath.Join(s.g.Write, fmt.Sprintf("%s_part%04d.%s", u.Label, i+1, o.Format))
	}
	if err := s.refuseOtherParts(units[0].Label, o.Format, paths); err != nil {
		return err
	}
	if err := refuseOverwrite(f.File, paths); err != nil {
		return err
	}
	from := len(s.parts)
	for _, path := range paths {
		file, err := fsutil.CreateAtomic(path)
		if err != nil {
			return err
		}
		s.parts = append(s.parts, part{path, file})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(runtime.GOMAXPROCS(0), maxWriters))
	for i := range units {
		g.Go(func() error {
			if s.g.NumberRows {
				return s.writeNumberedPart(ctx, f, o, s.parts[from+i], &units[i])
			}
			return s.writePart(ctx, f.File, sum.Header.Size, s.parts[from+i], &units[i])
		})
	}
	return g.Wait()
}

// maxWriters is how many parts are written at once.
const maxWriters = 4

// refuseOtherParts makes sure that DIR has no parts of another split: a merge by
// their common pattern would take them in.
func (s *splitter) refuseOtherParts(label string, format table.Format, paths []string) error {
	entries, err := os.ReadDir(s.g.Write)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), label+"_part")
		digits, ok2 := strings.CutSuffix(digits, "."+format.String())
		if _, err := strconv.Atoi(digits); !ok || !ok2 || err != nil || len(digits) < 4 {
			continue
		}
		if path := filepath.Join(s.g.Write, e.Name()); !slices.Contains(paths, path) {
			return cli.Fail(cli.Usage, fmt.Errorf("%s is a part of another split", path), "remove it, or choose another folder or label")
		}
	}
	return nil
}

// refuseStdout makes sure that what is printed is not appended to the input.
func refuseStdout(stdout io.Writer, in *os.File) error {
	out, ok := stdout.(*os.File)
	if !ok {
		return nil
	}
	var guard fsutil.Guard
	guard.ProtectOpen("an input", in)
	if err := guard.CheckOpen("stdout", out); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}

// refuseOverwrite makes sure that a part takes the place of nothing but a file, and
// not of the input.
func refuseOverwrite(in *os.File, paths []string) error {
	input, err := in.Stat()
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		switch {
		case err != nil: // nothing is there, or what the write will say
		case !info.Mode().IsRegular():
			return cli.Fail(cli.Usage, fmt.Errorf("%s exists and is not a regular file", path), "remove it, or choose another folder or label")
		case os.SameFile(info, input):
			return cli.Fail(cli.Usage, fmt.Errorf("the part %s is the input", path), "choose another folder or label")
		}
	}
	return nil
}

// writePart copies the header and the unit's bytes.
func (s *splitter) writePart(ctx context.Context, in *os.File, header int64, p part, u *job.Unit) error {
	out := p.file.OSFile()
	size := header + u.ByteEnd - u.ByteStart
	err := p.file.Reserve(size)
	if err == nil {
		err = fsutil.CopyRange(ctx, out, 0, in, 0, header, nil)
	}
	if err == nil {
		err = fsutil.CopyRange(ctx, out, header, in, u.ByteStart, u.ByteEnd, s.steps.AddBytes)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", p.path, err)
	}
	u.Input, u.RowStart, u.RowEnd = p.path, 1, u.Rows
	u.InputSize = size
	u.ByteStart, u.ByteEnd = header, u.InputSize
	return nil
}

// renameParts gives all parts their names. They are not synced to the disk, which would
// take longer than all the rest: after a power cut the same command makes them
// again.
func (s *splitter) renameParts() error {
	for i, p := range s.parts {
		tmp := p.file.OSFile()
		err := tmp.Close()
		if err == nil {
			err = os.Rename(tmp.Name(), p.path)
		}
		if err != nil {
			return fmt.Errorf("rename %s: %w", p.path, err)
		}
		s.parts[i].file = nil
	}
	return nil
}

// removeTemporary removes the parts that got no name.
func (s *splitter) removeTemporary() {
	for _, p := range s.parts {
		if p.file != nil {
			p.file.Abort()
		}
	}
}
