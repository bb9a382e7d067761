package main

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"prism/internal/bench/measure"
)

// batchSize is the rows of a call, prism-classify's default.
const batchSize = 10

// The slow server: a call takes latency, and slots calls are served at once.
const (
	latency = 200 * time.Millisecond
	slots   = 8
)

func slowServerFlags() []string {
	return []string{"--latency", latency.String(), "--slots", strconv.Itoa(slots)}
}

// withServer makes a table of so many rows and starts a server for as long as
// measureOn takes.
func (c *config) withServer(rows int, flags []string, measureOn func(s *fakeServer, input string) ([]figure, error)) ([]figure, error) {
	input, err := c.makeTable(rows)
	if err != nil {
		return nil, err
	}
	s, err := c.startServer(flags...)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	return measureOn(s, input)
}

// measureClientCost measures what the client costs when the server answers at
// once.
func measureClientCost(c *config) ([]figure, error) {
	return c.withServer(c.instantRows, nil, func(s *fakeServer, input string) ([]figure, error) {
		var samples []measure.Sample
		for range c.rounds {
			sample, err := c.classify(s, "instant", input, withStatusAndLogs("--parallel", "8")...)
			if err != nil {
				return nil, err
			}
			samples = append(samples, sample)
		}
		median := measure.Median(samples)
		calls := float64(c.instantRows) / batchSize
		perCall := float64(median.CPU.Microseconds()) / calls
		kernel := float64(median.System.Microseconds()) / calls
		rate := float64(c.instantRows) / median.Wall.Seconds()
		return []figure{
			{"client's CPU a call, 8 in flight, all work included", fmt.Sprintf("%.0f µs, %.0f of them the kernel's", perCall, kernel), "at most 300 µs", perCall > 300},
			{"rows/s, the server answers at once", fmt.Sprintf("%.0f", rate), "at least 20000", rate < 20_000},
		}, nil
	})
}

// measureServerUse measures how much of the server's time one process uses.
func measureServerUse(c *config) ([]figure, error) {
	calls := int(c.duration/latency) * slots
	return c.withServer(calls*batchSize, slowServerFlags(), func(s *fakeServer, input string) ([]figure, error) {
		sample, err := c.classify(s, "use", input, withStatusAndLogs("--parallel", strconv.Itoa(slots))...)
		if err != nil {
			return nil, err
		}
		ideal := time.Duration(calls/slots) * latency
		share := 100 * ideal.Seconds() / sample.Wall.Seconds()
		return []figure{{
			fmt.Sprintf("use of %d slots of %v for %.0f s, --parallel %d, start and end included", slots, latency, c.duration.Seconds(), slots),
			fmt.Sprintf("%.1f%%", share), "at least 99%", share < 99,
		}}, nil
	})
}

// measureScaling measures several processes, each with one call in flight and as
// many rows.
func measureScaling(c *config) ([]figure, error) {
	share := int(c.duration/3/latency) * batchSize // rows of a process
	return c.withServer(slots*share, slowServerFlags(), func(s *fakeServer, input string) ([]figure, error) {
		var figures []figure
		var one time.Duration
		for _, n := range []int{1, 2, 4, 8} {
			took, err := c.classifyTogether(s, input, share, n)
			if err != nil {
				return nil, err
			}
			if n == 1 {
				one = took
				continue
			}
			times := float64(n) * one.Seconds() / took.Seconds()
			want := map[int]float64{2: 1.98, 4: 3.95, 8: 7.9}[n]
			figures = append(figures, figure{
				fmt.Sprintf("rows/s of %d processes, of that of one, start and end included", n),
				fmt.Sprintf("%.2f×", times), fmt.Sprintf("at least %.2f×", want), times < want,
			})
		}
		return figures, nil
	})
}

// classifyTogether runs n processes at once, each on its share of the rows, and
// returns how long all took.
func (c *config) classifyTogether(s *fakeServer, input string, share, n int) (time.Duration, error) {
	began := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		rows := []string{"--row-start", strconv.Itoa(i*share + 1), "--row-end", strconv.Itoa((i + 1) * share)}
		wg.Go(func() {
			_, errs[i] = c.classify(s, fmt.Sprint("worker", i), input, withStatusAndLogs(rows...)...)
		})
	}
	wg.Wait()
	return time.Since(began), errors.Join(errs...)
}

// measureOverhead measures what status, logs and the progress line cost at
// 100 rows/s.
func measureOverhead(c *config) ([]figure, error) {
	rows := int(100 * c.duration.Seconds() / 2)
	return c.withServer(rows, slowServerFlags(), func(s *fakeServer, input string) ([]figure, error) {
		var with, without []measure.Sample
		for range c.rounds {
			terminal, err := openTerminal()
			if err != nil {
				return nil, err
			}
			sample, err := c.classifyOnTerminal(s, input, terminal)
			terminal.closeBoth()
			if err != nil {
				return nil, err
			}
			with = append(with, sample)
			if sample, err = c.classify(s, "overhead", input, "--parallel", "2", "--quiet"); err != nil {
				return nil, err
			}
			without = append(without, sample)
		}
		m := measure.Median(with)
		extra := 100 * (m.CPU - measure.Median(without).CPU).Seconds() / m.Wall.Seconds()
		whole := 100 * m.CPU.Seconds() / m.Wall.Seconds()
		return []figure{
			{"status, heartbeat, logs and progress line at 100 rows/s, of a core", fmt.Sprintf("%.2f%%", extra), "under 2%", extra >= 2},
			{"the whole client at 100 rows/s, of a core", fmt.Sprintf("%.2f%%", whole), "", false},
		}, nil
	})
}

func (c *config) classifyOnTerminal(s *fakeServer, input string, t *terminal) (measure.Sample, error) {
	p, err := c.startClassify(s, "overhead", input, t.stderr, withStatusAndLogs("--parallel", "2")...)
	if err != nil {
		return measure.Sample{}, err
	}
	return p.waitSuccess()
}
