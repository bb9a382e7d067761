package fsutil

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OutsideError says that a link leads out of the folder that a file is to be in.
type OutsideError struct{ Path, Dir, At string }

func (e *OutsideError) Error() string {
	return fmt.Sprintf("%s resolves to %s, outside %s", e.Path, e.At, e.Dir)
}

// Hint says what to do about the link.
func (e *OutsideError) Hint() string {
	return "a link there was not made by PRISM: remove it if you did not make it, or name the folder that it leads to"
}

// CheckInside returns an *OutsideError if links make a path in a folder that of a file elsewhere.
// The folder itself may be a link, and a link may lead to a device of the system, such as /dev/null. Files and folders
// need not exist.
func CheckInside(dir, path string) error {
	if filepath.Dir(filepath.Clean(path)) == filepath.Clean(dir) {
		if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink == 0 || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	root := strings.TrimSuffix(identify(filepath.Join(dir, "x")).path, "x")
	file, folder := identify(path).path, filepath.Dir(identify(filepath.Join(path, "x")).path) // as it may be either
	for _, at := range []string{file, folder} {
		if !strings.HasPrefix(at, root) && !isSystemDevice(path) {
			return &OutsideError{Path: path, Dir: dir, At: at}
		}
	}
	return nil
}

// CheckLinks is CheckInside for every link in a folder, which need not exist.
func CheckLinks(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			errs = append(errs, CheckInside(dir, filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}
