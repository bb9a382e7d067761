// Package rowid answers questions about many RowIDs in bounded memory: how one is
// read, which come twice, which are missing. It knows IDs and the positions of
// their rows, nothing of files or records.
//
// A Set answers at once and is small where IDs lie close together. Seen tells of
// duplicates as IDs come, as long as its set stays small. A Sorter needs no more
// than its memory, whatever the IDs are, and answers when it has all of them.
package rowid

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// errInvalid is the only error of Parse.
var errInvalid = errors.New("not a 64-bit integer")

// SafeDigits is how many digits always fit into 64 bits.
const SafeDigits = 18

// Parse reads an ID as tables have them: an optional minus sign and digits within 64
// bits, which zeros after a point may follow, as programs write integers that they hold as
// decimals. Its error does not quote the text.
func Parse(text []byte) (int64, error) {
	return ParseDigits(text[:wholePart(text)])
}

// wholePart is the length of text before a point and zeros at its end, if there are any.
func wholePart(text []byte) int {
	n := len(text)
	for n > 0 && text[n-1] == '0' {
		n--
	}
	if n == 0 || n == len(text) || text[n-1] != '.' {
		return len(text)
	}
	return n - 1
}

// IsNumber reports whether an ID is written as JSON writes numbers: without leading zeros.
func IsNumber(text []byte) bool {
	if _, err := Parse(text); err != nil {
		return false
	}
	digits := bytes.TrimPrefix(text[:wholePart(text)], []byte{'-'})
	return digits[0] != '0' || len(digits) == 1
}

// ParseDigits reads what PRISM itself writes: an optional minus sign and digits, nothing
// else, within 64 bits.
func ParseDigits(text []byte) (int64, error) {
	digits := text
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 {
		return 0, errInvalid
	}
	v := int64(0)
	for _, c := range digits[:min(len(digits), SafeDigits)] {
		d := c - '0'
		if d > 9 {
			return 0, errInvalid
		}
		v = v*10 + int64(d)
	}
	if len(digits) > SafeDigits {
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return 0, errInvalid
		}
		return n, nil
	}
	if negative {
		return -v, nil
	}
	return v, nil
}

// InvalidMessage says that text, the value of a column of IDs, is not one.
func InvalidMessage(column string, text []byte) string {
	const shown = 40
	if len(text) == 0 {
		return column + " is empty"
	}
	if len(text) > shown {
		text = append(text[:shown:shown], "…"...)
	}
	return fmt.Sprintf("invalid %s %q (want a 64-bit integer)", column, text)
}

// DuplicateMessage says that an ID comes twice; first is where it was first, such
// as "on line 3", empty where that is not known.
func DuplicateMessage(column string, id int64, first string) string {
	if first == "" {
		return fmt.Sprintf("duplicate %s %d", column, id)
	}
	return fmt.Sprintf("duplicate %s %d (first %s)", column, id, first)
}

// Seen are the IDs that came so far. It forgets them when they take more than
// MaxSetSize; IDs that ascend to the end are told apart all the same. The zero value is
// ready.
type Seen struct {
	set       Set
	forgotten bool
	unordered bool
	count     int64
	last      int64
}

// MaxSetSize is how many bytes a set may take where sorting can do its work too.
const MaxSetSize = 16 << 20

// Add takes the next ID and reports whether it came before, as far as is known.
func (s *Seen) Add(id int64) bool {
	s.unordered = s.unordered || s.count > 0 && id <= s.last
	s.last = id
	s.count++
	if s.forgotten {
		return false
	}
	if s.set.Size() > MaxSetSize {
		s.forgotten, s.set = true, Set{}
		return false
	}
	return !s.set.Add(id)
}

// Certain reports whether Add told of all duplicates. Where it did not, sorting
// the IDs tells.
func (s *Seen) Certain() bool { return !s.forgotten || !s.unordered }

// Len is the number of IDs that came.
func (s *Seen) Len() int64 { return s.count }
