package table

import (
	"context"
	"fmt"
	"io"
	"sort"
)

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
