//go:build !amd64

package utf8valid

const hasVectors = false

func hasFault(*byte, int) bool { panic("no vector instructions") }
