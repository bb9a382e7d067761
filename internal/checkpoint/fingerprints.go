package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"prism/internal/fsutil"
	"prism/internal/job"
)

// fingerprintSize is the bytes that tell a row of the input from another.
const fingerprintSize = 8

// fingerprint is the start of the hash of a row's record in the input. 0: unknown.
type fingerprint uint64

// fingerprintOf never returns 0.
func fingerprintOf(record []byte) fingerprint {
	sum := sha256.Sum256(record)
	sum[0] |= 1
	return fingerprint(binary.BigEndian.Uint64(sum[:]))
}

// fingerprints are what the rows of the input were, so that a resume can tell
// another input: that of the row at position p at byte fingerprintSize·(p-1),
// zeros where none was read. Rows come in order.
type fingerprints struct {
	f     *os.File
	rows  int64  // known at the start
	ahead []byte // read ahead from byte at on
	at    int64

	mu        sync.Mutex
	pending   []byte // to be written at byte pendingAt
	pendingAt int64
	dirty     bool // has bytes that were not synced
}

func (s *Store) openFingerprints() error {
	f, err := fsutil.OpenOwn(s.path(job.CheckpointStream), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	s.fingerprints, err = newFingerprints(f)
	return err
}

// newFingerprints are those that a file has. It closes the file if that fails.
func newFingerprints(f *os.File) (*fingerprints, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &fingerprints{f: f, rows: info.Size() / fingerprintSize}, nil
}

// syncFingerprints makes the fingerprints durable, which rows must not be before them.
func (s *Store) syncFingerprints() error {
	if s.fingerprints == nil {
		return nil
	}
	if err := s.fingerprints.sync(); err != nil {
		return fmt.Errorf("sync checkpoint fingerprints of the input: %w", err)
	}
	return nil
}

// flushFingerprints comes before the rows are written.
func (s *Store) flushFingerprints() error {
	if s.fingerprints == nil {
		return nil
	}
	if err := s.fingerprints.flush(); err != nil {
		return fmt.Errorf("write checkpoint fingerprints of the input: %w", err)
	}
	return nil
}

// MatchOrRecord reports whether the row of the input at pos is the one that it was for
// earlier processes, and remembers one that none has finished; of a stream one that none
// has read. It returns a *DamageError where that cannot be told of a finished row.
// Positions must grow. Without a folder all rows are the same.
func (s *Store) MatchOrRecord(pos int64, record []byte) (bool, error) {
	if s.fingerprints == nil {
		return true, nil
	}
	now := fingerprintOf(record)
	have, err := s.knownFingerprint(pos)
	if err != nil {
		return false, err
	}
	if have == now {
		return true, nil
	}
	if have != 0 && (s.isStream || s.State(pos) != Unfinished) {
		return false, nil
	}
	if s.State(pos) != Unfinished { // by an earlier process: this one asks for a row after it is known
		return false, &DamageError{File: s.path(job.CheckpointStream), What: fmt.Sprintf("the fingerprint of row %d is missing", pos)}
	}
	if err := s.fingerprints.write(pos, now); err != nil {
		return false, fmt.Errorf("write checkpoint fingerprints of the input: %w", err)
	}
	return true, nil
}

// StreamRows is the number of rows that earlier processes read of the stream.
func (s *Store) StreamRows() int64 {
	if s.fingerprints == nil {
		return 0
	}
	return s.fingerprints.rows
}

// knownFingerprint is what the row at pos was for earlier processes.
func (s *Store) knownFingerprint(pos int64) (fingerprint, error) {
	have, err := s.fingerprints.readAt(pos)
	if errors.Is(err, io.EOF) { // not the end of the input
		return 0, &DamageError{File: s.path(job.CheckpointStream), What: "it became shorter since the start"}
	}
	if err != nil {
		return 0, fmt.Errorf("read fingerprints of the input: %w", err)
	}
	return have, nil
}

// readAt is the fingerprint of a row that an earlier process may have read.
func (p *fingerprints) readAt(pos int64) (fingerprint, error) {
	if pos > p.rows {
		return 0, nil
	}
	from := fingerprintSize * (pos - 1)
	if from < p.at || from+fingerprintSize > p.at+int64(len(p.ahead)) {
		const most = 64 << 10
		p.at, p.ahead = from, append(p.ahead[:0], make([]byte, min(most, fingerprintSize*(p.rows-pos+1)))...)
		if _, err := p.f.ReadAt(p.ahead, from); err != nil {
			return 0, err
		}
	}
	return fingerprint(binary.BigEndian.Uint64(p.ahead[from-p.at:])), nil
}

// write keeps the fingerprint of a row until flush, with those of the rows before.
func (p *fingerprints) write(pos int64, now fingerprint) error {
	const most = 4 << 10
	p.mu.Lock()
	defer p.mu.Unlock()
	at := fingerprintSize * (pos - 1)
	if at != p.pendingAt+int64(len(p.pending)) || len(p.pending) >= most {
		if err := p.flushPending(); err != nil {
			return err
		}
		p.pendingAt = at
	}
	p.pending = binary.BigEndian.AppendUint64(p.pending, uint64(now))
	return nil
}

// flush writes what write kept. A row is appended only after its fingerprint is written.
func (p *fingerprints) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flushPending()
}

func (p *fingerprints) flushPending() error {
	if len(p.pending) == 0 {
		return nil
	}
	_, err := p.f.WriteAt(p.pending, p.pendingAt)
	p.pending, p.dirty = p.pending[:0], true
	return err
}

func (p *fingerprints) sync() error {
	p.mu.Lock()
	err := p.flushPending()
	dirty := p.dirty
	p.dirty = false
	p.mu.Unlock()
	if err != nil || !dirty {
		return err
	}
	return p.f.Sync()
}
