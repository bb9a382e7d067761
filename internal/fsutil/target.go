package fsutil

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// IsRegular reports whether a path leads to a regular file.
func IsRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// target is where new content goes.
type target struct {
	path     string
	isStream bool // a device or a pipe, which is written to and cannot be replaced
	fd       int  // of this process, where path stands for one; else -1
}

// maxLinks is how many links a path may lead through, as on Linux.
const maxLinks = 40

// resolveTarget follows links to the file that takes new content, so that a link
// stays a link; the file need not exist yet.
func resolveTarget(path string) (target, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return target{}, fmt.Errorf("%s is a folder", path)
	}
	t := target{path: path, isStream: err == nil && !info.Mode().IsRegular(), fd: -1}
	at := path
	for range maxLinks {
		if n, ok := parseDescriptor(at); ok {
			t.isStream, t.fd = true, n
			return t, nil
		}
		to, err := os.Readlink(at)
		if err != nil { // not a link
			if !t.isStream {
				t.path = at
			}
			return t, nil
		}
		if isPlantedLink(at) {
			return target{}, fmt.Errorf("refusing to follow %s: a symlink owned by another user in a world-writable directory", at)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(at) + string(filepath.Separator) + to
		}
		at = to
	}
	return target{}, fmt.Errorf("%s: too many levels of symlinks", path)
}

// parseDescriptor reads paths like /dev/fd/1, which stand for an open file of
// this process: it may be appended to, so it must not be replaced.
func parseDescriptor(path string) (int, bool) {
	for _, dir := range [...]string{"/dev/fd/", "/proc/self/fd/"} {
		if digits, ok := strings.CutPrefix(path, dir); ok {
			n, err := strconv.ParseUint(digits, 10, 31)
			return int(n), err == nil
		}
	}
	return 0, false
}

// openStream opens a device or a pipe for writing.
func (t target) openStream() (*AtomicFile, error) {
	var f *os.File
	var err error
	if t.fd >= 0 {
		f, err = duplicate(t.fd, t.path)
	} else {
		f, err = os.OpenFile(t.path, os.O_WRONLY, 0)
	}
	if err != nil {
		return nil, err
	}
	return &AtomicFile{path: t.path, p: streamFile{f}}, nil
}

// streamFile is a pendingFile whose bytes go to their place as they are written.
type streamFile struct{ *os.File }

func (f streamFile) osFile() *os.File { return f.File }
func (f streamFile) commit() error    { return f.Close() }

func (f streamFile) abort() error {
	f.Close() // commit may have closed it
	return nil
}
