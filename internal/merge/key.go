package merge

import (
	"encoding/binary"
	"math"
	"strconv"

	"prism/internal/table"
)

// idKey is the key of a RowID, so that keys ascend as RowIDs do.
func idKey(id int64) uint64 { return uint64(id) ^ 1<<63 }

// keyID is the RowID of a key.
func keyID(key uint64) int64 { return int64(key ^ 1<<63) }

const (
	numberKey = 1
	textKey   = 2
)

// appendKey appends the key of a field to sort by: numbers come first, by their
// value, then texts, by their bytes. Keys compare as bytes.
func appendKey(dst, text []byte) []byte {
	f, i, ok := number(text)
	if !ok {
		return append(append(dst, textKey), text...)
	}
	dst = append(dst, numberKey)
	bits := math.Float64bits(f + 0) // -0 is 0
	if f < 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = binary.BigEndian.AppendUint64(dst, bits)
	return binary.BigEndian.AppendUint64(dst, idKey(i))
}

// number reads a decimal number. Whole numbers of 64 bits, which a float64 may
// not hold exactly, are told apart by i.
func number(text []byte) (f float64, i int64, ok bool) {
	if v, err := table.ParseRowID(text); err == nil {
		return float64(v), v, true
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c|0x20 != 'e' {
			return 0, 0, false
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, 0, false
	}
	if math.Abs(f) < 1<<63 {
		i = int64(f)
	}
	return f, i, true
}
