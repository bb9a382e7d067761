package fsutil

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// IsShared reports whether other machines may use the folder at the same time: whether it is
// on a drive of the network.
func IsShared(dir string) (bool, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	volume := filepath.VolumeName(abs)
	if len(volume) != len("C:") { // \\server\share
		return true, nil
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return false, err
	}
	return windows.GetDriveType(root) == windows.DRIVE_REMOTE, nil
}
