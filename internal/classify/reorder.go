package classify

import "prism/internal/checkpoint"

const (
	// maxWindow bounds the finished rows that wait for one before them, in bytes.
	// While more wait, no new batches are started; those under way go on, so that
	// the row that all wait for is finished.
	maxWindow = 32 << 20

	// rowOverhead is about the bytes that a waiting row takes beside its record.
	rowOverhead = 128

	// maxChunk bounds the records that are handed to the writer together, in bytes.
	maxChunk = 256 << 10
)

// reorderBuffer brings finished rows into input order. Those of this process wait in
// memory; those of an earlier one stay in the checkpoint. The coordinator alone
// uses it.
type reorderBuffer struct {
	store   *checkpoint.Store
	records map[int64][]byte // by position, with line end
	bytes   int              // of records and of ready, with overhead
	next    int64            // position that comes next
	read    int64            // the input has rows up to this position
	ready   chunk            // what the writer gets next
}

// chunk is rows that follow each other in the output: records of this process, or
// a range of positions that an earlier one finished.
type chunk struct {
	records     [][]byte
	bytes       int   // of records, with overhead
	first, last int64 // of the range; 0: records
}

func (c *chunk) isEmpty() bool { return len(c.records) == 0 && c.last == 0 }

func newReorderBuffer(store *checkpoint.Store, first int64) *reorderBuffer {
	return &reorderBuffer{store: store, records: map[int64][]byte{}, next: first, read: first - 1}
}

// addRecord adds a finished row.
func (w *reorderBuffer) addRecord(pos int64, record []byte) {
	w.records[pos] = record
	w.bytes += len(record) + rowOverhead
}

// fillChunk makes the next chunk ready, unless one is, and reports whether there is one.
// It stops at a row that is not finished, or that the input does not have: what an
// earlier process finished beyond the end of this input stays out.
func (w *reorderBuffer) fillChunk() bool {
	if !w.ready.isEmpty() {
		return true
	}
	c := &w.ready
	for w.next <= w.read && c.bytes < maxChunk {
		if record, ok := w.records[w.next]; ok {
			delete(w.records, w.next)
			c.records = append(c.records, record)
			c.bytes += len(record) + rowOverhead
			w.next++
			continue
		}
		if last := w.store.LastResumed(w.next); last > 0 {
			if len(c.records) == 0 {
				c.first, c.last = w.next, min(last, w.read)
				w.next = c.last + 1
			}
			break
		}
		if w.store.State(w.next) != checkpoint.Failed {
			break
		}
		w.next++
	}
	return !c.isEmpty()
}

// release forgets the chunk that is ready: the writer has it.
func (w *reorderBuffer) release() {
	w.bytes -= w.ready.bytes
	w.ready = chunk{}
}
