// Package measure says what finished processes took: time, CPU and memory, and medians of runs. What
// is run, how often, and which targets it has is left to the benchmarks.
package measure

import (
	"cmp"
	"os"
	"slices"
	"time"
)

// Sample is what one run of a process took.
type Sample struct {
	Wall time.Duration // from start to end
	CPU  time.Duration // of the process and its children, the kernel's time included
	// System is the part of CPU that the kernel used.
	System time.Duration
	// Peak is the largest resident memory in bytes, or that of one of the
	// children if it was larger; 0 where the system does not tell.
	Peak int64
}

// Finished returns the sample of a process that was started at began and has
// just ended.
func Finished(began time.Time, p *os.ProcessState) Sample {
	return Sample{
		Wall: time.Since(began), CPU: p.UserTime() + p.SystemTime(), System: p.SystemTime(), Peak: peakMemory(p),
	}
}

// Median returns the median of each figure by itself; the upper one of an even
// number. There must be a sample.
func Median(samples []Sample) Sample {
	return Sample{
		Wall:   MedianOf(samples, func(s Sample) time.Duration { return s.Wall }),
		CPU:    MedianOf(samples, func(s Sample) time.Duration { return s.CPU }),
		System: MedianOf(samples, func(s Sample) time.Duration { return s.System }),
		Peak:   MedianOf(samples, func(s Sample) int64 { return s.Peak }),
	}
}

// MedianOf returns the median of one figure of runs; the upper one of an even number. There
// must be a run.
func MedianOf[Run any, T cmp.Ordered](runs []Run, figure func(Run) T) T {
	var values []T
	for _, s := range runs {
		values = append(values, figure(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
