package extsort

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"prism/internal/fsutil"
)

// tempFile holds sorted runs one after the other, each item after a frame of
// its key and length. The file is made when it is needed.
type tempFile struct {
	f    *os.File
	size int64

	mu   sync.Mutex
	bufs [][]byte
	sum  byte
}

const (
	frameSize = 12
	// Writes are of so many bytes, at multiples of it.
	writeBuffer = 256 << 10
	maxWriters  = 4
	// releasePiece is how many bytes of a run are read before their space is
	// given back.
	releasePiece = 4 << 20
)

func (t *tempFile) open() error {
	if t.f != nil {
		return nil
	}
	f, err := fsutil.CreateTemp("prism-sort-*.tmp")
	if err != nil {
		return err
	}
	t.f = f
	return nil
}

func (t *tempFile) close() error {
	if t.f == nil {
		return nil
	}
	return fsutil.CloseTemp(t.f)
}

// write appends a sorted chunk as a run. Gathering its items from all over the
// memory is slow, so several goroutines do it, each for a piece of the run.
func (t *tempFile) write(ctx context.Context, c *chunk) (Run, error) {
	if err := t.open(); err != nil {
		return nil, err
	}
	var g errgroup.Group
	pieces := min(runtime.GOMAXPROCS(0), maxWriters)
	from, at := 0, t.size
	for p := range pieces {
		to := len(c.entries) * (p + 1) / pieces
		size := int64(0)
		for _, e := range c.entries[from:to] {
			size += frameSize + e.ref.size()
		}
		entries, offset := c.entries[from:to], at
		g.Go(func() error { return t.writePiece(ctx, c.windows, entries, offset) })
		from, at = to, at+size
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	run := t.run(t.size, at-t.size)
	t.size = at
	return run, nil
}

func (t *tempFile) writePiece(ctx context.Context, windows [][]byte, entries []entry, at int64) error {
	buf, room := t.buffer(), writeBuffer-int(at%writeBuffer)
	sum := byte(0)
	defer func() { t.giveBack(buf, sum) }()
	for i, e := range entries {
		if i%fetchAhead == 0 {
			sum += fetch(windows, entries[i:min(i+fetchAhead, len(entries))])
		}
		buf = appendFrame(buf, e.key, e.ref.item(windows))
		for len(buf) >= room {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if _, err := t.f.WriteAt(buf[:room], at); err != nil {
				return fmt.Errorf("write a temporary file: %w", err)
			}
			buf = append(buf[:0], buf[room:]...)
			at += int64(room)
			room = writeBuffer
		}
	}
	if _, err := t.f.WriteAt(buf, at); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	return nil
}

// append adds bytes of frames to the end.
func (t *tempFile) append(b []byte) error {
	if _, err := t.f.WriteAt(b, t.size); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	t.size += int64(len(b))
	return nil
}

// fetchAhead is how many items are fetched together.
const fetchAhead = 16

// fetch looks at items that lie all over the memory, so that the processor
// waits for all of them at once and not, when they are copied, for each.
func fetch(windows [][]byte, entries []entry) (sum byte) {
	for _, e := range entries {
		item := e.ref.item(windows)
		sum += item[0] + item[len(item)-1]
	}
	return sum
}

func appendFrame(dst []byte, key uint64, item []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, key)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(item)))
	return append(dst, item...)
}

func (t *tempFile) buffer() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.bufs); n > 0 {
		b := t.bufs[n-1]
		t.bufs = t.bufs[:n-1]
		return b
	}
	return make([]byte, 0, writeBuffer+writeBuffer/8)
}

func (t *tempFile) giveBack(b []byte, sum byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum += sum
	t.bufs = append(t.bufs, b[:0])
}

// run reads the frames of size bytes from offset start on, once: their space is
// given back as they are read.
func (t *tempFile) run(start, size int64) Run {
	return func(_ context.Context, bytes int, yield func(*Batch) error) error {
		b := &Batch{}
		at, released, end := start, start, start+size
		for at < end {
			n := min(int64(bytes), end-at)
			used, err := t.readBatch(b, at, n)
			for err == nil && used == 0 && n < end-at {
				n = min(2*n, end-at) // one item is longer than the batch
				used, err = t.readBatch(b, at, n)
			}
			if err == nil && used == 0 {
				err = errors.New("it was damaged")
			}
			if err != nil {
				return fmt.Errorf("read a temporary file: %w", err)
			}
			at += used
			if err := yield(b); err != nil {
				return err
			}
			if at-released >= releasePiece || at == end {
				fsutil.PunchHole(t.f, released, at-released)
				released = at
			}
		}
		return nil
	}
}

// readBatch reads the whole frames in n bytes from offset at on, and returns
// how many bytes these are.
func (t *tempFile) readBatch(b *Batch, at, n int64) (int64, error) {
	b.Reset()
	if int64(cap(b.Data)) < n {
		b.Data = make([]byte, n)
	}
	b.Data = b.Data[:n]
	if got, err := t.f.ReadAt(b.Data, at); int64(got) < n {
		return 0, errors.Join(io.ErrUnexpectedEOF, err)
	}
	i := 0
	for i+frameSize <= len(b.Data) {
		key := binary.LittleEndian.Uint64(b.Data[i:])
		size := int(binary.LittleEndian.Uint32(b.Data[i+8:]))
		end := i + frameSize + size
		if end > len(b.Data) {
			break
		}
		b.Keys = append(b.Keys, key)
		b.Items = append(b.Items, Span{uint32(i + frameSize), uint32(end)})
		i = end
	}
	return int64(i), nil
}
