package durable

import (
	"fmt"
	"os"
	"path/filepath"
)

// target follows links to the file that takes new content, so that a link stays
// a link; nothing need be there yet. streams tells that something else than a
// file is there: a device or a pipe, which is written to and cannot be replaced.
func target(path string) (real string, streams bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", false, fmt.Errorf("%s is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return path, true, nil
	}
	const most = 40 // links, as the system has it
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			return path, false, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + string(filepath.Separator) + to
		}
		path = to
	}
	return "", false, fmt.Errorf("%s: too many links", path)
}

// stream is a pending that goes where it is written.
type stream struct{ *os.File }

func newStream(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return &File{path: path, p: stream{f}}, nil
}

func (s stream) file() *os.File { return s.File }
func (s stream) replace() error { return s.Close() }

func (s stream) discard() error {
	s.Close() // replace may have closed it
	return nil
}
