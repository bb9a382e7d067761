package fsutil

// MakePrivate does nothing: on Windows files have the permissions of their folder.
func MakePrivate() (share, restore func()) { return func() {}, func() {} }
