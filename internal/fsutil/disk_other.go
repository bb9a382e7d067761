//go:build !linux

package fsutil

import "os"

func reserve(*os.File, int64) error { return nil }

// StartWriteback does nothing: there is no such call here.
func StartWriteback(*os.File, int64, int64) {}

// PunchHole does nothing: there is no such call here.
func PunchHole(*os.File, int64, int64) {}
