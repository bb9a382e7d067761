package job

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"prism/internal/table"
	"prism/internal/term"
)

// Unit is one range of one input file: the work of one prism-classify process.
type Unit struct {
	Unit      int    `json:"unit"` // its number, from 1, unique in a run
	Label     string `json:"label"`
	Input     string `json:"input"`
	RowStart  int64  `json:"row_start"` // 1-based positions, inclusive
	RowEnd    int64  `json:"row_end"`
	Rows      int64  `json:"rows"`
	ByteStart int64  `json:"byte_start"`
	ByteEnd   int64  `json:"byte_end"` // after the last byte
	InputSize int64  `json:"input_size"`
	InputSum  string `json:"input_sum"` // checksum of the header and the bytes from ByteStart to ByteEnd; empty: unchecked

	Columns *InputColumns `json:"input_columns,omitempty"` // nil: as they are without flags

	FileSum string `json:"-"` // checksum of the whole file
}

// Range is a range of positions of a file, 1-based and inclusive. End 0 is the last row.
type Range struct{ Start, End int64 }

// Cutting says how a file is cut into units. The first field that is set decides.
type Cutting struct {
	Ranges  []Range // these and no others
	Rows    int64   // so many rows each, the last one what is left
	Workers int     // so many equal shares: they differ by one row at most
}

// ParseRanges reads ranges such as 1-100,101-300 or 5-; they may not overlap.
func ParseRanges(text string) ([]Range, error) {
	var ranges []Range
	for piece := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(piece), "-")
		start, err := strconv.ParseInt(first, 10, 64)
		r := Range{Start: start, End: start}
		if err == nil && isRange {
			r.End = 0
			if last != "" {
				r.End, err = strconv.ParseInt(last, 10, 64)
			}
		}
		if err != nil || r.Start < 1 || last != "" && r.End < r.Start {
			return nil, fmt.Errorf("invalid range %q (want 1-100, or 101- for the rest)", piece)
		}
		ranges = append(ranges, r)
	}
	for i, a := range ranges {
		for _, b := range ranges[:i] {
			if a.endsAfter(b.Start) && b.endsAfter(a.Start) {
				return nil, fmt.Errorf("ranges %s and %s overlap", b, a)
			}
		}
	}
	return ranges, nil
}

func (r Range) endsAfter(pos int64) bool { return r.End == 0 || pos <= r.End }

// String is the range as ParseRanges reads it.
func (r Range) String() string {
	if r.End == 0 {
		return fmt.Sprintf("%d-", r.Start)
	}
	return fmt.Sprintf("%d-%d", r.Start, r.End)
}

// TableRanges are the rows of the units where ranges say which these are; nil: all.
func (c Cutting) TableRanges() (ranges []table.Range) {
	for _, r := range c.Ranges {
		ranges = append(ranges, table.Range{RowStart: r.Start, RowEnd: r.End})
	}
	return ranges
}

// ranges returns the positions of each unit of a file with that many rows. A file
// without rows is one unit without rows, so that it has an output too.
func (c Cutting) ranges(rows int64) []Range {
	var out []Range
	switch {
	case c.Ranges != nil:
		for _, r := range c.Ranges {
			if r.End == 0 || r.End > rows {
				r.End = rows
			}
			if r.Start <= r.End {
				out = append(out, r)
			}
		}
		return out
	case rows == 0:
		return []Range{{1, 0}}
	case c.Rows > 0:
		each := min(c.Rows, rows)
		for start := int64(1); start <= rows; start += each {
			out = append(out, Range{start, min(start+each-1, rows)})
		}
		return out
	}
	n := min(int64(max(c.Workers, 1)), rows)
	share, more := rows/n, rows%n
	for start := int64(1); start <= rows; {
		end := start + share - 1
		if int64(len(out)) < more {
			end++
		}
		out = append(out, Range{start, end})
		start = end + 1
	}
	return out
}

// Cut cuts a checked file into units and numbers them from first on. Ranges
// that go beyond its last row end there. Without sums the units have none.
func Cut(ctx context.Context, f io.ReaderAt, sum table.Summary, o table.Options, label string, c Cutting, first int, sums bool) (units []Unit, err error) {
	offsets := sum.Offsets(f, o)
	for _, r := range c.ranges(sum.Rows) {
		u := Unit{
			Unit: first + len(units), Label: label, Input: o.Name,
			RowStart: r.Start, RowEnd: r.End, Rows: r.End - r.Start + 1, InputSize: sum.Size,
		}
		if n := len(units); n > 0 && units[n-1].RowEnd == r.Start-1 {
			u.ByteStart = units[n-1].ByteEnd
		} else if u.ByteStart, err = offsets.At(r.Start); err != nil {
			return nil, err
		}
		if u.ByteEnd = sum.Size; r.End < sum.Rows {
			if u.ByteEnd, err = offsets.At(r.End + 1); err != nil {
				return nil, err
			}
		}
		if sums {
			own, err := offsets.Sum(ctx, u.ByteStart, u.ByteEnd)
			if err != nil {
				return nil, err
			}
			header, err := offsets.Sum(ctx, 0, sum.Header.Size)
			if err != nil {
				return nil, err
			}
			u.InputSum, u.FileSum = header.Join(own).String(), sum.Sum.String()
		}
		units = append(units, u)
	}
	return units, nil
}

// UnitProgram is the program that labels a unit.
func UnitProgram(o *CallOptions) string {
	if o.TrainsStudent() {
		return "prism-cascade"
	}
	return "prism-classify"
}

// UnitArgs returns the flags of that program for a unit of the manifest at path,
// quoted as xargs reads them.
func UnitArgs(path string, unit int) string {
	return fmt.Sprintf("--manifest %s --unit %d", term.QuoteXargs(path), unit)
}
