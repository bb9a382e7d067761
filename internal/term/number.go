package term

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Count writes an integer with its digits in groups of three: 1,234,567.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	head := 0
	if n < 0 {
		head = 1
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > head && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// Rate writes a number per second, or an average, with three significant
// digits at least: 0.83, 12.4, 1,234. Zero is "-".
func Rate(v float64) string {
	switch a := math.Abs(v); {
	case a == 0 || math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 999.5:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a < 1e15:
		return Count(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Percent writes n of total as percent with one decimal: 23.8%. Only all shows as
// 100.0%, and only nothing as 0.0%.
func Percent(n, total int64) string {
	if total <= 0 {
		return "-"
	}
	p := math.Round(1000*float64(n)/float64(total)) / 10
	switch {
	case p >= 100 && n < total:
		return ">99.9%"
	case p <= 0 && n > 0:
		return "<0.1%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + "%"
}

// Duration writes a duration in its two largest units: 45s, 3m05s, 2h14m, 3d04h;
// under ten seconds with a decimal.
func Duration(d time.Duration) string {
	s := d.Round(time.Second)
	switch {
	case d < 0:
		return "-"
	case d < 9950*time.Millisecond && d%time.Second != 0:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case s < time.Minute:
		return strconv.Itoa(int(s/time.Second)) + "s"
	case s < time.Hour:
		return twoUnits(s, time.Minute, 'm', time.Second, 's')
	case s < 24*time.Hour:
		return twoUnits(s, time.Hour, 'h', time.Minute, 'm')
	}
	return twoUnits(s, 24*time.Hour, 'd', time.Hour, 'h')
}

// Seconds writes the duration of a call in seconds: 0ms, 243ms, 1.25s, 12.4s, 3m05s.
func Seconds(s float64) string {
	switch {
	case s < 0.9995:
		return strconv.FormatFloat(s*1e3, 'f', 0, 64) + "ms"
	case s < 9.995:
		return strconv.FormatFloat(s, 'f', 2, 64) + "s"
	case s < 59.95:
		return strconv.FormatFloat(s, 'f', 1, 64) + "s"
	}
	return Duration(time.Duration(min(s, math.MaxInt64/2e9) * float64(time.Second)))
}

func twoUnits(d, big time.Duration, bigName byte, small time.Duration, smallName byte) string {
	out := append(strconv.AppendInt(nil, int64(d/big), 10), bigName)
	rest := int64(d % big / small)
	if rest < 10 {
		out = append(out, '0')
	}
	return string(append(strconv.AppendInt(out, rest, 10), smallName))
}

// TimeLeft writes seconds left; nil, unknown, is "-".
func TimeLeft(seconds *float64) string {
	if seconds == nil || *seconds > math.MaxInt64/2e9 {
		return "-"
	}
	return Duration(time.Duration(math.Ceil(*seconds)) * time.Second)
}

// Plural writes a count with its noun: 1 row, 2 rows.
func Plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Count(n) + " " + noun
}

// ParseDuration reads what a person writes for a time span: Go's form (250ms, 5s)
// or a bare number of seconds. It may not be negative.
func ParseDuration(s string) (time.Duration, error) {
	v, err := time.ParseDuration(s)
	if err != nil {
		seconds, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/1e9 {
			return 0, fmt.Errorf("invalid duration %q (want 250ms, 5s, 2m or a number of seconds)", s)
		}
		v = time.Duration(seconds * float64(time.Second))
	}
	if v < 0 {
		return 0, fmt.Errorf("%q is negative", s)
	}
	return v, nil
}
