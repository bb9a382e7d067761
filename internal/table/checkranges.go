package table

import (
	"context"
	"errors"
	"io"
)

// rangeChecker checks the rows of some ranges of a file: that their text is UTF-8 and
// their IDs are integers, no two the same.
type rangeChecker struct {
	f      io.ReaderAt
	o      CheckOptions
	format Format
	column int // of the IDs; -1: they are not checked
	ids    UniqueIDs
	text   []byte
}

// isWanted reports whether a position is in one of the ranges.
func (c *rangeChecker) isWanted(pos int64) bool {
	for _, r := range c.o.Ranges {
		if r.RowStart <= pos && (r.RowEnd == 0 || pos <= r.RowEnd) {
			return true
		}
	}
	return false
}

func (c *rangeChecker) checkBlock(b *Block) error {
	for i, rec := range b.Recs {
		if !c.isWanted(b.Pos + int64(i)) {
			continue
		}
		var err error
		if !c.o.NoText {
			err = CheckText(c.o.Name, b.Data[rec.From:rec.End])
		}
		if err == nil && c.column >= 0 {
			c.text = AppendText(c.text[:0], c.format, b.Token(b.Spans[i]))
			_, err = c.ids.Add(c.o.Name, 1, c.text)
		}
		if bad, ok := errors.AsType[*Error](err); ok {
			line, err := LineAt(c.f, b.Offset+int64(rec.From))
			if err != nil {
				return readError(c.o.Name, err)
			}
			bad.Line += line - 1
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRanges is Check for the rows of o.Ranges. Fields, quotes and JSON are checked in
// all of the file: by them its rows are found.
func checkRanges(ctx context.Context, f io.ReaderAt, h *Header, sum Summary, o CheckOptions) (Summary, error) {
	scan := ScanOptions{Options: o.Options, Sum: !o.NoSum}
	checker := rangeChecker{f: f, o: o, format: h.Format, column: -1, ids: UniqueIDs{Column: o.IDColumn}}
	if !o.NoIDs {
		column, err := idColumn(h, o)
		if err != nil {
			return Summary{}, err
		}
		if checker.column = column; column >= 0 {
			scan.Columns = []int{column}
		}
	}
	marks := marker{sum: &sum, ctx: ctx, f: f, name: o.Name}
	err := Scan(ctx, f, sum.Size, h, scan, func(b *Block) error {
		if err := marks.addBlock(b, scan.Sum); err != nil {
			return err
		}
		sum.Rows += int64(len(b.Recs))
		if o.Progress != nil {
			o.Progress(int64(len(b.Data)))
		}
		return checker.checkBlock(b)
	})
	if err == nil && scan.Sum {
		err = marks.addRest()
	}
	if err != nil {
		return Summary{}, err
	}
	return sum, nil
}
