//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most bytes that a process had resident, or one of its
// children if that had more.
func peakMemory(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss << 10
}
