package fsutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// Checksum is that of what was written so far; the zero Checksum for a stream, which cannot be
// read again.
func (f *AtomicFile) Checksum() (Checksum, error) {
	if f.IsStream() {
		return Checksum{}, nil
	}
	sum, err := sumFile(f.OSFile())
	if err != nil {
		return sum, fmt.Errorf("read what was written for %s: %w", f.path, err)
	}
	return sum, nil
}

// CommitWithBackup is Commit for an output that a person may have edited; sum is the Checksum
// of the new file. The file at the path is first moved to path.bak, or path.bak2 and so on where that
// exists, unless it has the same content or isOurs says of its checksum that it can be made
// again. It returns the path of the old file if that was moved.
//
// An edit in place is kept whenever it comes, also between the look at the old file and its
// end. One that puts another file at the path is lost if it comes within the
// microseconds between the last look and the replacement. At every moment one of both has the
// name, but on file systems without hard links, where it is without a file for a moment.
// A stream replaces nothing: reading what is at its path might wait for ever.
func (f *AtomicFile) CommitWithBackup(sum Checksum, isOurs func(sum Checksum) bool) (backup string, err error) {
	if f.IsStream() {
		return "", f.Commit()
	}
	for {
		old, err := openOld(f.path, func(old Checksum) bool { return old == sum || isOurs(old) })
		if err != nil {
			return "", fmt.Errorf("read %s, which is to be replaced: %w", f.path, err)
		}
		if old == nil {
			return "", f.Commit()
		}
		if !old.ours {
			if err := old.file.Close(); err != nil {
				return "", err
			}
			if backup, err = linkBackup(f.path); err != nil {
				return "", fmt.Errorf("keep %s, which is not what was written before: %w", f.path, err)
			}
			return backup, f.Commit()
		}
		if old.isAt(f.path) {
			return f.replaceOurs(old)
		}
		if err := old.file.Close(); err != nil { // another file took its place: look again
			return "", err
		}
	}
}

// replaceOurs replaces the old file. If it was edited since it was looked at it is
// written beside it.
func (f *AtomicFile) replaceOurs(old *oldFile) (backup string, err error) {
	if !canReplaceOpenFiles {
		return "", errors.Join(old.file.Close(), f.Commit())
	}
	defer old.file.Close()
	if err := f.Commit(); err != nil {
		return "", err
	}
	if same, err := old.isUnchanged(); err != nil || same {
		return "", err
	}
	if backup, err = old.copyTo(f.path); err != nil {
		return "", fmt.Errorf("keep %s, which was edited while it was replaced: %w", f.path, err)
	}
	return backup, nil
}

// oldFile is the file that an output replaces.
type oldFile struct {
	file   *os.File
	info   os.FileInfo // before it was read
	ours   bool
	isOurs func(Checksum) bool
}

// openOld opens and reads the file at a path; nil if there is none.
func openOld(path string, isOurs func(Checksum) bool) (*oldFile, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	old := &oldFile{file: file, isOurs: isOurs}
	if err := old.look(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return old, nil
}

func (o *oldFile) look() error {
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	sum, err := SumRange(context.Background(), o.file, 0, info.Size())
	if err != nil {
		return err
	}
	o.info, o.ours = info, o.isOurs(sum)
	return nil
}

func (o *oldFile) isAt(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && os.SameFile(info, o.info)
}

// isUnchanged reports whether the file still can be made again. It is read again only if it was
// written to.
func (o *oldFile) isUnchanged() (bool, error) {
	now, err := o.file.Stat()
	if err != nil {
		return false, err
	}
	if now.Size() == o.info.Size() && now.ModTime().Equal(o.info.ModTime()) {
		return true, nil
	}
	err = o.look()
	return o.ours, err
}

// copyTo writes the file, which may have no name any more, to a backup of path.
func (o *oldFile) copyTo(path string) (string, error) {
	backup, err := createBackup(path, func(backup string) error {
		f, err := os.OpenFile(backup, os.O_WRONLY|os.O_CREATE|os.O_EXCL, o.info.Mode().Perm())
		if err != nil {
			return err
		}
		_, err = io.Copy(f, io.NewSectionReader(o.file, 0, math.MaxInt64))
		return errors.Join(err, f.Chmod(o.info.Mode().Perm()), f.Sync(), f.Close())
	})
	if err != nil {
		return "", err
	}
	return backup, SyncDir(filepath.Dir(path))
}

// maxBackups is how many backups of a file there may be.
const maxBackups = 10_000

// createBackup calls create with the first name for a backup of path that does not
// exist. create returns fs.ErrExist if it exists after all.
func createBackup(path string, create func(backup string) error) (string, error) {
	for n := 1; n <= maxBackups; n++ {
		backup := path + ".bak"
		if n > 1 {
			backup = fmt.Sprintf("%s.bak%d", path, n)
		}
		if _, err := os.Lstat(backup); err == nil {
			continue
		}
		if err := create(backup); !errors.Is(err, fs.ErrExist) {
			return backup, err
		}
	}
	return "", fmt.Errorf("%s.bak to %s.bak%d exist", path, path, maxBackups)
}

// linkBackup gives the file at path a second name, which did not exist.
func linkBackup(path string) (string, error) {
	return createBackup(path, func(backup string) error {
		err := os.Link(path, backup)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		return renameNew(path, backup)
	})
}

// renameNew renames a file, on a file system without hard links, to a name that did not
// exist: the name is taken first.
func renameNew(path, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(path, to); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

func sumFile(f *os.File) (Checksum, error) {
	info, err := f.Stat()
	if err != nil {
		return Checksum{}, err
	}
	return SumRange(context.Background(), f, 0, info.Size())
}
