package classify

import (
	"sync"

	"prism/internal/calllog"
)

// meter counts what a worker does; the heartbeat, the progress line and the
// summary read it. The zero meter is ready.
type meter struct {
	mu      sync.Mutex
	c       Counts
	paused  int
	lastErr string
}

// Counts is what a worker has done.
type Counts struct {
	Rows         int64 // finished, those of earlier processes included
	Resumed      int64 // finished by earlier processes
	Labelled     int64 // finished by this process, with labels of the model
	Cached       int64 // of Labelled: with the answer of the cache, or of another row
	Blank        int64 // finished without a call, those of earlier processes included
	Failed       int64 // given up, those of earlier processes included
	Calls        int64
	Retries      int64 // calls repeated after a transient error
	Errors       int64 // calls that did not bring every row
	Sent         int64 // rows sent, each as often as it was
	PromptTokens int64
	Tokens       int64 // generated
	Organic      int64 // labels outside the listed values
	NoConfidence int64 // of Labelled: without a confidence that was asked for
	Gated        int64 // of Labelled: NOT_APPLICABLE, as the gate says
}

// rowTraits are how many of some labelled rows are what a summary tells of.
type rowTraits struct{ organic, noConfidence, gated int }

func (c *Counts) addLabelled(rows int, t rowTraits) {
	c.Labelled += int64(rows)
	c.Organic += int64(t.organic)
	c.NoConfidence += int64(t.noConfidence)
	c.Gated += int64(t.gated)
}

func (m *meter) countSkipped(done, blank bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !done {
		m.c.Failed++
		return
	}
	m.c.Rows++
	m.c.Resumed++
	if blank {
		m.c.Blank++
	}
}

// countBlank counts rows that are finished without a call.
func (m *meter) countBlank(rows int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c.Rows += int64(rows)
	m.c.Blank += int64(rows)
}

func (m *meter) countFinished(rows int, t rowTraits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c.Rows += int64(rows)
	m.c.addLabelled(rows, t)
}

// countCached counts rows that are finished with an answer that was there.
func (m *meter) countCached(rows int, t rowTraits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c.Rows += int64(rows)
	m.c.Cached += int64(rows)
	m.c.addLabelled(rows, t)
}

// anyFinished reports whether a call of this process or an earlier one labelled a row.
func (m *meter) anyFinished() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.c.Rows > m.c.Blank+m.c.Cached
}

func (m *meter) countFailed(reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c.Failed++
	m.lastErr = reason
}

func (m *meter) countCall(c *calllog.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.c.Calls++
	m.c.Sent += int64(c.Rows)
	if c.Attempt > 1 {
		m.c.Retries++
	}
	if c.Error != "" {
		m.c.Errors++
		m.lastErr = c.Error
	}
	m.c.PromptTokens += int64(max(c.PromptTokens, 0))
	m.c.Tokens += int64(max(c.Tokens, 0))
}

// countPaused counts the calls that wait for the end of a pause.
func (m *meter) countPaused(begins bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if begins {
		m.paused++
	} else {
		m.paused--
	}
}

// state is the counts, whether calls wait for the end of a pause, and the last error.
func (m *meter) state() (c Counts, paused bool, lastErr string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.c, m.paused > 0, m.lastErr
}
