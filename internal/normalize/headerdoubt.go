package normalize

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// headerRows is how many records below the header are looked at for a better one: more
// lines of title and blank ones than that are rare.
const headerRows = 20

// doubtHeader notes a record that is more of a header than the one that was read: most
// columns with content have no name, and it has a text for them. So it is where a title
// is above the header.
func (s *source) doubtHeader(f findings, o Options) error {
	var used, named int
	for i, name := range f.names {
		switch {
		case strings.TrimSpace(name) != "":
			used, named = used+1, named+1
		case f.used[i]:
			used++
		}
	}
	if used < 3 || 2*named >= used {
		return nil
	}
	o.SkipRows = 0
	r, err := s.openRecords(o)
	if err != nil {
		return err
	}
	for range headerRows {
		rec, err := r.nextRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if rec.line > 0 && 3*countNames(rec.cells) >= 2*used {
			what := "line"
			if s.rows != nil {
				what = "row"
			}
			text := fmt.Sprintf("%s %d looks like the header (%s)", what, rec.line, o.giveOption("header-line", rec.line))
			s.doubts = append(s.doubts, Doubt{Text: text, HeaderLine: rec.line})
			return nil
		}
	}
	return nil
}

// countNames is how many cells are texts; 0 if one is a number, as no header has.
func countNames(cells [][]byte) (n int) {
	for _, cell := range cells {
		text := strings.TrimSpace(string(cell))
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return 0
		}
		if text != "" {
			n++
		}
	}
	return n
}

// giveOption is how an option is given, as a flag or as a key of a job file.
func (o Options) giveOption(flag string, value any) string {
	if o.Keys {
		return fmt.Sprintf("%s: %v", o.optionName(flag), value)
	}
	return fmt.Sprintf("%s %v", o.optionName(flag), value)
}
