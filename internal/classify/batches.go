package classify

import (
	"errors"
	"io"

	"prism/internal/checkpoint"
	"prism/internal/job"
)

// batchMaker makes batches of the rows that the reader reads, and sends them to the
// coordinator. A batch is full where it can be: rows that need no call are sent beside those
// to ask for, which wait for more.
type batchMaker struct {
	e    *engine
	quit <-chan struct{}

	unseen []*row // that were not looked up in the cache; without one there are none
	rows   []*row // to ask for
	blank  []*row
	cached []*row // with an answer
	held   int    // bytes of the rows that wait for the answer of another since the last batch
	behind int    // bytes of the rows without a call that came after the first of rows and unseen
}

// maxBlank is how many blank rows are settled together.
const maxBlank = 64

// maxBehindShare is the part of the window, one of so many, that rows without a call may fill
// while a row before them waits for a full batch. Then it is asked for: else the window, once full,
// would keep it waiting for ever.
const maxBehindShare = 8

// readBatches sends the rows that are still to do, so many at a time, until the
// source ends or quit closes. A bad record ends it with an error after the rows before.
func (e *engine) readBatches(quit <-chan struct{}) error {
	defer close(e.batches)
	m := &batchMaker{e: e, quit: quit}
	for {
		r, err := e.source.next()
		if err != nil {
			m.sendRest()
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		e.tellSeen(r.pos)
		isBlank := r.blank && e.c.Blank != job.BlankAsked
		if state := e.store.State(r.pos); state != checkpoint.Unfinished {
			e.meter.countSkipped(state == checkpoint.Finished, isBlank)
			continue
		}
		if !m.addRow(r, isBlank) {
			return nil
		}
	}
}

// addRow adds a row and sends what is to be sent then. It returns false after quit.
func (m *batchMaker) addRow(r *row, isBlank bool) bool {
	if len(m.rows)+len(m.unseen) == 0 {
		m.behind = 0
	}
	size := m.e.c.Options.BatchSize
	switch {
	case isBlank:
		m.blank = append(m.blank, r)
		m.behind += r.size()
	case m.e.answers == nil:
		m.rows = append(m.rows, r)
	default:
		if m.unseen = append(m.unseen, r); len(m.unseen) == size {
			m.lookUp()
		}
	}
	waitsTooLong := m.behind > m.e.c.MaxWindow/maxBehindShare
	if waitsTooLong {
		m.lookUp()
	}
	switch {
	case len(m.rows) >= size || waitsTooLong && len(m.rows) > 0:
		return m.send(min(len(m.rows), size))
	case len(m.blank) == maxBlank || len(m.cached) > 0 || m.held > 0:
		return m.send(0)
	}
	return true
}

// lookUp looks the unseen rows up in the cache.
func (m *batchMaker) lookUp() {
	if len(m.unseen) == 0 {
		return
	}
	ask, cached, waiting := m.e.answers.lookUp(m.unseen)
	m.unseen = m.unseen[:0]
	m.rows, m.cached = append(m.rows, ask...), append(m.cached, cached...)
	for _, r := range cached {
		m.behind += r.size()
		for _, v := range r.answer.found.Values {
			m.behind += len(v)
		}
	}
	m.held += waiting
	m.behind += waiting
}

// send sends the first n rows to ask for, and all that need no call. It returns false after quit.
func (m *batchMaker) send(n int) bool {
	b := newBatch(m.rows[:n:n], false)
	b.blank, b.cached, b.held = m.blank, m.cached, m.held
	m.rows, m.blank, m.cached, m.held = m.rows[n:], nil, nil, 0
	if len(m.rows) == 0 {
		m.rows, m.behind = nil, 0
	}
	select {
	case m.e.batches <- b:
		return true
	case <-m.quit:
		return false
	}
}

// sendRest sends all that is left.
func (m *batchMaker) sendRest() {
	m.lookUp()
	for len(m.rows)+len(m.blank)+len(m.cached)+m.held > 0 {
		if !m.send(min(len(m.rows), m.e.c.Options.BatchSize)) {
			return
		}
	}
}

// size is about the bytes of a row that is finished, or waits without its texts.
func (r *row) size() int { return len(r.kept) + rowOverhead }
