package status

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ProcessStart returns when a process of this machine started, as the system
// counts it: text to compare and nothing else. It is empty where the system
// does not say.
func ProcessStart(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	start := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", start.Sec, start.Usec)
}
