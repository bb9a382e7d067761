package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
)

// maxExtent bounds what one read takes into memory, in bytes (one row may be longer).
const maxExtent = 256 << 10

// extent is a run of rows with consecutive positions that lie one after the
// other in a part.
type extent struct {
	pos   int64 // of the first row
	off   int64 // byte offset in the part
	part  int32
	rows  int32
	bytes int32
}

// end is the position after the last row.
func (e *extent) end() int64 { return e.pos + int64(e.rows) }

// weight is what a fresh extent adds to the backlog.
func (e *extent) weight() int { return 1 + int(e.bytes)>>12 }

func extend(list []extent, e extent) []extent {
	if n := len(list); n > 0 {
		l := &list[n-1]
		if l.part == e.part && l.end() == e.pos && l.off+int64(l.bytes) == e.off && l.bytes+e.bytes <= maxExtent {
			l.rows += e.rows
			l.bytes += e.bytes
			return list
		}
	}
	return append(list, e)
}

// State is what became of a row.
type State uint8

// The states.
const (
	Unfinished State = iota // to be asked for
	Finished                // its record is in the checkpoint
	GivenUp                 // it failed
)

// Meet says that the input has a row at pos, higher than any before, and
// returns its state. Read waits for a row to be met, so that what an earlier
// process finished beyond the end of this input stays out.
func (s *Store) Meet(pos int64) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.met = pos
	if s.awaited != 0 && pos >= s.awaited {
		s.grown.Broadcast()
	}
	switch {
	case s.done.has(pos):
		return Finished
	case s.failed.has(pos):
		return GivenUp
	}
	return Unfinished
}

// Read returns the finished rows from position pos on that lie together,
// each record with its line end and without the Position, in order. It waits
// until the row at pos was met and is finished; no rows and a nil error say that
// this row failed. A row of this process can be read once. The bytes live until
// the next Read.
func (s *Store) Read(ctx context.Context, pos int64) ([][]byte, error) {
	e, last, ok := s.find(pos)
	if !ok {
		var err error
		if e, last, err = s.await(ctx, pos); err != nil {
			return nil, err
		}
	}
	if e.rows == 0 {
		return nil, nil
	}
	if err := s.bring(e); err != nil {
		return nil, err
	}
	s.read(e)
	return s.readAhead.rows[pos-e.pos : last-e.pos+1], nil
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grown.Broadcast()
}

// find returns the extent that has pos and the last position of it that was
// met; an extent without rows if the row failed, false if it is not finished.
func (s *Store) find(pos int64) (e extent, last int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.findLocked(pos)
}

func (s *Store) findLocked(pos int64) (e extent, last int64, ok bool) {
	if pos > s.met {
		return extent{}, 0, false
	}
	if e, ok := s.take(pos); ok {
		return e, min(e.end()-1, s.met), true
	}
	return extent{}, 0, s.failed.has(pos)
}

// await is find for a row that is not finished yet.
func (s *Store) await(ctx context.Context, pos int64) (e extent, last int64, err error) {
	stop := context.AfterFunc(ctx, s.wake)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited = pos
	defer func() { s.awaited = 0 }()
	for {
		if e, last, ok := s.findLocked(pos); ok {
			return e, last, nil
		}
		switch {
		case s.err != nil:
			return extent{}, 0, s.err
		case ctx.Err() != nil:
			return extent{}, 0, ctx.Err()
		}
		s.grown.Wait()
	}
}

// Ready tells whether Read at pos would return without waiting.
func (s *Store) Ready(pos int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pos <= s.met && (s.done.has(pos) || s.failed.has(pos))
}

// Backlog weighs the rows that this process finished and Read has not returned
// yet: 1 for each run of rows, and 1 more for each 4 KiB of it.
func (s *Store) Backlog() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backlog
}

// take finds the extent that has pos, and forgets a fresh one.
func (s *Store) take(pos int64) (extent, bool) {
	if e, ok := s.fresh[pos]; ok {
		delete(s.fresh, pos)
		s.backlog -= e.weight()
		return e, true
	}
	return s.old(pos)
}

// old finds the extent of an earlier process that has pos.
func (s *Store) old(pos int64) (extent, bool) {
	i := sort.Search(len(s.resumed), func(i int) bool { return s.resumed[i].pos > pos }) - 1
	if i < 0 || pos >= s.resumed[i].end() {
		return extent{}, false
	}
	return s.resumed[i], true
}

// read notes that the rows of a fresh extent were read.
func (s *Store) read(e extent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.open[int(e.part)]; p != nil {
		p.unread -= int(e.rows)
		s.dropIfRead(p)
	}
}

// window is an extent in memory, and the part that it was read from.
type window struct {
	extent extent
	rows   [][]byte
	buf    []byte
	f      *os.File // nil: none
	part   int32    // of f
}

// bring brings one extent into the window, unless it is there.
func (s *Store) bring(e extent) error {
	w := &s.readAhead
	if w.extent == e {
		return nil
	}
	w.extent = extent{}
	if cap(w.buf) < int(e.bytes) {
		w.buf = make([]byte, e.bytes)
	}
	w.buf = w.buf[:e.bytes]
	if err := s.readAt(e); err != nil {
		return fmt.Errorf("read checkpoint part %s: %w", s.partName(int(e.part)), err)
	}
	var err error
	if w.rows, err = split(w.rows[:0], w.buf, int(e.rows)); err != nil {
		return &DamageError{File: s.partPath(int(e.part)), What: err.Error()}
	}
	w.extent = e
	return nil
}

// readAt reads the bytes of an extent, by the part's own file while that is
// open; it closes when it was synced.
func (s *Store) readAt(e extent) error {
	w := &s.readAhead
	s.mu.Lock()
	p := s.open[int(e.part)]
	s.mu.Unlock()
	if p != nil {
		if _, err := p.f.ReadAt(w.buf, e.off); !errors.Is(err, os.ErrClosed) {
			return err
		}
	}
	if w.f != nil && w.part != e.part {
		if err := w.f.Close(); err != nil {
			return err
		}
		w.f = nil
	}
	if w.f == nil {
		f, err := os.Open(s.partPath(int(e.part)))
		if err != nil {
			return err
		}
		w.f, w.part = f, e.part
	}
	_, err := w.f.ReadAt(w.buf, e.off)
	return err
}

// split cuts data into its records, which lose their Position.
func split(records [][]byte, data []byte, rows int) ([][]byte, error) {
	for n := range rows {
		end := recordEnd(data)
		comma := bytes.IndexByte(data, ',')
		if end < 0 || comma < 0 || comma >= end {
			return nil, fmt.Errorf("%d records expected, %d found", rows, n)
		}
		records = append(records, data[comma+1:end])
		data = data[end:]
	}
	return records, nil
}
