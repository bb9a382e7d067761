//go:build unix

package fsutil

import "golang.org/x/sys/unix"

// What the group and all others may not do with a file that is made.
const (
	ownerOnly     = 0o077
	groupReadable = 0o027
)

// MakePrivate takes from the files and folders that the process makes from now on every
// permission but that of their owner. share lets the group read them, as far as the mask that the
// process was started with lets it; restore brings that mask back. The mask is one for the
// whole process: these are for its beginning and its end.
func MakePrivate() (share, restore func()) {
	started := unix.Umask(ownerOnly)
	unix.Umask(started | ownerOnly)
	return func() { unix.Umask(started | groupReadable) }, func() { unix.Umask(started) }
}
