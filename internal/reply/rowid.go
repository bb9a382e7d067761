package reply

import (
	"math"
	"strconv"
	"strings"
)

// rowID returns the integer that v says: a number, or a text that is one. 17,
// "17", 17.0 and 1.7e1 are the same integer. It never goes through a float, so
// all 64 bits count.
func rowID(v value) (int64, bool) {
	if v.kind != text && v.kind != scalar {
		return 0, false
	}
	t, ok := v.text()
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(t, 10, 64); err == nil {
		return n, true
	}
	return integer(t)
}

// integer returns the value of a decimal number with a fraction or an exponent,
// if that is an integer of 64 bits.
func integer(t string) (int64, bool) {
	t, negative := strings.CutPrefix(t, "-")
	exponent := 0
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = exponentOf(t[i+1:]); !ok {
			return 0, false
		}
		t = t[:i]
	}
	whole, fraction, point := strings.Cut(t, ".")
	if whole == "" || point && fraction == "" {
		return 0, false
	}
	n, ok := scaled(whole+fraction, exponent-len(fraction))
	switch {
	case !ok:
		return 0, false
	case negative && n <= -math.MinInt64:
		return int64(-n), true
	case !negative && n <= math.MaxInt64:
		return int64(n), true
	}
	return 0, false
}

// exponentOf reads what follows the e. What is far beyond any integer of 64 bits
// is cut to a size that cannot overflow.
func exponentOf(t string) (int, bool) {
	t, negative := strings.CutPrefix(t, "-")
	if !negative {
		t, _ = strings.CutPrefix(t, "+")
	}
	n, ok := 0, t != ""
	for i := range len(t) {
		ok = ok && t[i]-'0' <= 9
		n = min(n*10+int(t[i]-'0'), 1<<30)
	}
	if negative {
		n = -n
	}
	return n, ok
}

// scaled returns digits × 10^scale if that is an integer below 2^64.
func scaled(digits string, scale int) (uint64, bool) {
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return 0, true
	}
	scale += len(digits) - len(significant)
	if scale < 0 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(significant)+scale; i++ {
		d := uint64(0)
		if i < len(significant) {
			d = uint64(significant[i]) - '0'
		}
		if d > 9 || n > (math.MaxUint64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}
