// Package rate measures how fast a count grows: rows a second, tokens a second.
package rate

import "time"

const (
	meterWindow  = 30 * time.Second
	meterSamples = 64
	meterChanges = 4
)

// Meter gives the rate of a growing count over the last half minute, or over
// the last four changes where these took longer (slow models with large
// batches). The zero Meter is ready. It is used from one goroutine.
type Meter struct {
	ring [meterSamples]sample
	n    int // samples taken so far; sample i is at ring[i%meterSamples]
}

type sample struct {
	at    time.Time
	total float64
}

// Add tells the count as it is at a moment. The first one is where measuring
// starts (rows taken over from a checkpoint do not count as speed). A count
// that falls starts anew.
func (m *Meter) Add(at time.Time, total float64) {
	if m.n > 0 {
		last := m.at(m.n - 1)
		switch {
		case total < last.total:
			m.n = 0
		case total == last.total:
			return
		case m.n > 1 && at.Sub(m.at(m.n-2).at) < meterWindow/(meterSamples/2):
			*last = sample{at, total}
			return
		}
	}
	*m.at(m.n) = sample{at, total}
	m.n++
}

// Rest forgets what was measured: nothing grew because nothing was meant to.
// Measuring starts anew with the count as it is.
func (m *Meter) Rest(now time.Time) {
	if m.n == 0 {
		return
	}
	total := m.at(m.n - 1).total
	m.n = 0
	m.Add(now, total)
}

func (m *Meter) at(i int) *sample { return &m.ring[i%meterSamples] }

// Rate returns the count per second; 0 before a first change. It falls while
// nothing changes.
func (m *Meter) Rate(now time.Time) float64 {
	if m.n < 2 {
		return 0
	}
	oldest := max(0, m.n-meterSamples)
	base := max(oldest, m.n-1-meterChanges)
	for base > oldest && now.Sub(m.at(base).at) < meterWindow {
		base--
	}
	first, last := m.at(base), m.at(m.n-1)
	took := max(now.Sub(first.at), last.at.Sub(first.at)).Seconds()
	if took <= 0 {
		return 0
	}
	return (last.total - first.total) / took
}
