package checkpoint

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
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

func extend(list []extent, e extent) []extent {
	if n := len(list); n > 0 {
		l := &list[n-1]
		if l.part == e.part && l.pos+int64(l.rows) == e.pos && l.off+int64(l.bytes) == e.off && l.bytes+e.bytes <= maxExtent {
			l.rows += e.rows
			l.bytes += e.bytes
			return list
		}
	}
	return append(list, e)
}

// Read returns the finished rows from position pos on that lie together,
// each record with its line end and without the Position, in order, and how
// many they are. It waits until the row at pos is finished; 0 rows and a nil
// error say that this row failed. Each row is read once. The bytes live until
// the next Read. Only one goroutine reads.
func (s *Store) Read(ctx context.Context, pos int64, buf []byte) (records [][]byte, raw []byte, err error) {
	stop := context.AfterFunc(ctx, s.wake)
	defer stop()
	e, ok, err := s.await(ctx, pos)
	if err != nil || !ok {
		return nil, buf, err
	}
	return s.readExtent(e, buf)
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grown.Broadcast()
}

func (s *Store) await(ctx context.Context, pos int64) (extent, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if e, ok := s.take(pos); ok {
			return e, true, nil
		}
		switch {
		case s.failed.has(pos):
			return extent{}, false, nil
		case s.err != nil:
			return extent{}, false, s.err
		case ctx.Err() != nil:
			return extent{}, false, ctx.Err()
		}
		s.grown.Wait()
	}
}

// Has tells whether Read at pos would return without waiting.
func (s *Store) Has(pos int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, fresh := s.fresh[pos]
	return fresh || s.done.has(pos) || s.failed.has(pos)
}

// Backlog is how many runs of rows this process finished that Read has not
// returned yet.
func (s *Store) Backlog() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fresh)
}

// take finds the extent that begins at pos, and forgets a fresh one.
func (s *Store) take(pos int64) (extent, bool) {
	if e, ok := s.fresh[pos]; ok {
		delete(s.fresh, pos)
		return e, true
	}
	i := sort.Search(len(s.resumed), func(i int) bool { return s.resumed[i].pos >= pos })
	if i < len(s.resumed) && s.resumed[i].pos == pos {
		return s.resumed[i], true
	}
	return extent{}, false
}

func (s *Store) readExtent(e extent, buf []byte) ([][]byte, []byte, error) {
	records, buf, err := s.fetch(&s.reading, e, buf)
	if err != nil {
		return nil, buf, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[e.part-1]
	p.unread -= int(e.rows)
	s.dropIfRead(p)
	return records, buf, nil
}

// Record returns the record of a row that an earlier process finished, as Read
// does; nil if there is none. One goroutine may call it while another calls Read.
func (s *Store) Record(pos int64) ([]byte, error) {
	i := sort.Search(len(s.resumed), func(i int) bool { return s.resumed[i].pos > pos }) - 1
	if i < 0 || pos >= s.resumed[i].pos+int64(s.resumed[i].rows) {
		return nil, nil
	}
	e := s.resumed[i]
	if s.peeked.rows == nil || s.peeked.extent != e {
		rows, buf, err := s.fetch(&s.peeked.handle, e, s.peeked.buf)
		if err != nil {
			return nil, err
		}
		s.peeked.extent, s.peeked.rows, s.peeked.buf = e, rows, buf
	}
	return s.peeked.rows[pos-e.pos], nil
}

// peeked is the extent that Record looked at last.
type peeked struct {
	handle handle
	extent extent
	rows   [][]byte
	buf    []byte
}

// handle keeps the part that was read last open.
type handle struct {
	f    *os.File
	part int
}

func (s *Store) fetch(h *handle, e extent, buf []byte) ([][]byte, []byte, error) {
	s.mu.Lock()
	p := s.parts[e.part-1]
	s.mu.Unlock()
	f := p.f
	if !s.private { // the part's own handle closes when it was synced
		if err := h.open(filepath.Join(s.dir, p.name), p.number); err != nil {
			return nil, buf, err
		}
		f = h.f
	}
	if cap(buf) < int(e.bytes) {
		buf = make([]byte, e.bytes)
	}
	buf = buf[:e.bytes]
	if _, err := f.ReadAt(buf, e.off); err != nil {
		return nil, buf, fmt.Errorf("read checkpoint part %s: %w", p.name, err)
	}
	records, err := split(buf, int(e.rows))
	if err != nil {
		return nil, buf, &DamageError{File: filepath.Join(s.dir, p.name), What: err.Error()}
	}
	return records, buf, nil
}

func (h *handle) open(path string, part int) error {
	if h.f != nil && h.part == part {
		return nil
	}
	if h.f != nil {
		if err := h.f.Close(); err != nil {
			return err
		}
		h.f = nil
	}
	f, err := os.Open(path)
	h.f, h.part = f, part
	return err
}

func split(data []byte, rows int) ([][]byte, error) {
	records := make([][]byte, 0, rows)
	for range rows {
		n := recordEnd(data)
		comma := bytes.IndexByte(data, ',')
		if n < 0 || comma < 0 || comma >= n {
			return nil, fmt.Errorf("%d records expected, %d found", rows, len(records))
		}
		records = append(records, data[comma+1:n])
		data = data[n:]
	}
	return records, nil
}
