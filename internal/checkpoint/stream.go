package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// fingerprintSize is the bytes that tell a row of a stream from another.
const fingerprintSize = 8

// fingerprints is what the rows of a stream were, so that a resume can tell
// another stream: that of the row at position p at byte fingerprintSize·(p-1),
// zeros where none was read. Rows come in order.
type fingerprints struct {
	f     *os.File
	rows  int64  // known at the start
	ahead []byte // read ahead from byte at on
	at    int64
}

func (s *Store) openFingerprints() error {
	f, err := os.OpenFile(s.path(".stream"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	s.stream = &fingerprints{f: f, rows: info.Size() / fingerprintSize}
	return nil
}

// syncStream makes the fingerprints durable, which rows must not be before them.
func (s *Store) syncStream() error {
	if s.stream == nil {
		return nil
	}
	if err := s.stream.f.Sync(); err != nil {
		return fmt.Errorf("sync fingerprints of the input: %w", err)
	}
	return nil
}

// SameRow tells whether the row of a stream at pos is the one that it was for
// earlier processes, and remembers one that none has read. It returns a
// *DamageError where that cannot be told of a finished row. Positions must grow.
// Without a folder all rows are the same.
func (s *Store) SameRow(pos int64, row []byte) (bool, error) {
	if s.stream == nil {
		return true, nil
	}
	sum := sha256.Sum256(row)
	now := sum[:fingerprintSize]
	now[0] |= 1 // not zeros
	have, err := s.stream.readAt(pos)
	if errors.Is(err, io.EOF) { // not the end of the input
		return false, &DamageError{File: s.path(".stream"), What: "it is shorter than it was at the start"}
	}
	if err != nil {
		return false, fmt.Errorf("read fingerprints of the input: %w", err)
	}
	if have != nil && !bytes.Equal(have, make([]byte, fingerprintSize)) {
		return bytes.Equal(have, now), nil
	}
	if s.State(pos) != Unfinished { // by an earlier process: this one asks for a row after it is known
		return false, &DamageError{File: s.path(".stream"), What: fmt.Sprintf("the fingerprint of row %d is missing", pos)}
	}
	if _, err := s.stream.f.WriteAt(now, fingerprintSize*(pos-1)); err != nil {
		return false, fmt.Errorf("write fingerprints of the input: %w", err)
	}
	return true, nil
}

// StreamRows is the number of rows that earlier processes read of the stream.
func (s *Store) StreamRows() int64 {
	if s.stream == nil {
		return 0
	}
	return s.stream.rows
}

// readAt is the fingerprint of a row that an earlier process may have read.
func (p *fingerprints) readAt(pos int64) ([]byte, error) {
	if pos > p.rows {
		return nil, nil
	}
	from := fingerprintSize * (pos - 1)
	if from < p.at || from+fingerprintSize > p.at+int64(len(p.ahead)) {
		const most = 64 << 10
		p.at, p.ahead = from, append(p.ahead[:0], make([]byte, min(most, fingerprintSize*(p.rows-pos+1)))...)
		if _, err := p.f.ReadAt(p.ahead, from); err != nil {
			return nil, err
		}
	}
	return p.ahead[from-p.at:][:fingerprintSize], nil
}
