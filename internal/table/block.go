package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"prism/internal/fsutil"
)

// Block is a piece of a file that holds whole records.
type Block struct {
	Data   []byte // of the file, from Offset on
	Offset int64
	Pos    int64           // position of the first record
	Recs   []Rec           // in the order of the file
	Spans  []Span          // of the wanted columns: len(Recs) × columns
	Aux    any             // what Prepare keeps here; reused with the block
	Sum    fsutil.Checksum // of the bytes from Start to End, where it is wanted

	begin, limit int   // records that start in Data[begin:limit] are the block's
	first        int64 // file offset from which Recs were found; -1: nowhere
	next         int64 // file offset at which the next block's records start
	bad          *blockFault
	err          error // of reading
}

// Rec is where a record is in its block: Data[From:End], its line ending Data[End:Next].
type Rec struct{ From, End, Next uint32 }

// Span is where the raw token of a field is in the block: Data[From:To]. An
// absent key has From -1.
type Span struct{ From, To int32 }

// blockFault is what is wrong with the record after the last good one.
type blockFault struct {
	msg   string
	start int  // of the record in Data
	at    int  // where it shows
	text  bool // it is not UTF-8
}

// Start is the offset in the file of the first record, or of blank lines before it.
func (b *Block) Start() int64 { return b.first }

// End is the offset in the file after the last record.
func (b *Block) End() int64 { return b.next }

// records is the bytes from Start to End. A record that began in a block before may end behind this
// one's data: then there are none.
func (b *Block) records() []byte {
	if b.first == b.next {
		return nil
	}
	return b.Data[b.first-b.Offset : b.next-b.Offset]
}

// Token is the raw token that a span marks, nil if absent.
func (b *Block) Token(s Span) []byte {
	if s.From < 0 {
		return nil
	}
	return b.Data[s.From:s.To:s.To]
}

// fail declares record i faulty: the scan ends with it.
func (b *Block) fail(i int, msg string) {
	at := int(b.Recs[i].From)
	columns := 0
	if len(b.Recs) > 0 {
		columns = len(b.Spans) / len(b.Recs)
	}
	b.bad = &blockFault{msg: msg, start: at, at: at}
	b.Recs, b.Spans = b.Recs[:i], b.Spans[:i*columns]
}

func (b *Block) clearRecords() {
	b.Recs, b.Spans, b.bad = b.Recs[:0], b.Spans[:0], nil
}

// blockScanner finds the records of blocks; each worker has its own.
type blockScanner struct {
	f         io.ReaderAt
	to        int64 // where the records end in the file
	columns   []int // wanted
	names     int   // columns of the file
	delim     []byte
	keepBlank bool
	splitter  recordSplitter
}

// Where a block starts within quotes, what looks like its first record is not.
// A guess that proves wrong is made again this often, and reads at most this
// many bytes after the block.
const (
	maxGuesses = 16
	maxOverrun = 256 << 10
)

// spareBytes is room for the rest of the last record of most blocks.
const spareBytes = 16 << 10

// readBlock reads bytes from..end of the file, with the byte before them unless
// records are known to start there.
func (s *blockScanner) readBlock(b *Block, from, end int64, exact bool) error {
	b.Offset, b.begin = from, 0
	if !exact {
		b.Offset, b.begin = from-1, 1
	}
	b.limit = int(end - b.Offset)
	b.Data = b.Data[:0]
	b.first, b.next = -1, from
	b.clearRecords()
	if cap(b.Data) < b.limit {
		b.Data = make([]byte, 0, b.limit+min(spareBytes, b.limit/4))
	}
	return s.readMore(b, b.limit)
}

// readMore appends n bytes of the file to the block, fewer where it ends.
func (s *blockScanner) readMore(b *Block, n int) error {
	have := len(b.Data)
	n = int(min(int64(n), s.to-b.Offset-int64(have)))
	if cap(b.Data) < have+n {
		grown := make([]byte, have, have+n+have/4)
		copy(grown, b.Data)
		b.Data = grown
	}
	b.Data = b.Data[:have+n]
	got, err := s.f.ReadAt(b.Data[have:], b.Offset+int64(have))
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: the file became shorter", io.ErrUnexpectedEOF)
		}
		return err
	}
	return nil
}

func (s *blockScanner) atEOF(b *Block) bool { return b.Offset+int64(len(b.Data)) == s.to }

// findFrom finds the block's records, the first of which starts at file offset p.
func (s *blockScanner) findFrom(b *Block, p int64) error {
	b.clearRecords()
	b.first, b.next = p, p
	if p >= b.Offset+int64(b.limit) {
		return nil
	}
	_, err := s.findRecords(b, int(p-b.Offset), maxSize)
	return err
}

// guessRecords finds the block's records, taking the first line that starts in it
// and reads as a record to be one.
func (s *blockScanner) guessRecords(b *Block) error {
	i := lineAfter(b.Data, b.begin-1)
	for range maxGuesses {
		if i < 0 || i >= b.limit {
			return nil
		}
		b.clearRecords()
		b.first = b.Offset + int64(i)
		end, err := s.findRecords(b, i, maxOverrun)
		if err != nil || end == scanDone {
			return err
		}
		b.first = -1
		if end == scanShort {
			return nil
		}
		i = lineAfter(b.Data, b.bad.start)
	}
	return nil
}

// lineAfter is the start of the line after the one that holds b[i], -1 if none ends.
func lineAfter(b []byte, i int) int {
	lf := bytes.IndexByte(b[i:], '\n')
	if lf < 0 {
		return -1
	}
	return i + lf + 1
}
