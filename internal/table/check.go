package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
)

// CheckOptions says what Check looks at.
type CheckOptions struct {
	Options
	IDColumn string // RowID if empty
	NoIDs    bool   // leave the IDs unchecked
	// Progress, if not nil, is told now and then that so many more bytes were read.
	Progress func(bytes int64)
}

// Summary is what Check found in a faultless file.
type Summary struct {
	Header *Header
	Rows   int64
	Size   int64 // bytes

	marks []mark // some records, in order: where an offset is looked up from
}

type mark struct{ pos, offset int64 }

// Check reads a whole regular file of size bytes, on several cores where it
// helps: every record's number of fields, quotes and JSON, and that each has an
// ID, an integer and no other record's. The first fault in the order of the
// file is returned as an *Error. Memory stays bounded: IDs that neither ascend nor
// lie close together are read a second time and sorted on disk.
func Check(ctx context.Context, f io.ReaderAt, size int64, o CheckOptions) (Summary, error) {
	h, err := ReadHeader(f, size, o.Options)
	if err != nil {
		return Summary{}, err
	}
	sum := Summary{Header: h, Size: size}
	scan := ScanOptions{Options: o.Options}
	var ids idChecker
	if !o.NoIDs {
		column, err := idColumn(h, o)
		if err != nil {
			return Summary{}, err
		}
		ids.column = idName(o.IDColumn)
		scan.Columns = IDColumns(column, o.Format)
		scan.Prepare = ids.parseIDs(o.Format, len(scan.Columns))
	}
	err = Scan(ctx, f, size, h, scan, func(b *Block) error {
		sum.marks = append(sum.marks, mark{b.Pos, b.Offset + int64(b.Recs[0].From)})
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
	if err != nil {
		return Summary{}, err
	}
	return sum, nil
}

// Offsets looks up where records of a checked file start. Lookups close to the
// last one are cheap.
type Offsets struct {
	f      io.ReaderAt
	sum    *Summary
	o      Options
	at     int     // the mark that starts belong to; -1: none
	starts []int64 // offsets of the records from that mark to the next one
}

// Offsets returns a lookup in the file that was checked.
func (s *Summary) Offsets(f io.ReaderAt, o Options) *Offsets {
	return &Offsets{f: f, sum: s, o: o, at: -1}
}

// At is the byte at which the record of a position starts: after the header
// for the first one, at the end of the file for the one after the last.
func (x *Offsets) At(pos int64) (int64, error) {
	switch {
	case pos <= 1:
		return x.sum.Header.Size, nil
	case pos > x.sum.Rows:
		return x.sum.Size, nil
	}
	i := sort.Search(len(x.sum.marks), func(i int) bool { return x.sum.marks[i].pos > pos }) - 1
	if at := x.sum.marks[i]; at.pos == pos {
		return at.offset, nil
	}
	if i != x.at {
		if err := x.load(i); err != nil {
			return 0, err
		}
	}
	k := pos - x.sum.marks[i].pos
	if k >= int64(len(x.starts)) {
		return 0, fmt.Errorf("read %s: the file has changed", shownName(x.o.Name))
	}
	return x.starts[k], nil
}

// load finds the records from mark i to the next one.
func (x *Offsets) load(i int) error {
	end := x.sum.Size
	if i+1 < len(x.sum.marks) {
		end = x.sum.marks[i+1].offset
	}
	x.at, x.starts = i, x.starts[:0]
	o := ScanOptions{Options: x.o, From: x.sum.marks[i].offset, Workers: 1}
	return Scan(context.Background(), x.f, end, x.sum.Header, o, func(b *Block) error {
		for _, rec := range b.Recs {
			x.starts = append(x.starts, b.Offset+int64(rec.From))
		}
		return nil
	})
}
