package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"prism/internal/fsutil"
)

// startSyncing runs the one goroutine that syncs: sealed parts soon, some at a
// time, the current part and the failures every syncEvery. Close waits for it.
func (s *Store) startSyncing() {
	s.sealed = make(chan struct{}, 1)
	s.synced.Add(1)
	go func() {
		defer s.synced.Done()
		tick := time.NewTicker(sealedSoon)
		defer tick.Stop()
		last := time.Now()
		for open := true; open; {
			select {
			case _, open = <-s.sealed:
				s.syncSealed()
			case now := <-tick.C:
				s.syncSealed()
				if now.Sub(last) >= syncEvery-sealedSoon {
					last = now
					s.note(s.syncOpen())
				}
			}
		}
	}()
}

// syncSealed finishes the parts that wait, those that came meanwhile together.
func (s *Store) syncSealed() {
	for {
		s.mu.Lock()
		parts := s.unsynced
		if len(parts) == 0 || s.err != nil {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		err := s.finish(parts)
		s.mu.Lock()
		for _, p := range parts {
			err = errors.Join(err, s.closePart(p))
		}
		s.unsynced = append([]*part(nil), s.unsynced[len(parts):]...)
		s.mu.Unlock()
		s.note(err)
		s.wake()
	}
}

func (s *Store) note(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.grown.Broadcast()
}

// finish makes sealed parts durable and then writes their lines of the sums, so
// that a part with a line is always whole.
func (s *Store) finish(parts []*part) error {
	if err := s.syncStream(); err != nil {
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
		return fmt.Errorf("write checksums: %w", err)
	}
	if err := s.sums.Sync(); err != nil {
		return fmt.Errorf("sync checksums: %w", err)
	}
	return nil
}

// syncOpen syncs what grew since the last time: the current part, the failures.
func (s *Store) syncOpen() error {
	s.mu.Lock()
	p, failures := s.current, s.unlisted
	s.unlisted = false
	if p != nil && !p.dirty {
		p = nil
	}
	if p != nil {
		p.dirty = false
	}
	s.mu.Unlock()
	if p != nil || failures {
		if err := s.syncStream(); err != nil {
			return err
		}
	}
	if failures {
		if err := s.failures.Sync(); err != nil {
			return fmt.Errorf("sync failed rows: %w", err)
		}
	}
	if p == nil {
		return nil
	}
	if err := p.f.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint part %s: %w", p.name, err)
	}
	return fsutil.SyncDir(s.dir)
}
