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
	w      *bufio.Writer
	rows   int64
	ranges rowid.Sorter // IDs are first positions, places last ones
	open   rowid.Pair   // the range that may go on
	shown  []string     // the first ranges, for people
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

// IsMissingList tells whether r begins as the list of an input file does.
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
	if l.rows == 0 {
		comma = ""
	}
	l.rows++
	if _, err := fmt.Fprintf(l.w, "%s\n    {\"position\": %d, \"row_id\": %d, \"reason\": \"missing\"}", comma, pos, id); err != nil {
		return err
	}
	if l.open.ID > 0 && l.open.Place == pos-1 {
		l.open.Place = pos
		return nil
	}
	err := l.end()
	l.open = rowid.Pair{ID: pos, Place: pos}
	return err
}

const maxShown = 5

// end adds the open range to the list.
func (l *MissingList) end() error {
	if l.open.ID == 0 {
		return nil
	}
	if len(l.shown) <= maxShown {
		text := fmt.Sprint(l.open.ID)
		if l.open.Place > l.open.ID {
			text = fmt.Sprintf("%d-%d", l.open.ID, l.open.Place)
		}
		l.shown = append(l.shown, text)
	}
	return l.ranges.Add(l.open)
}

// Close writes the ranges and ends the list.
func (l *MissingList) Close() error {
	defer l.ranges.Close()
	if err := l.end(); err != nil {
		return err
	}
	fmt.Fprint(l.w, "\n  ],\n  \"ranges\": [")
	comma := ""
	err := l.ranges.Each(func(r rowid.Pair) error {
		_, err := fmt.Fprintf(l.w, "%s\n    {\"start\": %d, \"end\": %d}", comma, r.ID, r.Place)
		comma = ","
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprint(l.w, "\n  ]\n}\n")
	return l.w.Flush()
}

// String is the first ranges of positions, for people. It is complete after Close.
func (l *MissingList) String() string {
	if len(l.shown) > maxShown {
		return strings.Join(l.shown[:maxShown], ", ") + ", …"
	}
	return strings.Join(l.shown, ", ")
}
