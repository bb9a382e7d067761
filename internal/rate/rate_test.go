package rate

import (
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	for _, c := range []struct {
		name string
		adds [][2]float64 // seconds, total
		now  float64
		want float64
	}{
		{"nothing", nil, 10, 0},
		{"a start only", [][2]float64{{0, 100}}, 10, 0},
		{"resumed rows are no speed", [][2]float64{{0, 1000}, {10, 1020}}, 10, 2},
		{"steady", steady(0, 60, 1, 5), 60, 5},
		{"the window forgets a slow start", append(steady(0, 100, 1, 0), steady(100, 160, 1, 7)...), 160, 7},
		{"batches slower than the window", [][2]float64{{0, 0}, {60, 10}, {120, 20}, {180, 30}, {240, 40}}, 240, 1.0 / 6},
		{"falls while nothing changes", [][2]float64{{0, 0}, {10, 100}}, 100, 1},
		{"starts anew after a fall", [][2]float64{{0, 50}, {10, 100}, {20, 0}, {30, 10}}, 30, 1},
		{"fast changes share a sample", steady(0, 60, 0.01, 300), 60, 300},
		{"no time passed", [][2]float64{{0, 0}, {0, 10}}, 0, 0},
	} {
		var m Meter
		for _, a := range c.adds {
			m.Observe(clock(a[0]), a[1])
		}
		if got := m.Rate(clock(c.now)); got < c.want*0.99 || got > c.want*1.01 {
			t.Errorf("%s: got %v/s, want %v/s", c.name, got, c.want)
		}
	}
}

func TestMeterRestarts(t *testing.T) {
	var m Meter
	for at := range 20 {
		m.Observe(clock(float64(at)), 3*float64(at))
	}
	for at := 20; at <= 100; at++ {
		m.Observe(clock(float64(at)), 60)
		m.Reset(clock(float64(at)))
	}
	if got := m.Rate(clock(100)); got != 0 {
		t.Errorf("in the rest: %v/s", got)
	}
	m.Observe(clock(102), 66)
	if got := m.Rate(clock(102)); got != 3 {
		t.Errorf("after it: %v/s, want 3", got)
	}
}

func steady(from, to, step, rate float64) (adds [][2]float64) {
	for s := from; s <= to; s += step {
		adds = append(adds, [2]float64{s, (s - from) * rate})
	}
	return adds
}

func TestMeterKeepsItsSize(t *testing.T) {
	var m Meter
	start := time.Time{}
	if n := testing.AllocsPerRun(1000, func() { start = start.Add(time.Second); m.Observe(start, float64(start.Unix())) }); n != 0 {
		t.Errorf("%v allocations an Add, want 0", n)
	}
}

var berlin = time.FixedZone("", 3600)

func clock(seconds float64) time.Time {
	return time.Date(2025, 1, 27, 14, 30, 52, 0, berlin).Add(time.Duration(seconds * float64(time.Second)))
}
