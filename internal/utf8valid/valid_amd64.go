package utf8valid

import "golang.org/x/sys/cpu"

var hasVectors = cpu.X86.HasAVX2

// hasFault reports whether so many blocks of text hold a byte that cannot stand where it
// does in UTF-8. A character that the last block cuts is no fault. The lookBehind bytes before
// text are read too.
//
//go:noescape
func hasFault(text *byte, blocks int) bool
