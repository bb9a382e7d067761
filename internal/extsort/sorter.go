package extsort

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Sorter takes items in any order and gives sorted runs of them: as many as
// fit into its memory are sorted at once and written to a temporary file. Two
// chunks are in memory at a time, one filling while the other is sorted.
type Sorter struct {
	ctx   context.Context
	long  bool
	limit int64 // bytes of a chunk
	added int64 // bytes so far
	tmp   *tempFile

	filling *chunk
	idle    chan *chunk
	work    errgroup.Group
	scratch []entry

	spare [][]byte // buffers to use again
	runs  []*Run   // in order; the run of a chunk is set when that is written
}

// chunk is items that are sorted together.
type chunk struct {
	memory  [][]byte // the batches' Data
	windows [][]byte // pieces of memory that refs count in
	entries []entry
	bytes   int64
	sum     byte // what fetch gives
}

// add takes over the items of a batch and its memory.
func (c *chunk) add(b *Batch) error {
	base := uint32(0)
	c.windows = append(c.windows, b.Data)
	for i, item := range b.Items {
		if item.To-item.From >= maxItem {
			return fmt.Errorf("a record of %d MiB is too long to be sorted", (item.To-item.From)>>20)
		}
		if item.From-base >= maxFrom {
			base = item.From
			c.windows = append(c.windows, b.Data[base:])
		}
		c.entries = append(c.entries, entry{b.Keys[i], newRef(len(c.windows)-1, item.From-base, item.To-item.From)})
	}
	c.memory = append(c.memory, b.Data)
	return nil
}

// asRun gives the items of a sorted chunk from memory.
func (c *chunk) asRun() Run {
	return func(_ context.Context, bytes int, yield func(*Batch) error) error {
		b := &Batch{}
		for i, e := range c.entries {
			if i%fetchAhead == 0 {
				c.sum += fetch(c.windows, c.entries[i:min(i+fetchAhead, len(c.entries))])
			}
			b.Append(e.key, e.ref.item(c.windows))
			if len(b.Data) < bytes && i < len(c.entries)-1 {
				continue
			}
			if err := yield(b); err != nil {
				return err
			}
			b.Reset()
		}
		return nil
	}
}

// Sizes of a Sorter, in bytes.
const (
	entrySize  = 16
	minChunk   = 1 << 20
	firstChunk = 16 << 20
	// BlockSize is how many bytes of a file make a good batch.
	BlockSize = 512 << 10
	// bufferSize is a block with the rest of its last record, mostly.
	bufferSize = BlockSize + 16<<10
)

// NewSorter returns a Sorter that holds at most memory bytes, but not less than
// a few MiB. Long says that items have long keys.
func NewSorter(ctx context.Context, memory int64, long bool) *Sorter {
	s := &Sorter{ctx: ctx, long: long, limit: max(memory*2/5, minChunk), tmp: &tempFile{}, idle: make(chan *chunk, 1)}
	s.filling = &chunk{}
	s.idle <- &chunk{}
	s.work.SetLimit(1)
	return s
}

// Add takes the items of a batch. It keeps b.Data and puts another slice in
// its place.
func (s *Sorter) Add(b *Batch) error {
	if len(b.Items) == 0 {
		return nil
	}
	c := s.filling
	size := int64(cap(b.Data)) + int64(len(b.Items))*entrySize*3/2
	windows := len(c.windows) + 1 + len(b.Data)/maxFrom
	if len(c.entries) > 0 && (c.bytes+size > s.chunkBytes() || windows > maxWindows) {
		if err := s.next(); err != nil {
			return err
		}
		c = s.filling
	}
	if err := c.add(b); err != nil {
		return err
	}
	c.bytes += size
	s.added += size
	b.Reset()
	b.Data = s.buffer()
	return nil
}

// chunkBytes is how large a chunk may become. Small ones are sorted in the processor's cache, and the last,
// beside which nothing fills, is soon done. As they grow with the input, they are not too many to merge.
func (s *Sorter) chunkBytes() int64 {
	return min(s.limit, max(firstChunk, s.added/64))
}

func (s *Sorter) buffer() []byte {
	n := len(s.spare)
	if n == 0 {
		return make([]byte, 0, bufferSize)
	}
	b := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return b[:0]
}

// next hands the full chunk over and takes the idle one, when that is written.
func (s *Sorter) next() error {
	full := s.filling
	s.filling = nil
	var fresh *chunk
	select {
	case fresh = <-s.idle:
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
	if fresh == nil {
		return s.work.Wait()
	}
	s.spare = append(s.spare, fresh.memory...)
	s.filling = &chunk{memory: fresh.memory[:0], windows: fresh.windows[:0], entries: fresh.entries[:0]}
	run := new(Run)
	s.runs = append(s.runs, run)
	s.work.Go(func() (err error) {
		s.sort(full)
		if *run, err = s.tmp.write(s.ctx, full); err != nil {
			s.idle <- nil
			return err
		}
		s.idle <- full
		return nil
	})
	return nil
}

// InsertRun puts a sorted run after what was added so far and before what will be.
func (s *Sorter) InsertRun(run Run) error {
	if len(s.filling.entries) > 0 {
		if err := s.next(); err != nil {
			return err
		}
	}
	s.runs = append(s.runs, &run)
	return nil
}

func (s *Sorter) sort(c *chunk) {
	n := len(c.entries)
	if cap(s.scratch) < n {
		s.scratch = make([]entry, n+n/8)
	}
	sorted := sortEntries(c.entries, s.scratch[:n])
	if n > 0 && &sorted[0] != &c.entries[0] {
		s.scratch, c.entries = c.entries[:cap(c.entries)], sorted
	}
	if s.long {
		sortLong(c.entries, c.windows)
	}
}

// Runs ends the input and gives what came as sorted runs, in the order in which
// their items came; the last one stays in memory.
func (s *Sorter) Runs() ([]Run, error) {
	if err := s.work.Wait(); err != nil {
		return nil, err
	}
	var runs []Run
	for _, run := range s.runs {
		runs = append(runs, *run)
	}
	if c := s.filling; c != nil && len(c.entries) > 0 {
		s.sort(c)
		runs = append(runs, c.asRun())
	}
	s.scratch, s.spare = nil, nil
	select {
	case <-s.idle:
	default:
	}
	s.filling, s.runs = nil, nil
	return runs, nil
}

// MergeRuns merges consecutive runs in the temporary file until there are at most n.
func (s *Sorter) MergeRuns(runs []Run, n int, o Options) ([]Run, error) {
	o.Equal, o.framed = KeepAll, true
	for len(runs) > n {
		if err := s.tmp.open(); err != nil {
			return nil, err
		}
		group := (len(runs) + n - 1) / n
		var fewer []Run
		for len(runs) > 0 {
			g := runs[:min(group, n, len(runs))]
			runs = runs[len(g):]
			from := s.tmp.size
			o.Start = from
			if _, err := Merge(s.ctx, g, o, s.tmp.append); err != nil {
				return nil, err
			}
			fewer = append(fewer, s.tmp.run(from, s.tmp.size-from))
		}
		runs = fewer
	}
	return runs, nil
}

// Close removes the temporary file. Runs can no more be read then.
func (s *Sorter) Close() error {
	s.work.Wait()
	return s.tmp.close()
}
