//go:build unix

package fsutil

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// canReplaceOpenFiles reports whether a file can be replaced while it is open.
const canReplaceOpenFiles = true

// nonBlocking lets a named pipe be opened without its writer.
const nonBlocking = unix.O_NONBLOCK

type renameioFile struct{ *renameio.PendingFile }

func newPendingFile(path string) (pendingFile, error) {
	p, err := renameio.NewPendingFile(path, renameio.WithExistingPermissions(), renameio.WithPermissions(0o666))
	if err != nil {
		return nil, err
	}
	return renameioFile{p}, nil
}

func (f renameioFile) osFile() *os.File { return f.File }
func (f renameioFile) commit() error    { return f.CloseAtomicallyReplace() }
func (f renameioFile) abort() error     { return f.Cleanup() }

// IsDiskFull reports whether an error, and none that it wraps, says that a disk or a quota is full.
func IsDiskFull(err error) bool { return err == unix.ENOSPC || err == unix.EDQUOT }

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system without folder syncs
	}
	return errors.Join(err, d.Close())
}

// isSystemDevice reports whether a path leads to a device that root owns: not to the terminal of a user.
func isSystemDevice(path string) bool {
	var at unix.Stat_t
	return unix.Stat(path, &at) == nil && at.Mode&unix.S_IFMT == unix.S_IFCHR && at.Uid == 0
}

// isPlantedLink reports whether another user may have put a link into a folder in which all may make
// files, such as /tmp, to have its target overwritten: the rule of Linux's protected_symlinks.
func isPlantedLink(link string) bool {
	var folder, own unix.Stat_t
	if unix.Stat(filepath.Dir(link), &folder) != nil || unix.Lstat(link, &own) != nil {
		return false
	}
	const forAll = unix.S_ISVTX | unix.S_IWOTH
	return folder.Mode&forAll == forAll && own.Uid != folder.Uid && own.Uid != uint32(unix.Geteuid())
}

func lockDescriptor(fd uintptr) error {
	err := unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// duplicate is a descriptor of its own for an open file of this process.
func duplicate(fd int, name string) (*os.File, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(n), name), nil
}
