// Package utf8valid reports whether text is UTF-8, at the speed of memory where the
// processor has AVX2: a table's check reads every byte of it.
package utf8valid

import "unicode/utf8"

// Valid is utf8.Valid.
func Valid(b []byte) bool {
	n := len(b) &^ (blockSize - 1)
	if !hasVectors || n == 0 {
		return utf8.Valid(b)
	}
	var first [lookBehind + blockSize]byte // nothing is before the text: as good as ASCII
	copy(first[lookBehind:], b)
	return !hasFault(&first[lookBehind], 1) &&
		(n == blockSize || !hasFault(&b[blockSize], n/blockSize-1)) &&
		utf8.Valid(b[lastStart(b[:n]):])
}

const (
	blockSize  = 32              // bytes that hasFault looks at in one step
	lookBehind = utf8.UTFMax - 1 // bytes before them that tell what a byte must be
)

// lastStart is where the last character of b starts, which b may cut; len(b) if the last
// three bytes start none, since then no character is cut.
func lastStart(b []byte) int {
	for n := 1; n < utf8.UTFMax; n++ {
		if utf8.RuneStart(b[len(b)-n]) {
			return len(b) - n
		}
	}
	return len(b)
}
