package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a flag's time span: Go's form (250ms, 5s) or a bare number of seconds.
type Duration time.Duration

// UnmarshalText reads a duration; it may not be negative.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	v, err := time.ParseDuration(s)
	if err != nil {
		seconds, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/1e9 {
			return fmt.Errorf("%q is no duration: write 250ms, 5s, 2m or a number of seconds", s)
		}
		v = time.Duration(seconds * float64(time.Second))
	}
	if v < 0 {
		return fmt.Errorf("%q is negative", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes Go's form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Size is a flag's number of bytes: 256MiB, 1GB or a bare number of bytes.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}, {"b", 1},
}

// UnmarshalText reads a size of at least 0 bytes.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.ToLower(strings.TrimSpace(string(text))), int64(1)
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || v < 0 || math.IsNaN(v) || v*float64(unit) >= math.MaxInt64 {
		return fmt.Errorf("%q is no size: write 256MiB, 1GiB or a number of bytes", text)
	}
	*s = Size(v * float64(unit))
	return nil
}

// MarshalText writes whole MiB as such, else bytes.
func (s Size) MarshalText() ([]byte, error) {
	if s > 0 && s%(1<<20) == 0 {
		return fmt.Appendf(nil, "%dMiB", s>>20), nil
	}
	return strconv.AppendInt(nil, int64(s), 10), nil
}
