package fsutil

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// CommitKeeping is Commit for an output that a person may have edited. The file at
// the path is first moved to path.bak, or path.bak2 and so on where that exists,
// unless it has the same content or isOurs says of its checksum that it can be made
// again. It returns the checksum of the new file, and the path of the old one if it
// was moved. At every moment one of both has the name, but on file systems without hard
// links, where it is without a file for a moment.
func (f *AtomicFile) CommitKeeping(isOurs func(sum Checksum) bool) (sum Checksum, backup string, err error) {
	if f.IsStream() {
		return Checksum{}, "", f.Commit()
	}
	if sum, err = sumFile(f.OSFile()); err != nil {
		return Checksum{}, "", fmt.Errorf("read what was written for %s: %w", f.path, err)
	}
	old, err := sumPath(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && (old == sum || isOurs(old)):
	case err != nil:
		return Checksum{}, "", fmt.Errorf("read %s, which is to be replaced: %w", f.path, err)
	default:
		if backup, err = linkBackup(f.path); err != nil {
			return Checksum{}, "", fmt.Errorf("keep %s, which is not what was written before: %w", f.path, err)
		}
	}
	return sum, backup, f.Commit()
}

// maxBackups is how many backups of a file there may be.
const maxBackups = 10_000

// linkBackup gives the file at path a second name, which did not exist.
func linkBackup(path string) (string, error) {
	for n := 1; n <= maxBackups; n++ {
		backup := path + ".bak"
		if n > 1 {
			backup = fmt.Sprintf("%s.bak%d", path, n)
		}
		err := os.Link(path, backup)
		switch {
		case err == nil:
			return backup, nil
		case errors.Is(err, fs.ErrExist):
			continue
		}
		if _, statErr := os.Lstat(backup); statErr == nil {
			continue
		}
		return backup, os.Rename(path, backup) // a file system without hard links
	}
	return "", fmt.Errorf("%s.bak to %s.bak%d exist", path, path, maxBackups)
}

func sumPath(path string) (Checksum, error) {
	f, err := os.Open(path)
	if err != nil {
		return Checksum{}, err
	}
	defer f.Close()
	return sumFile(f)
}

func sumFile(f *os.File) (Checksum, error) {
	info, err := f.Stat()
	if err != nil {
		return Checksum{}, err
	}
	return SumRange(context.Background(), f, 0, info.Size())
}
