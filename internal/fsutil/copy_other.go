//go:build !linux

package fsutil

import "os"

// kernelCopy cannot copy: there is no call for it here.
type kernelCopy struct{}

func newKernelCopy() *kernelCopy { return nil }

func (*kernelCopy) copy(*os.File, int64, *os.File, int64, int64) (int64, error) { return 0, nil }

func (*kernelCopy) closePipe() {}
