package stats

import (
	"math"
	"strconv"
)

// Figure is a number of full precision. One that is undefined is NaN, null in JSON.
type Figure float64

// MarshalJSON writes a number or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.IsDefined() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 64), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Figure) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*f = Figure(math.NaN())
		return nil
	}
	v, err := strconv.ParseFloat(string(data), 64)
	*f = Figure(v)
	return err
}

// IsDefined reports whether the figure has a value.
func (f Figure) IsDefined() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }
