// Package rate measures how fast a count grows: rows a second, tokens a second.
package rate

import "time"

const (
	window     = 30 * time.Second
	maxSamples = 64
	minChanges = 4
)

// Meter measures the rate of a growing count over the last half minute, or over the
// last four changes if these took longer (slow models with large batches). The zero
// Meter is ready to use. It is not safe for concurrent use.
type Meter struct {
	ring  [maxSamples]sample
	count int // samples recorded so far; sample i is at ring[i%meterSamples]
}

type sample struct {
	at    time.Time
	total float64
}

// Observe records the count at a moment. Measuring starts from the first one, so rows
// from a checkpoint do not count as speed, and again when the count falls.
func (m *Meter) Observe(at time.Time, total float64) {
	if m.count > 0 {
		last := m.sampleAt(m.count - 1)
		switch {
		case total < last.total:
			m.count = 0
		case total == last.total:
			return
		case m.count > 1 && at.Sub(m.sampleAt(m.count-2).at) < window/(maxSamples/2):
			*last = sample{at, total}
			return
		}
	}
	*m.sampleAt(m.count) = sample{at, total}
	m.count++
}

// Reset forgets the measurements, as during a pause, and starts measuring again
// from the current count.
func (m *Meter) Reset(now time.Time) {
	if m.count == 0 {
		return
	}
	total := m.sampleAt(m.count - 1).total
	m.count = 0
	m.Observe(now, total)
}

func (m *Meter) sampleAt(i int) *sample { return &m.ring[i%maxSamples] }

// Rate returns the increase per second; 0 before the first change. It falls while
// nothing changes.
func (m *Meter) Rate(now time.Time) float64 {
	if m.count < 2 {
		return 0
	}
	oldest := max(0, m.count-maxSamples)
	base := max(oldest, m.count-1-minChanges)
	for base > oldest && now.Sub(m.sampleAt(base).at) < window {
		base--
	}
	first, last := m.sampleAt(base), m.sampleAt(m.count-1)
	took := max(now.Sub(first.at), last.at.Sub(first.at)).Seconds()
	if took <= 0 {
		return 0
	}
	return (last.total - first.total) / took
}
