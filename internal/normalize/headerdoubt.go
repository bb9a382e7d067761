package normalize

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"prism/internal/table"
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
	if len(f.names) == 1 {
		line, err := s.headerBelowTitle(o)
		if line > 0 {
			s.addHeaderDoubt(line, o)
		}
		return err
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
			s.addHeaderDoubt(rec.line, o)
			return nil
		}
	}
	return nil
}

// headerBelowTitle is the line of what looks like the header of a text whose title, without
// delimiters, was taken for it; 0: there is none.
func (s *source) headerBelowTitle(o Options) (int64, error) {
	if s.rows != nil || s.kind != table.PlainText || o.HeaderLine != 0 || o.Delimiter != 0 {
		return 0, nil
	}
	text, err := s.open()
	if err != nil {
		return 0, err
	}
	start, err := text.Peek(text.Size())
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return table.HeaderBelowTitle(start, 1, err != nil), nil
}

func (s *source) addHeaderDoubt(line int64, o Options) {
	what := "line"
	if s.rows != nil {
		what = "row"
	}
	s.doubts = append(s.doubts, Doubt{Text: o.LikeHeader(fmt.Sprintf("%s %d", what, line), line), HeaderLine: line})
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

// LikeHeader says of a line, which is called so, that it looks like the header.
func (o Options) LikeHeader(what string, line int64) string {
	return fmt.Sprintf("%s looks like the header (%s)", what, o.giveOption("header-line", line))
}

// giveOption is how an option is given, as a flag or as a key of a job file.
func (o Options) giveOption(flag string, value any) string {
	if o.Keys {
		return fmt.Sprintf("%s: %v", o.optionName(flag), value)
	}
	return fmt.Sprintf("%s %v", o.optionName(flag), value)
}
