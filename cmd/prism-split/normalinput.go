package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/normalize"
	"prism/internal/table"
)

// normalInput is the normal form of an input of a job, in a temporary file.
type normalInput struct {
	*table.File
	from   job.Source
	doubts []normalize.Doubt
}

// normalizeInput writes the normal form of the table in f to a temporary file. A file
// that changes meanwhile is refused.
func (s *splitter) normalizeInput(ctx context.Context, f *table.File, c job.InputColumns) (*normalInput, error) {
	tmp, err := fsutil.CreateTemp("prism-normal-*.tmp")
	if err != nil {
		return nil, err
	}
	n := &normalInput{
		File: &table.File{File: tmp, Name: f.Name + " in normal form", Spooled: true},
		from: job.Source{Path: f.Name, Size: f.Size, Done: []string{}},
	}
	s.steps.StartStep("normalizing "+f.Name, 0)
	if err := n.convert(ctx, f, c); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *normalInput) convert(ctx context.Context, f *table.File, c job.InputColumns) error {
	var err error
	if n.from.Hash, err = hashFile(ctx, f); err != nil {
		return err
	}
	o, err := normalizeOptions(&c)
	if err != nil {
		return &table.Error{File: f.Name, Msg: err.Error()}
	}
	o.Keys = true
	debug.SetMemoryLimit(normalizeMemory)
	o.Note = func(format string, args ...any) {
		n.from.Done = append(n.from.Done, strings.TrimPrefix(fmt.Sprintf(format, args...), f.Name+": "))
	}
	o.Doubt = func(d normalize.Doubt) { n.doubts = append(n.doubts, d) }
	if err := normalize.Convert(ctx, f, n.File.File, o); err != nil {
		return err
	}
	if hash, err := hashFile(ctx, f); err != nil || hash != n.from.Hash {
		return errors.Join(err, &table.Error{File: f.Name, Msg: "the file changed while it was read"})
	}
	info, err := n.Stat()
	if err != nil {
		return err
	}
	n.Size = info.Size()
	return f.CheckSize()
}

// describe says what was done.
func (n *normalInput) describe() string {
	if len(n.from.Done) == 0 {
		return "quotes and line ends"
	}
	return strings.Join(n.from.Done, "; ")
}

// hashFile is the SHA-256 of the bytes of a file, in hex.
func hashFile(ctx context.Context, f *table.File) (string, error) {
	h := sha256.New()
	buf := make([]byte, 256<<10)
	for at := int64(0); at < f.Size; {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		n, err := f.ReadAt(buf[:min(int64(len(buf)), f.Size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if n == 0 {
			break // it became shorter
		}
		h.Write(buf[:n])
		at += int64(n)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// place copies the normal form to a path, where it appears as a whole. What somebody
// changed there is kept beside it; isOurs says of a checksum that nobody did. The caller
// holds the lock of the manifest.
func (n *normalInput) place(ctx context.Context, path string, isOurs func(fsutil.Checksum) bool) (backup string, err error) {
	out, err := fsutil.CreateAtomicAs(path, "."+filepath.Base(path)+".tmp")
	if err != nil {
		return "", err
	}
	defer out.Abort()
	if n.Size > 0 {
		if err := out.Reserve(n.Size); err != nil {
			return "", fmt.Errorf("write %s: %w", path, err)
		}
	}
	if err := fsutil.CopyRange(ctx, out.OSFile(), 0, n.File.File, 0, n.Size, nil); err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	sum, err := out.Checksum()
	if err != nil {
		return "", err
	}
	return out.CommitWithBackup(sum, isOurs)
}

// placeInputs puts the normal forms of the inputs into the folder of the run.
func (p *planner) placeInputs(ctx context.Context, m *job.Manifest) error {
	for _, f := range m.Files {
		n := p.normal[f.Label]
		if n == nil {
			continue
		}
		path := m.Path(f.InputFile)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if _, err := n.place(ctx, path, func(fsutil.Checksum) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// normalizeAgain makes the normal form of an input again, if it is not there as it was
// or the original changed; else it returns nil.
func (p *planner) normalizeAgain(ctx context.Context, m *job.Manifest, in *job.File) (*normalInput, error) {
	intact, err := isIntact(ctx, m, in)
	if err != nil {
		return nil, err
	}
	original := m.Path(in.NormalizedFrom.Path)
	f, err := table.Open(ctx, original, nil)
	if missing, ok := errors.AsType[*table.Error](err); ok && intact {
		p.std.Warnf("%s; run %s continues with its normal form, %s", missing, m.RunID, m.Path(in.InputFile))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if intact && f.Size == in.NormalizedFrom.Size {
		if hash, err := hashFile(ctx, f); err != nil || hash == in.NormalizedFrom.Hash {
			return nil, err
		}
	}
	n, err := p.normalizeInput(ctx, f, m.KeysOf(in.Label))
	if err != nil {
		return nil, err
	}
	n.from.Path = in.NormalizedFrom.Path
	return n, nil
}

// isIntact reports whether the normal form of an input is as it was written.
func isIntact(ctx context.Context, m *job.Manifest, in *job.File) (bool, error) {
	f, err := table.Open(ctx, m.Path(in.InputFile), nil)
	if _, missing := errors.AsType[*table.Error](err); missing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	return isPlanned(ctx, in, f)
}

// replaceInputs puts the normal forms that were made again in their places. One that
// somebody edited is kept beside it.
func (p *planner) replaceInputs(ctx context.Context, m *job.Manifest) error {
	for i := range m.Files {
		in := &m.Files[i]
		n := p.normal[in.Label]
		if n == nil {
			continue
		}
		path := m.Path(in.InputFile)
		backup, err := n.place(ctx, path, func(old fsutil.Checksum) bool { return old.String() == in.InputSum })
		if err != nil {
			return err
		}
		if backup != "" {
			p.std.Warnf("%s was not written by this run, or was edited since; moved to %s (edit %s instead)", path, backup, n.from.Path)
		}
	}
	return nil
}

func (p *planner) closeInputs() {
	for _, n := range p.normal {
		n.Close()
	}
}
