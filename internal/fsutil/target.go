package fsutil

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// place is where new content goes.
type place struct {
	path    string
	streams bool // a device or a pipe is there, which is written to and cannot be replaced
	fd      int  // of this process, where path stands for one; else -1
}

// find follows links to what takes new content, so that a link stays a link;
// nothing need be there yet.
func find(path string) (place, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return place{}, fmt.Errorf("%s is a folder", path)
	}
	p := place{path: path, streams: err == nil && !info.Mode().IsRegular(), fd: -1}
	const most = 40 // links, as the system has it
	at := path
	for range most {
		if n, ok := descriptor(at); ok {
			p.streams, p.fd = true, n
			return p, nil
		}
		to, err := os.Readlink(at)
		if err != nil { // no link
			if !p.streams {
				p.path = at
			}
			return p, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(at) + string(filepath.Separator) + to
		}
		at = to
	}
	return place{}, fmt.Errorf("%s: too many links", path)
}

// descriptor tells paths like /dev/fd/1, which stand for an open file of this
// process: it may be appended to, so it must not be replaced.
func descriptor(path string) (int, bool) {
	for _, dir := range [...]string{"/dev/fd/", "/proc/self/fd/"} {
		if digits, ok := strings.CutPrefix(path, dir); ok {
			n, err := strconv.ParseUint(digits, 10, 31)
			return int(n), err == nil
		}
	}
	return 0, false
}

// stream is a pending that goes where it is written.
type stream struct{ *os.File }

func (p place) open() (*File, error) {
	var f *os.File
	var err error
	if p.fd >= 0 {
		f, err = duplicate(p.fd, p.path)
	} else {
		f, err = os.OpenFile(p.path, os.O_WRONLY, 0)
	}
	if err != nil {
		return nil, err
	}
	return &File{path: p.path, p: stream{f}}, nil
}

func (s stream) file() *os.File { return s.File }
func (s stream) replace() error { return s.Close() }

func (s stream) discard() error {
	s.Close() // replace may have closed it
	return nil
}

// Await is open, which may take for ever as the opening of a named pipe does, until
// ctx ends. What opens too late is abandoned.
func Await[T any](ctx context.Context, open func() (T, error), abandon func(T)) (T, error) {
	type opened struct {
		file T
		err  error
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	done := make(chan opened, 1)
	go func() {
		f, err := open()
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil {
				abandon(o.file)
			}
		}()
		return none, context.Cause(ctx)
	}
}
