package fsutil

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Guard knows the files that a command reads or keeps, none of which may be an
// output of it. Files are the same that have the same path, links resolved, or are
// the same on disk, as hard links are. The zero value is ready.
type Guard struct{ kept []guardedFile }

type guardedFile struct {
	what   string // as in "is the input"
	file   fileID
	prefix bool // all files whose paths begin with that of file are meant
}

// GuardError says that an output would take the place of a file that is needed.
type GuardError struct{ Output, What string }

func (e *GuardError) Error() string {
	return fmt.Sprintf("%s is %s, so it cannot be the output", e.Output, e.What)
}

// Protect guards the file at a path, which need not exist; an empty path is none.
func (g *Guard) Protect(what, path string) {
	if path != "" {
		g.kept = append(g.kept, guardedFile{what: what, file: identify(path)})
	}
}

// ProtectAll guards every file in dir whose name begins with prefix, and with an empty
// prefix also those in the folders below. An empty dir is none.
func (g *Guard) ProtectAll(what, dir, prefix string) {
	if dir == "" {
		return
	}
	id := identify(filepath.Join(dir, "x"))
	id = fileID{path: strings.TrimSuffix(id.path, "x") + prefix}
	g.kept = append(g.kept, guardedFile{what: what, file: id, prefix: true})
}

// ProtectOpen guards an open file, such as a redirected stdin.
func (g *Guard) ProtectOpen(what string, f *os.File) {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		g.kept = append(g.kept, guardedFile{what: what, file: fileID{info: info}})
	}
}

// Check returns a *GuardError if the file that an output at path would replace is
// guarded. Devices and pipes are not replaced.
func (g *Guard) Check(path string) error {
	return g.check(path, identify(path))
}

// CheckOpen is Check for an output that is open already, such as a redirected stdout.
func (g *Guard) CheckOpen(name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return nil // a closed stdout: the first write tells
	}
	id := fileID{info: info}
	if path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd())); err == nil && filepath.IsAbs(path) {
		id.path = path // as it is known to the system, if it tells
	}
	return g.check(name, id)
}

func (g *Guard) check(name string, out fileID) error {
	if out.info != nil && !out.info.Mode().IsRegular() {
		return nil
	}
	for _, k := range g.kept {
		if k.file.same(out) || k.prefix && strings.HasPrefix(out.path, k.file.path) {
			return &GuardError{name, k.what}
		}
	}
	return nil
}

// fileID identifies a file, or the place of one that does not exist yet.
type fileID struct {
	path string      // absolute, links resolved; empty: unknown
	info os.FileInfo // nil: the file does not exist
}

func identify(path string) (id fileID) {
	id.info, _ = os.Stat(path)
	abs, err := filepath.Abs(path)
	if err != nil {
		return id
	}
	id.path = abs
	if t, err := resolveTarget(abs); err == nil {
		abs = t.path
	}
	id.path = resolveFolder(abs)
	return id
}

// resolveFolder resolves the links of the folders that a path leads through, as far
// as they exist.
func resolveFolder(path string) string {
	rest := ""
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		rest = filepath.Join(filepath.Base(path), rest)
		if at, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(at, rest)
		}
		if path = dir; dir == filepath.Dir(dir) {
			return filepath.Join(dir, rest)
		}
	}
}

func (a fileID) same(b fileID) bool {
	return a.path != "" && a.path == b.path || a.info != nil && b.info != nil && os.SameFile(a.info, b.info)
}
