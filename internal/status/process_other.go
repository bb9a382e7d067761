//go:build unix && !linux && !darwin

package status

// ProcessStart returns the empty text: this system is not asked for it.
func ProcessStart(int) string { return "" }
