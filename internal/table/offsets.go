package table

import (
	"context"
	"io"
	"sort"

	"prism/internal/fsutil"
)

// Summary is what Check found in a faultless file.
type Summary struct {
	Header *Header
	Rows   int64
	Size   int64           // bytes
	Sum    fsutil.Checksum // of the whole file; nothing with NoSum

	marks []mark // some records, in order: where an offset is looked up from
}

// mark is a record that a lookup starts from.
type mark struct {
	pos, offset int64
	before      fsutil.Checksum // of the bytes of the file before the record
}

// marker makes the marks of a summary while the file is scanned.
type marker struct {
	ctx  context.Context
	f    io.ReaderAt
	name string
	sum  *Summary
	at   int64 // the bytes of the file before it are summed
}

// addBlock marks the first record of a block, whose checksum is known if summed.
func (m *marker) addBlock(b *Block, summed bool) error {
	offset := b.Offset + int64(b.Recs[0].From)
	if !summed {
		m.sum.marks = append(m.sum.marks, mark{pos: b.Pos, offset: offset})
		return nil
	}
	if err := m.addUntil(b.Start()); err != nil {
		return err
	}
	before := m.sum.Sum
	before.Update(b.Data[b.Start()-b.Offset : b.Recs[0].From]) // blank lines
	m.sum.marks = append(m.sum.marks, mark{b.Pos, offset, before})
	m.sum.Sum, m.at = m.sum.Sum.Join(b.Sum), b.End()
	return nil
}

// addUntil sums what no block has: the header and blank lines between records.
func (m *marker) addUntil(end int64) error {
	if m.at == end {
		return nil
	}
	gap, err := fsutil.SumRange(m.ctx, m.f, m.at, end)
	if err != nil {
		return readError(m.name, err)
	}
	m.sum.Sum, m.at = m.sum.Sum.Join(gap), end
	return nil
}

// addRest sums blank lines at the end of the file.
func (m *marker) addRest() error { return m.addUntil(m.sum.Size) }

// Offsets looks up where records of a checked file start, and checksums of its
// ranges. Lookups close to the last one are cheap.
type Offsets struct {
	f      io.ReaderAt
	sum    *Summary
	o      Options
	at     int     // the mark that starts belong to; -1: none
	starts []int64 // offsets of the records from that mark to the next one

	summed int64 // the offset looked up last in sumBefore
	before fsutil.Checksum
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
		return 0, errChanged(x.o.Name)
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

// Sum is the checksum of the bytes from up to to.
func (x *Offsets) Sum(ctx context.Context, from, to int64) (fsutil.Checksum, error) {
	before, err := x.sumBefore(ctx, from)
	if err != nil {
		return fsutil.Checksum{}, err
	}
	until, err := x.sumBefore(ctx, to)
	if err != nil {
		return fsutil.Checksum{}, err
	}
	return until.Without(before), nil
}

// sumBefore is the checksum of the bytes before an offset. It reads those between
// the offset and the closest one before it whose checksum is known.
func (x *Offsets) sumBefore(ctx context.Context, offset int64) (fsutil.Checksum, error) {
	if offset == x.sum.Size {
		return x.sum.Sum, nil
	}
	from, before := int64(0), fsutil.Checksum{}
	if x.summed <= offset {
		from, before = x.summed, x.before
	}
	marks := x.sum.marks
	if i := sort.Search(len(marks), func(i int) bool { return marks[i].offset > offset }) - 1; i >= 0 && marks[i].offset > from {
		from, before = marks[i].offset, marks[i].before
	}
	gap, err := fsutil.SumRange(ctx, x.f, from, offset)
	if err != nil {
		return fsutil.Checksum{}, readError(x.o.Name, err)
	}
	x.summed, x.before = offset, before.Join(gap)
	return x.before, nil
}
