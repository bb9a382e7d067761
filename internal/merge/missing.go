package merge

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"prism/internal/rowid"
)

// MissingList writes failed_ranges.json: the rows that a join misses, as
// positions and RowIDs, in bounded memory.
type MissingList struct {
	w         *bufio.Writer
	positions rowid.Set
	shown     []string // the first ranges, for people
}

// NewMissingList starts the list of rows that are missing of an input file.
func NewMissingList(w io.Writer, input string) (*MissingList, error) {
	l := &MissingList{w: bufio.NewWriter(w)}
	_, err := fmt.Fprintf(l.w, "%s,\n  \"rows\": [", listHead(input))
	return l, err
}

// listHead is how the list of an input file begins.
func listHead(input string) string {
	name, err := json.Marshal(input)
	if err != nil {
		panic("merge: a string always marshals: " + err.Error())
	}
	return "{\n  \"input_file\": " + string(name)
}

// IsMissingList reports whether r begins as the list of an input file does.
func IsMissingList(r io.Reader, input string) (bool, error) {
	want := listHead(input)
	have := make([]byte, len(want))
	_, err := io.ReadFull(r, have)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return err == nil && string(have) == want, err
}

// Add takes the next missing row, in ascending order of positions.
func (l *MissingList) Add(pos, id int64) error {
	comma := ","
	if l.positions.Len() == 0 {
		comma = ""
	}
	l.positions.Add(pos)
	_, err := fmt.Fprintf(l.w, "%s\n    {\"position\": %d, \"row_id\": %d, \"reason\": \"missing\"}", comma, pos, id)
	return err
}

// maxShown is how many ranges String names.
const maxShown = 5

// Close writes the ranges and ends the list.
func (l *MissingList) Close() error {
	fmt.Fprint(l.w, "\n  ],\n  \"ranges\": [")
	comma := ""
	first, last := int64(0), int64(0) // of the range that may go on
	endRange := func() {
		if first == 0 {
			return
		}
		fmt.Fprintf(l.w, "%s\n    {\"start\": %d, \"end\": %d}", comma, first, last)
		comma = ","
		l.showRange(first, last)
	}
	for pos := range l.positions.All() {
		if pos != last+1 || first == 0 {
			endRange()
			first = pos
		}
		last = pos
	}
	endRange()
	fmt.Fprint(l.w, "\n  ]\n}\n")
	return l.w.Flush() // with the error of any write before
}

func (l *MissingList) showRange(first, last int64) {
	switch {
	case len(l.shown) > maxShown:
	case first == last:
		l.shown = append(l.shown, fmt.Sprint(first))
	default:
		l.shown = append(l.shown, fmt.Sprintf("%d-%d", first, last))
	}
}

// String is the first ranges of positions, for people. It is complete after Close.
func (l *MissingList) String() string {
	if len(l.shown) > maxShown {
		return strings.Join(l.shown[:maxShown], ", ") + ", …"
	}
	return strings.Join(l.shown, ", ")
}
