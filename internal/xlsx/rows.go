package xlsx

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Row is a row of a sheet. It lives until the callee returns.
type Row struct {
	Number int64    // as the sheet counts, from 1
	Cells  [][]byte // up to the last one that is not empty
}

// Counts are what a sheet has that text does not show.
type Counts struct {
	Errors       int64 // cells such as #N/A
	FirstError   string
	Uncomputed   int64 // formulas without a stored value, which are empty
	MergedRanges int64 // only their first cell has a value
	HiddenRows   int64
}

// errStop ends the reading of a sheet early.
var errStop = errors.New("stop")

// HasCells reports whether a sheet has a cell that is not empty.
func (w *Workbook) HasCells(ctx context.Context, s Sheet) (bool, error) {
	found := false
	_, err := w.ReadRows(ctx, s, func(Row) error {
		found = true
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return found, err
}

// ReadRows calls yield with the rows of a sheet that have a cell which is not empty, in
// their order. The error of yield ends it.
func (w *Workbook) ReadRows(ctx context.Context, s Sheet, yield func(Row) error) (Counts, error) {
	if err := w.loadStrings(ctx); err != nil {
		return Counts{}, err
	}
	r, err := w.openPart(s.part)
	if err != nil {
		return Counts{}, err
	}
	defer r.Close()
	sheet := sheetReader{w: w, x: newXMLScanner(r)}
	err = sheet.readSheet(ctx, yield)
	if sheet.yielded != nil || ctx.Err() != nil {
		return sheet.counts, err
	}
	if err != nil {
		return sheet.counts, w.fault(s.part, err)
	}
	return sheet.counts, nil
}

// sheetReader reads the cells of one sheet.
type sheetReader struct {
	w       *Workbook
	x       *xmlScanner
	counts  Counts
	yielded error // of yield
	seen    bool  // sheetData

	row   int64 // at hand, or the last one
	cells []span
	text  []byte // of the cells
	out   [][]byte

	column int // of the cell at hand, or the last one
	cell   cell
}

// span is a piece of text.
type span struct{ from, to int }

func (s *sheetReader) readSheet(ctx context.Context, yield func(Row) error) error {
	for {
		token, err := s.x.nextToken()
		if err != nil {
			return err
		}
		switch {
		case token == endOfXML && !s.seen:
			return errors.New("it has no sheet data")
		case token == endOfXML:
			return nil
		case token != startTag:
			continue
		}
		switch string(s.x.name) {
		case "sheetData":
			s.seen = true
		case "mergeCell":
			s.counts.MergedRanges++
		case "row":
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := s.readRow(); err != nil {
				return err
			}
			if s.yielded = s.yieldRow(yield); s.yielded != nil {
				return s.yielded
			}
		}
	}
}

// yieldRow gives a row out, without the empty cells at its end.
func (s *sheetReader) yieldRow(yield func(Row) error) error {
	n := len(s.cells)
	for n > 0 && s.cells[n-1].from == s.cells[n-1].to {
		n--
	}
	if n == 0 {
		return nil
	}
	s.out = s.out[:0]
	for _, c := range s.cells[:n] {
		s.out = append(s.out, s.text[c.from:c.to:c.to])
	}
	return yield(Row{Number: s.row, Cells: s.out})
}

// readRow reads the cells of the row whose start tag is at hand.
func (s *sheetReader) readRow() error {
	number := s.row + 1
	if r := s.x.attr("r"); r != nil {
		n, ok := parseRowNumber(r)
		if !ok || n < number {
			return fmt.Errorf("row %.20q after row %d", r, s.row)
		}
		number = n
	} else if number > MaxRows {
		return fmt.Errorf("it has more than %d rows", MaxRows)
	}
	if v := s.x.attr("hidden"); string(v) == "1" || string(v) == "true" {
		s.counts.HiddenRows++
	}
	s.row, s.column, s.cells, s.text = number, -1, s.cells[:0], s.text[:0]
	for depth := 1; depth > 0; {
		token, err := s.x.nextToken()
		switch {
		case err != nil:
			return err
		case token == startTag && depth == 1 && string(s.x.name) == "c":
			if err := s.readCell(); err != nil {
				return err
			}
		case token == startTag:
			depth++
		case token == endTag:
			depth--
		}
	}
	if s.w.unpacked += int64(len(s.text)); s.w.unpacked > s.w.limit { // shared strings may come again and again
		return errBomb
	}
	return nil
}

// readCell reads the cell whose start tag is at hand.
func (s *sheetReader) readCell() error {
	column := s.column + 1
	if name := s.x.attr("r"); name != nil {
		c, row, ok := parseCellName(name)
		if !ok || row != s.row || c < column {
			return fmt.Errorf("cell %.20q in row %d after column %d", name, s.row, s.column+1)
		}
		column = c
	} else if column >= MaxColumns {
		return fmt.Errorf("row %d has more than %d columns", s.row, MaxColumns)
	}
	s.column = column
	c := &s.cell
	c.reset(parseCellType(s.x.attr("t")))
	if style := s.x.attr("s"); style != nil {
		if i, err := strconv.Atoi(string(style)); err == nil && i >= 0 && i < len(s.w.formats) {
			c.format = s.w.formats[i]
		}
	}
	if err := c.readContent(s.x); err != nil {
		return fmt.Errorf("cell %s: %w", CellName(column, s.row), err)
	}
	for len(s.cells) < column {
		s.cells = append(s.cells, span{len(s.text), len(s.text)})
	}
	from := len(s.text)
	text, err := c.appendShown(s.text, s.w)
	if err != nil {
		return fmt.Errorf("cell %s: %w", CellName(column, s.row), err)
	}
	s.text = text
	s.cells = append(s.cells, span{from, len(text)})
	if c.kind == errorCell {
		if s.counts.Errors++; s.counts.Errors == 1 {
			s.counts.FirstError = fmt.Sprintf("%s in %s", text[from:], CellName(column, s.row))
		}
	}
	if c.formula && !c.hasValue {
		s.counts.Uncomputed++
	}
	return nil
}
