package status

import (
	"errors"
	"strconv"

	"golang.org/x/sys/windows"
)

func processExists(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return errors.Is(err, windows.ERROR_ACCESS_DENIED)
	}
	defer windows.CloseHandle(h)
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == uint32(windows.WAIT_TIMEOUT)
}

// ProcessStart returns when a process of this machine started, as the system
// counts it: text to compare and nothing else. It is empty where the system
// does not say.
func ProcessStart(pid int) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var start, exit, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &start, &exit, &kernel, &user); err != nil {
		return ""
	}
	return strconv.FormatInt(start.Nanoseconds(), 10)
}

// ProcessGroup returns the process group of a process of this machine; 0: there
// is none, as Windows has no such groups.
func ProcessGroup(int) int { return 0 }
