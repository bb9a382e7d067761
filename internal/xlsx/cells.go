package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// cell is what a sheet says of one cell.
type cell struct {
	kind     cellType
	format   numberFormat
	value    textCollector // of v, or of the runs in is
	hasValue bool
	formula  bool
}

type cellType uint8

const (
	numberCell cellType = iota
	sharedCell          // the number of a shared string
	textCell
	boolCell
	errorCell
	dateCell // ISO 8601
	unknownCell
)

func parseCellType(t []byte) cellType {
	switch string(t) {
	case "", "n":
		return numberCell
	case "s":
		return sharedCell
	case "str", "inlineStr":
		return textCell
	case "b":
		return boolCell
	case "e":
		return errorCell
	case "d":
		return dateCell
	}
	return unknownCell
}

func (c *cell) reset(t cellType) {
	c.kind, c.format, c.hasValue, c.formula = t, numberFormat{}, false, false
	c.value.reset()
}

// readContent reads on to the end of the cell whose start tag is at hand.
func (c *cell) readContent(x *xmlScanner) error {
	inValue, inString := false, false
	for depth := 1; depth > 0; {
		token, err := x.nextToken()
		if err != nil {
			return err
		}
		switch token {
		case startTag:
			if depth++; depth == 2 {
				name := string(x.name)
				inValue, inString = name == "v", name == "is"
				c.formula = c.formula || name == "f"
				c.hasValue = c.hasValue || inValue || inString
			}
		case endTag:
			if depth--; depth == 1 {
				inValue, inString = false, false
			}
		case xmlText:
			if inValue {
				if err := c.value.addText(x); err != nil {
					return err
				}
			}
		case endOfXML:
			return errors.New("it never ends")
		}
		if inString {
			if err := c.value.addToken(token, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendShown appends the text that the cell shows.
func (c *cell) appendShown(dst []byte, w *Workbook) ([]byte, error) {
	raw := c.value.raw
	if c.kind != textCell {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			return dst, nil
		}
	}
	switch c.kind {
	case numberCell:
		return appendNumber(dst, raw, c.format, w.date1904)
	case sharedCell:
		n, err := strconv.Atoi(string(raw))
		if err != nil || n < 0 || n >= len(w.strings.ends) {
			return nil, fmt.Errorf("there is no shared string %.20q", raw)
		}
		text, err := w.strings.lookup(n)
		return append(dst, text...), err
	case boolCell:
		switch string(raw) {
		case "1", "true":
			return append(dst, "true"...), nil
		case "0", "false":
			return append(dst, "false"...), nil
		}
		return nil, fmt.Errorf("boolean %.20q (want 0 or 1)", raw)
	case textCell, errorCell, dateCell:
		text, err := c.value.shown()
		return append(dst, text...), err
	}
	return nil, errors.New("it has an unknown type")
}

// significant is how many digits of a number spreadsheet programs keep and show.
const significant = 15

// appendNumber appends a number as a user would write it. An integer that the file
// spells out keeps all its digits.
func appendNumber(dst, raw []byte, f numberFormat, date1904 bool) ([]byte, error) {
	if f.date || f.time {
		v, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return nil, fmt.Errorf("invalid number %.40q", raw)
		}
		if text, ok := appendDate(dst, v, f, date1904); ok {
			return text, nil
		}
	}
	if isPlainInteger(raw) {
		for n := len(raw); n < f.digits; n++ {
			dst = append(dst, '0')
		}
		return append(dst, raw...), nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return nil, fmt.Errorf("invalid number %.40q", raw)
	}
	return appendFloat(dst, v), nil
}

// appendFloat appends a number with at most 15 significant digits; all of an integer.
func appendFloat(dst []byte, v float64) []byte {
	size := math.Abs(v)
	switch {
	case v == 0:
		return append(dst, '0')
	case size == math.Trunc(size) && size < 1e21:
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	case size >= 1e21 || size < 1e-9:
		return strconv.AppendFloat(dst, v, 'E', -1, 64)
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', significant, 64), 64)
	if err != nil {
		short = v
	}
	return strconv.AppendFloat(dst, short, 'f', -1, 64)
}

// isPlainInteger reports whether text is an integer without a sign but -, and without
// leading zeros.
func isPlainInteger(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte{'-'})
	if len(digits) == 0 || digits[0] == '0' && len(text) > 1 {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// IsExactNumber reports whether a cell that holds the number shows this text again,
// whatever program wrote it: no leading zeros, at most 15 digits.
func IsExactNumber(text []byte) bool {
	if len(text) == 0 || len(text) > significant+3 || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	digits := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits > significant {
		return false
	}
	if isPlainInteger(text) {
		return true
	}
	var buf [32]byte
	shown, err := appendNumber(buf[:0], text, numberFormat{}, false)
	return err == nil && bytes.Equal(shown, text)
}

const (
	day = 24 * time.Hour
	// maxSerial is the number of the last date, 9999-12-31.
	maxSerial = 2958466
	// maxElapsed is how many days a span of time may have.
	maxElapsed = 100_000
)

// appendDate appends a date or a time as ISO 8601 has them. It is not ok for a number
// that is no date. Dates count days from 1899-12-31, and 1900 has a 29th of February
// there, or from 1904-01-01.
func appendDate(dst []byte, v float64, f numberFormat, date1904 bool) (text []byte, ok bool) {
	if v < 0 || v >= maxSerial || f.elapsed && v >= maxElapsed {
		return nil, false
	}
	days := math.Floor(v)
	clock := time.Duration(math.Round((v-days)*float64(day/time.Millisecond))) * time.Millisecond
	if f.elapsed {
		return appendClock(dst, time.Duration(days)*day+clock), true
	}
	if clock == day {
		days, clock = days+1, 0
	}
	if !f.date || days == 0 && !date1904 {
		return appendClock(dst, clock), true
	}
	if !date1904 && days == 60 {
		dst = append(dst, "1900-02-29"...)
	} else {
		start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
		switch {
		case date1904:
			start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		case days < 60:
			start = start.AddDate(0, 0, 1)
		}
		dst = start.AddDate(0, 0, int(days)).AppendFormat(dst, time.DateOnly)
	}
	if f.time || clock > 0 {
		dst = appendClock(append(dst, 'T'), clock)
	}
	return dst, true
}

// appendClock appends a duration as hours, minutes, seconds and what is left.
func appendClock(dst []byte, d time.Duration) []byte {
	dst = fmt.Appendf(dst, "%02d:%02d:%02d", int64(d/time.Hour), d/time.Minute%60, d/time.Second%60)
	if ms := d / time.Millisecond % 1000; ms > 0 {
		dst = fmt.Appendf(dst, ".%03d", ms)
	}
	return dst
}
