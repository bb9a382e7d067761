package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// appendValue appends the text of a value that is not null.
type appendValue func(dst []byte, v lib.Value) ([]byte, error)

// leafText is how the values of a leaf are text, and whether JSON has to quote it.
func leafText(c *lib.Column) (appendValue, bool) {
	kind := c.Type().Kind()
	var logical format.LogicalTypeValue
	if t := c.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	switch t := logical.(type) {
	case *format.DateType:
		return appendDay, true
	case *format.TimeType:
		return clockText(t.Unit.Value.Duration()), true
	case *format.TimestampType:
		return timestampText(t.Unit.Value.Duration(), t.IsAdjustedToUTC), true
	case *format.DecimalType:
		return decimalText(kind, int(t.Scale)), false
	case *format.IntType:
		if !t.IsSigned {
			return appendUnsigned(kind), false
		}
	case *format.UUIDType:
		return appendUUID, true
	case *format.Float16Type:
		return appendHalf, false
	case *format.JsonType:
		return appendUTF8, false
	}
	switch kind {
	case lib.Boolean:
		return func(dst []byte, v lib.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Boolean()), nil }, false
	case lib.Int32:
		return func(dst []byte, v lib.Value) ([]byte, error) {
			return strconv.AppendInt(dst, int64(v.Int32()), 10), nil
		}, false
	case lib.Int64:
		return func(dst []byte, v lib.Value) ([]byte, error) { return strconv.AppendInt(dst, v.Int64(), 10), nil }, false
	case lib.Int96:
		return appendInt96, true
	case lib.Float:
		return func(dst []byte, v lib.Value) ([]byte, error) { return appendFloat(dst, float64(v.Float()), 32), nil }, false
	case lib.Double:
		return func(dst []byte, v lib.Value) ([]byte, error) { return appendFloat(dst, v.Double(), 64), nil }, false
	}
	return appendUTF8, true
}

var errBinary = errors.New("it has binary data, which cannot be text")

func appendUTF8(dst []byte, v lib.Value) ([]byte, error) {
	b := v.ByteArray()
	if !utf8.Valid(b) {
		return nil, errBinary
	}
	return append(dst, b...), nil
}

// appendFloat appends as many digits as tell a number from its neighbours, without an
// exponent where people would write none.
func appendFloat(dst []byte, v float64, bits int) []byte {
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e21) {
		return strconv.AppendFloat(dst, v, 'E', -1, bits)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, bits)
}

func appendHalf(dst []byte, v lib.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 2 {
		return nil, errBinary
	}
	half := binary.LittleEndian.Uint16(b)
	exponent, fraction := int(half>>10&31), float64(half&1023)
	f := math.Ldexp(1024+fraction, exponent-25)
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	}
	if half>>15 == 1 {
		f = -f
	}
	return appendFloat(dst, f, 32), nil
}

// appendUnsigned takes the bits of an integer as those of an unsigned one.
func appendUnsigned(kind lib.Kind) appendValue {
	return func(dst []byte, v lib.Value) ([]byte, error) {
		if kind == lib.Int32 {
			return strconv.AppendUint(dst, uint64(v.Uint32()), 10), nil
		}
		return strconv.AppendUint(dst, v.Uint64(), 10), nil
	}
}

func appendUUID(dst []byte, v lib.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 16 {
		return nil, errBinary
	}
	for i, piece := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, piece)
	}
	return dst, nil
}

// appendDay appends a number of days since 1970.
func appendDay(dst []byte, v lib.Value) ([]byte, error) {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(dst, time.DateOnly), nil
}

// intValue is the integer of a value of 32 or 64 bits.
func intValue(v lib.Value) int64 {
	if v.Kind() == lib.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

// fraction is the layout of what a time has below seconds; zeros at its end are left out.
const fraction = ".999999999"

// clockText is the text of times of day in a unit.
func clockText(unit time.Duration) appendValue {
	return func(dst []byte, v lib.Value) ([]byte, error) {
		n := intValue(v)
		if n < 0 || n > int64(24*time.Hour/unit) {
			return nil, fmt.Errorf("invalid time of day %d", n)
		}
		return time.Unix(0, n*int64(unit)).UTC().AppendFormat(dst, "15:04:05"+fraction), nil
	}
}

// timestampText is the text of times in a unit since 1970: in UTC, or of a clock
// wherever it hangs.
func timestampText(unit time.Duration, utc bool) appendValue {
	layout := "2006-01-02T15:04:05" + fraction
	if utc {
		layout += "Z"
	}
	per := int64(time.Second / unit)
	return func(dst []byte, v lib.Value) ([]byte, error) {
		n := v.Int64()
		seconds, rest := n/per, n%per
		return time.Unix(seconds, rest*int64(unit)).UTC().AppendFormat(dst, layout), nil
	}
}

// appendInt96 appends a time as old writers have it: nanoseconds of a day, and the day
// counted as astronomers do.
func appendInt96(dst []byte, v lib.Value) ([]byte, error) {
	const unixDay = 2440588
	i := v.Int96()
	ns := int64(i[1])<<32 | int64(i[0])
	day := int64(int32(i[2]))
	if ns < 0 || ns > int64(24*time.Hour) {
		return nil, errBinary
	}
	return time.Unix((day-unixDay)*86400, ns).UTC().AppendFormat(dst, "2006-01-02T15:04:05"+fraction), nil
}

// decimalText is the text of integers that count units of a decimal place.
func decimalText(kind lib.Kind, scale int) appendValue {
	return func(dst []byte, v lib.Value) ([]byte, error) {
		var n big.Int
		if kind == lib.Int32 || kind == lib.Int64 {
			n.SetInt64(intValue(v))
		} else if b := v.ByteArray(); len(b) > 0 {
			n.SetBytes(b)
			if b[0] >= 0x80 { // two's complement
				n.Sub(&n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		if n.Sign() < 0 {
			dst = append(dst, '-')
		}
		digits := n.Abs(&n).String()
		if scale <= 0 {
			return append(dst, digits...), nil
		}
		for len(digits) <= scale {
			digits = "0" + digits
		}
		point := len(digits) - scale
		return append(append(append(dst, digits[:point]...), '.'), digits[point:]...), nil
	}
}
