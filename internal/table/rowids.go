package table

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"prism/internal/rowid"
)

// IDColumns are the columns that a scan must cut for Block.IDs: none where the
// IDs come first in CSV or TSV, which is quicker.
func IDColumns(column int, format Format) []int {
	if column > 0 || column == 0 && format == JSONL {
		return []int{column}
	}
	return nil
}

// IDs parses the integers of the j-th of the wanted columns of a block into
// dst; without wanted columns those of the first column (not for JSONL). Where
// a text is not an integer, the block fails there with a message that names the column.
func (b *Block) IDs(dst []int64, format Format, j, columns int, name string) []int64 {
	var text []byte
	for i := range b.Recs {
		var token []byte
		if columns == 0 {
			rec := b.Data[b.Recs[i].From:b.Recs[i].End]
			if v, ok := leadingID(rec, format.delimiter()); ok {
				dst = append(dst, v)
				continue
			}
			token = rec[:FieldEnd(format, rec)]
		} else {
			token = b.Token(b.Spans[i*columns+j])
		}
		v, err := rowid.Parse(token)
		if err != nil {
			text = AppendText(text[:0], format, token)
			v, err = rowid.Parse(text)
		}
		if err != nil {
			b.fail(i, rowid.InvalidMessage(name, text))
			return dst
		}
		dst = append(dst, v)
	}
	return dst
}

// leadingID reads the digits of a field that rec starts with, if there are
// nothing but digits and not too many.
func leadingID(rec []byte, delim byte) (v int64, ok bool) {
	if len(rec) > 8 { // most IDs are shorter: their digits are read at once
		text := binary.LittleEndian.Uint64(rec)
		n := countDigits(text)
		if n > 0 && n < 8 && rec[n] == delim {
			return eightDigits(text << (64 - 8*n)), true
		}
	}
	for i, c := range rec {
		d := c - '0'
		if d > 9 {
			return v, c == delim && i > 0
		}
		if i == rowid.SafeDigits {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	return v, len(rec) > 0
}

// countDigits is how many of eight bytes, the lowest first, are digits before one is not.
func countDigits(text uint64) int {
	const ones = 0x0101010101010101
	// A digit is 0 to 9 here, which 0x76 does not carry into the high bit. Another byte
	// has that bit afterwards, or had it before; what it carries goes to bytes behind it.
	notDigit := (text ^ 0x30*ones) + 0x76*ones | text
	return bits.TrailingZeros64(notDigit&(0x80*ones)) / 8
}

// eightDigits is the number that eight digits make, the first one in the lowest byte. A
// byte of 0 counts as the digit 0.
func eightDigits(text uint64) int64 {
	text &= 0x0f0f0f0f0f0f0f0f
	text = text*10 + text>>8         // every other byte: a pair of digits
	const pairs = 0x000000ff000000ff // the first and the third
	return int64(((text&pairs)*(100+1000000<<32) + (text>>16&pairs)*(1+10000<<32)) >> 32)
}

// UniqueIDs reads the RowIDs of a stream, no two of which may be the same. The
// zero value is ready.
type UniqueIDs struct {
	Column string // of the IDs; RowID if empty
	set    rowid.Set
}

// Add reads the RowID of the record at a line of a file. Its error is an *Error.
func (u *UniqueIDs) Add(file string, line int64, text []byte) (int64, error) {
	id, err := rowid.Parse(text)
	if err != nil {
		return 0, &Error{File: file, Line: line, Msg: rowid.InvalidMessage(idName(u.Column), text)}
	}
	if !u.set.Add(id) {
		return 0, &Error{File: file, Line: line, twice: true, Msg: rowid.DuplicateMessage(idName(u.Column), id, "")}
	}
	return id, nil
}

// idChecker checks that the IDs of a scanned file are integers and that no two
// are the same. Most duplicates show during the scan; where IDs are unordered and
// too far apart to be remembered, the file is read again and they are sorted.
type idChecker struct {
	column    string
	seen      rowid.Seen
	duplicate rowid.Row // Position 0: none so far
}

// parseIDs returns what parses the IDs of a block on a worker.
func (c *idChecker) parseIDs(format Format, columns int) func(*Block) {
	return func(b *Block) {
		ids, ok := b.Aux.(*[]int64)
		if !ok {
			ids = new([]int64)
			b.Aux = ids
		}
		*ids = b.IDs((*ids)[:0], format, 0, columns, c.column)
	}
}

// addBlock takes the IDs of the next block. It returns errStop at a duplicate.
func (c *idChecker) addBlock(b *Block) error {
	for i, id := range *b.Aux.(*[]int64) {
		if c.seen.Add(id) {
			c.duplicate = rowid.Row{ID: id, Position: b.Pos + int64(i)}
			return errStop
		}
	}
	return nil
}

// findDuplicate is the *Error of the first of the scanned records whose ID an
// earlier one has, nil if there is none.
func (c *idChecker) findDuplicate(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions) error {
	if c.duplicate.Position == 0 && !c.seen.Certain() {
		ids := rowid.NewSorter(ctx)
		defer ids.Close()
		err := c.scanAgain(ctx, f, size, h, o, func(r rowid.Row, _ int64) error { return ids.Add(r) })
		if err == nil {
			c.duplicate, _, err = ids.FirstDuplicate()
		}
		if err != nil {
			return err
		}
	}
	if c.duplicate.Position == 0 {
		return nil
	}
	return c.duplicateError(ctx, f, size, h, o)
}

// scanAgain calls do with the ID, the position and the offset of the records that
// were scanned before. errStop ends it without an error.
func (c *idChecker) scanAgain(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions, do func(r rowid.Row, offset int64) error) error {
	err := Scan(ctx, f, size, h, o, func(b *Block) error {
		for i, id := range *b.Aux.(*[]int64) {
			r := rowid.Row{ID: id, Position: b.Pos + int64(i)}
			if r.Position > c.seen.Len() {
				return errStop
			}
			if err := do(r, b.Offset+int64(b.Recs[i].From)); err != nil {
				return err
			}
		}
		return nil
	})
	var bad *Error // the one that ended the first scan
	if errors.Is(err, errStop) || errors.As(err, &bad) {
		return nil
	}
	return err
}

// duplicateError is the error for the record of the duplicate; it names the line
// of the first record with the ID.
func (c *idChecker) duplicateError(ctx context.Context, f io.ReaderAt, size int64, h *Header, o ScanOptions) error {
	var first, second int64 // offsets
	found := false
	err := c.scanAgain(ctx, f, size, h, o, func(r rowid.Row, offset int64) error {
		switch {
		case r.ID != c.duplicate.ID:
			return nil
		case found:
			second = offset
			return errStop
		}
		first, found = offset, true
		return nil
	})
	var lines [2]int64
	for i, offset := range [2]int64{first, second} {
		if err == nil {
			lines[i], err = LineAt(f, offset)
		}
	}
	if err != nil {
		return readError(o.Name, err)
	}
	return &Error{File: o.Name, Line: lines[1], twice: true, Msg: rowid.DuplicateMessage(c.column, c.duplicate.ID, fmt.Sprintf("on line %d", lines[0]))}
}

var errStop = errors.New("stop")

func idName(column string) string {
	if column == "" {
		return RowID
	}
	return column
}

func idColumn(h *Header, o CheckOptions) (int, error) {
	name := idName(o.IDColumn)
	i := h.Index(name)
	if i < 0 && (h.Format != JSONL || len(h.Names) > 0) {
		return -1, h.MissingIDColumn(o.Name, name)
	}
	return i, nil
}

// Line is that of the header, or of the first object.
func (h *Header) Line() int64 { return max(h.Lines, 1) }
