package table

import (
	"context"
	"errors"
	"io"
)

// CheckOptions says what Check looks at.
type CheckOptions struct {
	Options
	IDColumn string  // RowID if empty
	NoIDs    bool    // leave the IDs unchecked
	NoSum    bool    // leave the checksum out
	NoText   bool    // leave out whether the text is UTF-8
	Ranges   []Range // check text and IDs of these rows alone; nil: of all
	// Progress, if not nil, is told now and then that so many more bytes were read.
	Progress func(bytes int64)
}

// Check reads a whole regular file of size bytes, on several cores where it
// helps: that the text is UTF-8, every record's number of fields, quotes and JSON,
// and that each has an ID, an integer and no other record's. The first fault in the order of the
// file is returned as an *Error. Memory stays bounded: IDs that neither ascend nor
// lie close together are read a second time and sorted on disk.
func Check(ctx context.Context, f io.ReaderAt, size int64, o CheckOptions) (Summary, error) {
	h, err := ReadHeader(f, size, o.Options)
	if err != nil {
		return Summary{}, err
	}
	sum := Summary{Header: h, Size: size}
	if o.Ranges != nil {
		return checkRanges(ctx, f, h, sum, o)
	}
	scan := ScanOptions{Options: o.Options, Text: !o.NoText, Sum: !o.NoSum}
	var ids idChecker
	if o.NoIDs {
		if err := h.CheckDelimiter(o.Name); err != nil {
			return Summary{}, err
		}
	} else {
		column, err := idColumn(h, o)
		if err != nil {
			return Summary{}, err
		}
		ids.column = idName(o.IDColumn)
		scan.Columns = IDColumns(column, h.Format)
		scan.Prepare = ids.parseIDs(h.Format, len(scan.Columns))
	}
	marks := marker{sum: &sum, ctx: ctx, f: f, name: o.Name}
	err = Scan(ctx, f, size, h, scan, func(b *Block) error {
		if err := marks.addBlock(b, scan.Sum); err != nil {
			return err
		}
		sum.Rows += int64(len(b.Recs))
		if o.Progress != nil {
			o.Progress(int64(len(b.Data)))
		}
		if o.NoIDs {
			return nil
		}
		return ids.addBlock(b)
	})
	var bad *Error
	if err != nil && !errors.As(err, &bad) && !errors.Is(err, errStop) {
		return Summary{}, err
	}
	if !o.NoIDs {
		if duplicate := ids.findDuplicate(ctx, f, size, h, scan); duplicate != nil {
			err = duplicate // it comes before the fault that ended the scan
		}
	}
	if err == nil && scan.Sum {
		err = marks.addRest()
	}
	if err != nil {
		return Summary{}, err
	}
	return sum, nil
}
