package status

import (
	"bytes"
	"os"
	"strconv"
)

// ProcessStart returns when a process of this machine started, as the system
// counts it: text to compare and nothing else. It is empty where the system
// does not say.
func ProcessStart(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The command, in parentheses, is the second field and may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const startTime = 22 - 3 // field 22 of proc(5), after the command
	if len(fields) <= startTime {
		return ""
	}
	return string(fields[startTime])
}
