//go:build unix

package measure

import (
	"os"
	"runtime"
	"syscall"
)

func peakMemory(p *os.ProcessState) int64 {
	peak := p.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS != "darwin" { // KiB there, bytes on macOS
		peak <<= 10
	}
	return peak
}
