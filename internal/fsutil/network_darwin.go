package fsutil

import "golang.org/x/sys/unix"

// IsShared reports whether other machines may use the folder at the same time.
func IsShared(dir string) (bool, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return false, err
	}
	return fs.Flags&unix.MNT_LOCAL == 0, nil
}
