package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"time"

	"prism/internal/fsutil"
)

// syncEvery bounds what a power cut can take: rows are synced at least as often.
const syncEvery = time.Second

// Ended parts are sealed together, which is cheaper: every sealEvery, and when
// maxEnded of them wait. As many again may wait before Append does.
const (
	sealEvery = 100 * time.Millisecond
	maxEnded  = 64
)

// Row is a finished row: its position and its CSV record without the Position
// and without a line end.
type Row struct {
	Pos    int64
	Record []byte
}

// part is one append-only file of finished rows while it is open.
type part struct {
	number int
	name   string
	f      *os.File
	size   int64  // bytes, the header included
	sum    uint32 // CRC-32C of these bytes
	rows   int
	dirty  bool // has bytes that were not synced

	// Of a part that was not sealed, while it is loaded:
	rowSums []rowSum
	proven  int64 // bytes that it begins with and that are the header and rows with their checksums
}

// Append writes finished rows to the current part. When it returns nil they
// survive the end of the process; within a second they survive a power cut.
// Without a folder it keeps nothing.
func (s *Store) Append(rows []Row) error {
	if s.dir == "" {
		return nil
	}
	full, err := s.appendRows(rows)
	if full {
		s.endCurrentPart()
	}
	return err
}

// appendRows reports whether the current part has all its rows.
func (s *Store) appendRows(rows []Row) (full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	if s.err = s.flushFingerprints(); s.err != nil {
		return false, s.err
	}
	if s.err = s.writeRows(rows); s.err != nil {
		return false, s.err
	}
	for _, r := range rows {
		s.finished.Add(r.Pos)
		s.failed.Remove(r.Pos)
		s.retried.Remove(r.Pos)
	}
	return s.current.rows >= s.interval, nil
}

func (s *Store) writeRows(rows []Row) error {
	buf, sums := s.buf[:0], s.sumBuf[:0]
	if s.current == nil {
		if err := s.createPart(); err != nil {
			return err
		}
		buf = append(buf, s.partHeader...)
	}
	p := s.current
	for _, r := range rows {
		start := len(buf)
		buf = strconv.AppendInt(buf, r.Pos, 10)
		buf = append(append(append(buf, ','), r.Record...), '\n')
		sums = appendRowSum(sums, p.number, buf[start:])
	}
	s.buf, s.sumBuf = buf, sums
	if _, err := s.rowSums.Write(sums); err != nil { // first: a row without one would be dropped
		return fmt.Errorf("write checkpoint checksums of rows: %w", err)
	}
	if n, err := p.f.Write(buf); err != nil {
		if n > 0 { // best effort: a torn tail would be dropped at the next start anyway
			err = errors.Join(err, p.f.Truncate(p.size))
		}
		return fmt.Errorf("write checkpoint part %s: %w", p.name, err)
	}
	p.size += int64(len(buf))
	p.sum = crc32.Update(p.sum, castagnoli, buf)
	p.rows += len(rows)
	p.dirty = true
	return nil
}

func (s *Store) createPart() error {
	s.count++
	p := &part{number: s.count, name: s.partName(s.count)}
	var err error
	if p.f, err = os.OpenFile(s.partPath(p.number), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return fmt.Errorf("create checkpoint part: %w", err)
	}
	s.current = p
	return nil
}

// endCurrentPart ends the current part and waits while too many are to be sealed.
func (s *Store) endCurrentPart() {
	s.mu.Lock()
	p := s.current
	s.current = nil
	s.mu.Unlock()
	s.ended <- p
}

// startSyncing starts the one goroutine that syncs: it seals ended parts, some
// at a time, and syncs the current part and the failures every syncEvery. Close waits for it.
func (s *Store) startSyncing() {
	s.ended = make(chan *part, maxEnded)
	s.syncing.Go(func() {
		tick := time.NewTicker(sealEvery)
		defer tick.Stop()
		last := time.Now()
		var parts []*part
		for {
			select {
			case p, open := <-s.ended:
				if !open {
					s.keepError(s.sealParts(parts))
					return
				}
				if parts = append(parts, p); len(parts) < maxEnded {
					continue
				}
			case now := <-tick.C:
				if now.Sub(last) >= syncEvery-sealEvery {
					last = now
					s.keepError(s.syncCurrent())
				}
			}
			s.keepError(s.sealParts(parts))
			parts = parts[:0]
		}
	})
}

// keepError keeps the first error of the disk, for the next Append and for Close.
func (s *Store) keepError(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// sealParts makes ended parts durable, then writes their lines of the sums, and
// closes the parts. After an error of the disk it only closes them.
func (s *Store) sealParts(parts []*part) error {
	if len(parts) == 0 {
		return nil
	}
	s.mu.Lock()
	failed := s.err != nil
	s.mu.Unlock()
	var err error
	if !failed {
		err = s.syncParts(parts)
	}
	for _, p := range parts {
		err = errors.Join(err, p.f.Close())
	}
	return err
}

func (s *Store) syncParts(parts []*part) error {
	if err := s.syncFingerprints(); err != nil {
		return err
	}
	for _, p := range parts { // so that the first sync does most of the work of all
		fsutil.StartWriteback(p.f, 0, p.size)
	}
	for _, p := range parts {
		if err := p.f.Sync(); err != nil {
			return fmt.Errorf("sync checkpoint part %s: %w", p.name, err)
		}
	}
	if err := fsutil.SyncDir(s.dir); err != nil {
		return fmt.Errorf("sync checkpoint folder: %w", err)
	}
	return s.writeSums(parts)
}

func (s *Store) writeSums(parts []*part) error {
	var lines []byte
	for _, p := range parts {
		line, err := json.Marshal(sum{Part: p.number, Rows: p.rows, Bytes: p.size, CRC: fmt.Sprintf("%08x", p.sum)})
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	if _, err := s.sums.Write(lines); err != nil {
		return fmt.Errorf("write checkpoint checksums: %w", err)
	}
	if err := s.sums.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint checksums: %w", err)
	}
	return nil
}

// syncCurrent syncs what grew since the last time: the current part, the failures.
func (s *Store) syncCurrent() error {
	s.mu.Lock()
	p := s.current
	if p == nil || !p.dirty {
		s.mu.Unlock()
		return s.syncFailures()
	}
	p.dirty = false
	s.mu.Unlock()
	if err := s.syncFingerprints(); err != nil {
		return err
	}
	if err := s.rowSums.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint checksums of rows: %w", err)
	}
	if err := p.f.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint part %s: %w", p.name, err)
	}
	return errors.Join(fsutil.SyncDir(s.dir), s.syncFailures())
}

func (s *Store) syncFailures() error {
	s.mu.Lock()
	dirty := s.failuresDirty
	s.failuresDirty = false
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := s.syncFingerprints(); err != nil {
		return err
	}
	if err := s.failures.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint list of failed rows: %w", err)
	}
	return nil
}
