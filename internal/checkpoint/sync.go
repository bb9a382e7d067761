package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"prism/internal/durable"
)

// startSyncing runs the one goroutine that syncs: sealed parts as they come, the
// current part every syncEvery. Close waits for it.
func (s *Store) startSyncing() {
	s.sealed = make(chan struct{}, 1)
	s.synced.Add(1)
	go func() {
		defer s.synced.Done()
		tick := time.NewTicker(syncEvery)
		defer tick.Stop()
		for open := true; open; {
			select {
			case _, open = <-s.sealed:
				s.syncSealed()
			case <-tick.C:
				s.note(s.syncCurrent())
			}
		}
	}()
}

func (s *Store) syncSealed() {
	for {
		s.mu.Lock()
		if len(s.unsynced) == 0 || s.err != nil {
			s.mu.Unlock()
			return
		}
		p := s.unsynced[0]
		s.mu.Unlock()
		s.note(s.finish(p))
		s.mu.Lock()
		s.unsynced = s.unsynced[1:]
		s.grown.Broadcast()
		s.mu.Unlock()
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

// finish makes a sealed part durable and then writes its line of the sums, so
// that a part with a line is always whole.
func (s *Store) finish(p *part) error {
	if err := p.f.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint part %s: %w", p.name, err)
	}
	if err := durable.SyncDir(s.dir); err != nil {
		return fmt.Errorf("sync checkpoint folder: %w", err)
	}
	if err := s.writeSum(p); err != nil {
		return err
	}
	return s.closePart(p)
}

func (s *Store) writeSum(p *part) error {
	line, err := json.Marshal(sum{Part: p.number, Rows: p.rows, Bytes: p.size, CRC: fmt.Sprintf("%08x", p.sum)})
	if err != nil {
		return err
	}
	if _, err := s.sums.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write checksum of %s: %w", p.name, err)
	}
	if err := s.sums.Sync(); err != nil {
		return fmt.Errorf("sync checksum of %s: %w", p.name, err)
	}
	return nil
}

func (s *Store) syncCurrent() error {
	s.mu.Lock()
	p := s.current
	if p == nil || !p.dirty {
		s.mu.Unlock()
		return nil
	}
	p.dirty = false
	s.mu.Unlock()
	if err := p.f.Sync(); err != nil {
		return fmt.Errorf("sync checkpoint part %s: %w", p.name, err)
	}
	return errors.Join(s.failures.Sync(), durable.SyncDir(s.dir))
}
