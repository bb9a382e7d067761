package status

// ProcessAlive reports whether the process that a worker recorded is still there: a
// process with this PID that started when the worker did. A system gives the
// PID of a process that ended to a new one, so the PID alone does not tell. An
// empty start, of a worker that could not know it, matches every process.
func ProcessAlive(pid int, start string) bool {
	if pid <= 0 || !processExists(pid) {
		return false
	}
	now := ProcessStart(pid)
	return start == "" || now == "" || now == start
}
