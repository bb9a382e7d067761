package cache

import (
	"context"
	"time"

	"prism/internal/reply"
)

const (
	maxQueuedBytes = 16 << 20 // of answers that wait to be written
	maxKeys        = 64       // of one query
)

// gatherFor is how long the writer waits for more answers after the first: a transaction costs
// about as much as the answers of a batch.
const gatherFor = 200 * time.Millisecond

// entry is an answer on its way to the disk.
type entry struct {
	key Key
	row reply.Row
}

// size is about its bytes in memory.
func (e *entry) size() int {
	size := 2*len(e.key) + 64
	for _, v := range e.row.Values {
		size += len(v) + 16
	}
	return size + 8*(len(e.row.Confidence)+len(e.row.Agreement))
}

// Lookup finds the answers of keys, which are distinct. It returns one row a key, without a
// RowID, which is nil where there is no answer.
func (c *Cache) Lookup(keys []Key) []*reply.Row {
	found := make([]*reply.Row, len(keys))
	missing := make([]Key, 0, len(keys))
	places := make(map[Key]int, len(keys))
	c.mu.Lock()
	ended := c.ended != nil
	for i, k := range keys {
		if e, ok := c.queued[k]; ok {
			row := e.row
			found[i] = &row
		} else {
			missing, places[k] = append(missing, k), i
		}
	}
	c.mu.Unlock()
	for len(missing) > 0 && !ended {
		n := min(len(missing), c.db.width)
		err := guardFaults(func() error { return c.query(missing[:n], func(k Key, r *reply.Row) { found[places[k]] = r }) })
		if err != nil {
			c.end("read the cache %s: %v; the run continues without it", err)
			break
		}
		missing = missing[n:]
	}
	return found
}

// query gives each the answers of up to width keys.
func (c *Cache) query(keys []Key, each func(Key, *reply.Row)) error {
	c.args = c.args[:0]
	for i := range c.db.width {
		if i < len(keys) {
			c.args = append(c.args, keys[i][:])
		} else {
			c.args = append(c.args, nil)
		}
	}
	rows, err := c.db.lookUp.Query(c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var oldest int64
	if c.o.TTL > 0 {
		oldest = c.o.Now().Add(-c.o.TTL).Unix()
	}
	for rows.Next() {
		var keyBytes, answer []byte
		var sum, made int64
		if err := rows.Scan(&keyBytes, &answer, &sum, &made); err != nil {
			return err
		}
		if c.o.TTL > 0 && made < oldest || len(keyBytes) != len(Key{}) {
			continue
		}
		key := Key(keyBytes)
		if checksum(&key, answer) != sum {
			continue // it is asked for again, and replaced
		}
		if r, err := readAnswer(answer, c.o.Columns); err == nil {
			each(key, &r)
		}
	}
	return rows.Err()
}

// Store keeps the answer of a row. It does not wait for the disk.
func (c *Cache) Store(key Key, row reply.Row) {
	e := &entry{key, row}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return
	}
	if c.bytes+e.size() > maxQueuedBytes {
		if !c.late {
			c.late = true
			c.o.Warn("the cache %s is slower than the model: some answers are not kept", c.db.path)
		}
		return
	}
	c.bytes += e.size()
	c.queued[key], c.order = e, append(c.order, e)
	select {
	case c.wake <- struct{}{}:
	default: // the writer is about to look
	}
}

// writeQueued writes the queued answers until Close.
func (c *Cache) writeQueued() {
	defer close(c.done)
	var buf []byte
	for closed := false; !closed; {
		select {
		case <-c.wake:
		case <-c.closing.Done():
		}
		_ = c.o.Sleep(c.closing, gatherFor) // Close ends it
		closed = c.closing.Err() != nil     // then this is the last time: nothing is stored after Close
		c.mu.Lock()
		entries, ended := c.order, c.ended != nil
		c.order = nil
		c.mu.Unlock()
		if len(entries) > 0 && !ended {
			if err := guardFaults(func() (err error) { buf, err = c.writeAnswers(entries, buf); return err }); err != nil {
				c.end("write the cache %s: %v; the run continues without it", err)
			}
		}
		c.forgetQueued(entries)
	}
}

// forgetQueued forgets answers that are written, or cannot be.
func (c *Cache) forgetQueued(entries []*entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range entries {
		c.bytes -= e.size()
		if c.queued[e.key] == e {
			delete(c.queued, e.key)
		}
	}
}

// writeAnswers writes answers in one transaction. It uses the memory of buf.
func (c *Cache) writeAnswers(entries []*entry, buf []byte) ([]byte, error) {
	ctx := context.Background()
	if _, err := c.db.writes.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return buf, err
	}
	now := c.o.Now().Unix()
	for _, e := range entries {
		buf = appendAnswer(buf[:0], &e.row)
		if _, err := c.db.upsert.Exec(e.key[:], buf, checksum(&e.key, buf), now); err != nil {
			return buf, c.rollBack(err)
		}
	}
	if _, err := c.db.writes.ExecContext(ctx, "COMMIT"); err != nil {
		return buf, c.rollBack(err)
	}
	return buf, nil
}

// rollBack gives the database free for other processes after an error, which it returns.
func (c *Cache) rollBack(err error) error {
	_, _ = c.db.writes.ExecContext(context.Background(), "ROLLBACK") // most errors did it already
	return err
}
