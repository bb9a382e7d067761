package stats

import (
	"math"
	"time"
)

// QuantileError is the largest relative error of a quantile of Latency.
const QuantileError = 0.01

// Latency is the duration of calls in seconds. Quantiles (nearest rank) are within
// QuantileError; minimum, mean and maximum are exact.
type Latency struct {
	Calls int64   `json:"calls"` // with a known duration
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// latencySketch counts durations in buckets that grow by a constant factor
// (DDSketch: C. Masson, J. Rim, H. Lee, VLDB 2019). The zero value is ready to use;
// it takes at most 11 KiB. Durations beyond maxBuckets share the last one.
type latencySketch struct {
	buckets  []int64 // bucket i: durations above growth^(i-1) µs, up to growth^i µs
	count    int64
	sum      time.Duration
	min, max time.Duration
}

const (
	growth     = (1 + QuantileError) / (1 - QuantileError)
	maxBuckets = 1400 // up to about 16 days
)

func (d *latencySketch) observe(t time.Duration) {
	t = max(t, 0)
	if d.count == 0 || t < d.min {
		d.min = t
	}
	d.max = max(d.max, t)
	d.count++
	d.sum += t
	i := 0
	if us := float64(t) / float64(time.Microsecond); us > 1 {
		i = min(int(math.Ceil(math.Log(us)/math.Log(growth))), maxBuckets-1)
	}
	if i >= len(d.buckets) {
		d.buckets = append(d.buckets, make([]int64, i+1-len(d.buckets))...)
	}
	d.buckets[i]++
}

// quantile is the duration in seconds that a share q of the calls do not exceed.
func (d *latencySketch) quantile(q float64) float64 {
	rank := max(int64(math.Ceil(q*float64(d.count))), 1)
	for i, n := range d.buckets {
		if rank -= n; rank <= 0 {
			us := math.Pow(growth, float64(i)) * (1 - QuantileError)
			return min(max(us/1e6, d.min.Seconds()), d.max.Seconds())
		}
	}
	return 0
}

func (d *latencySketch) summarize() Latency {
	if d.count == 0 {
		return Latency{}
	}
	return Latency{
		Calls: d.count, Min: d.min.Seconds(), Mean: d.sum.Seconds() / float64(d.count),
		P50: d.quantile(0.5), P90: d.quantile(0.9), P95: d.quantile(0.95), P99: d.quantile(0.99), Max: d.max.Seconds(),
	}
}

// LatencyBar is the number of calls that took more than From and at most To seconds.
type LatencyBar struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Calls int64   `json:"calls"`
}

const maxBars = 40

// bars joins the buckets to at most maxBars bars of equal factor, from the first
// bucket with calls to the last. The last bar ends with the longest call.
func (d *latencySketch) bars() []LatencyBar {
	first := 0
	for first < len(d.buckets) && d.buckets[first] == 0 {
		first++
	}
	each := max((len(d.buckets)-first+maxBars-1)/maxBars, 1)
	bars := []LatencyBar{}
	for i := first; i < len(d.buckets); i += each {
		bar := LatencyBar{From: math.Pow(growth, float64(i-1)) / 1e6, To: math.Pow(growth, float64(i+each-1)) / 1e6}
		for _, n := range d.buckets[i:min(i+each, len(d.buckets))] {
			bar.Calls += n
		}
		if most := d.max.Seconds(); i+each >= len(d.buckets) && most > bar.From {
			bar.To = most
		}
		bars = append(bars, bar)
	}
	return bars
}
