package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const batch = 10

// with makes a table of so many rows, and a server for as long as do works on them.
func (c *config) with(rows int, flags []string, do func(s *server, input string) ([]figure, error)) ([]figure, error) {
	input, err := c.table(rows)
	if err != nil {
		return nil, err
	}
	s, err := c.serve(flags...)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	return do(s, input)
}

// instant measures what the client costs where the server costs nothing.
func instant(c *config) ([]figure, error) {
	const rows = 100_000
	return c.with(rows, nil, func(s *server, input string) ([]figure, error) {
		var walls, cpus, kernels []time.Duration
		for range c.rounds {
			p, err := c.start(s, "instant", input, nil, logged("--parallel", "8")...)
			if err != nil {
				return nil, err
			}
			wall, cpu, err := p.wait()
			if err != nil {
				return nil, err
			}
			walls, cpus, kernels = append(walls, wall), append(cpus, cpu), append(kernels, p.cmd.ProcessState.SystemTime())
		}
		perCall := float64(median(cpus).Microseconds()) / (rows / batch)
		kernel := float64(median(kernels).Microseconds()) / (rows / batch)
		rate := rows / median(walls).Seconds()
		return []figure{
			{"client's CPU a call, 8 in flight, all work included", fmt.Sprintf("%.0f µs, %.0f of them the kernel's", perCall, kernel), "at most 150 µs", perCall > 150},
			{"rows/s, the server answers at once", fmt.Sprintf("%.0f", rate), "at least 20000", rate < 20_000},
		}, nil
	})
}

// Works that wait: the server takes latency a call and works on slots at once.
const (
	latency = 200 * time.Millisecond
	slots   = 8
)

func slow() []string { return []string{"--latency", latency.String(), "--slots", strconv.Itoa(slots)} }

// use measures how much of the server's time one process uses.
func use(c *config) ([]figure, error) {
	calls := c.seconds * int(time.Second/latency) * slots
	return c.with(calls*batch, slow(), func(s *server, input string) ([]figure, error) {
		wall, _, err := c.label(s, "use", input, logged("--parallel", strconv.Itoa(slots))...)
		if err != nil {
			return nil, err
		}
		ideal := time.Duration(calls/slots) * latency
		share := 100 * ideal.Seconds() / wall.Seconds()
		return []figure{{
			fmt.Sprintf("use of 8 slots of %v for %d s, --parallel 8, start and end included", latency, c.seconds),
			fmt.Sprintf("%.1f%%", share), "at least 99%", share < 99,
		}}, nil
	})
}

// scaling measures several processes, one call in flight each and as many rows
// for each.
func scaling(c *config) ([]figure, error) {
	share := c.seconds / 3 * int(time.Second/latency) * batch // rows a process
	return c.with(slots*share, slow(), func(s *server, input string) ([]figure, error) {
		var figures []figure
		var one time.Duration
		for _, n := range []int{1, 2, 4, 8} {
			took, err := c.together(s, input, share, n)
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

// together runs n processes, each on its share of rows.
func (c *config) together(s *server, input string, share, n int) (time.Duration, error) {
	began := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			_, _, errs[i] = c.label(s, fmt.Sprint("worker", i), input, logged(rowRange(i*share+1, (i+1)*share)...)...)
		})
	}
	wg.Wait()
	return time.Since(began), errors.Join(errs...)
}

// overhead measures what status, logs and the progress line cost at 100 rows/s.
func overhead(c *config) ([]figure, error) {
	rows := 100 * c.seconds / 2
	return c.with(rows, slow(), func(s *server, input string) ([]figure, error) {
		var with, without, walls []time.Duration
		for range c.rounds {
			terminal, err := openTerminal()
			if err != nil {
				return nil, err
			}
			p, err := c.start(s, "overhead", input, terminal.stderr, logged("--parallel", "2")...)
			if err != nil {
				return nil, err
			}
			wall, cpu, err := p.wait()
			terminal.close()
			if err != nil {
				return nil, err
			}
			with, walls = append(with, cpu), append(walls, wall)
			_, cpu, err = c.label(s, "overhead", input, "--parallel", "2", "--quiet")
			if err != nil {
				return nil, err
			}
			without = append(without, cpu)
		}
		wall := median(walls).Seconds()
		more := 100 * (median(with) - median(without)).Seconds() / wall
		all := 100 * median(with).Seconds() / wall
		return []figure{
			{"status, heartbeat, logs and progress line at 100 rows/s, of a core", fmt.Sprintf("%.2f%%", more), "under 2%", more >= 2},
			{"the whole client at 100 rows/s, of a core", fmt.Sprintf("%.2f%%", all), "", false},
		}, nil
	})
}

// memory measures the peak while many calls are in flight on a large table, also
// while the first call hangs and all rows wait for it.
func memory(c *config) ([]figure, error) {
	input, err := c.table(c.rows)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, m := range []struct {
		what  string
		flags []string
	}{
		{"resident memory, 64 in flight", nil},
		{"the same while the first call hangs", []string{"--faults", "hang:calls=1"}},
	} {
		s, err := c.serve(append([]string{"--latency", "20ms"}, m.flags...)...)
		if err != nil {
			return nil, err
		}
		peak, err := c.peak(s, input)
		s.stop()
		if err != nil {
			return nil, err
		}
		mib := float64(peak) / (1 << 20)
		figures = append(figures, figure{fmt.Sprintf("%s, %d rows in the file", m.what, c.rows), fmt.Sprintf("%.0f MiB", mib), "at most 64 MiB", mib > 64})
	}
	return figures, nil
}

// peak labels for some time and returns the most bytes that were resident.
func (c *config) peak(s *server, input string) (int64, error) {
	p, err := c.start(s, "memory", input, nil, logged("--parallel", "64")...)
	if err != nil {
		return 0, err
	}
	if _, err := p.firstCall(time.Minute); err != nil {
		return 0, err
	}
	time.Sleep(time.Duration(c.seconds) * time.Second / 2)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	if err := p.cmd.Wait(); p.cmd.ProcessState.ExitCode() != 143 {
		return 0, fmt.Errorf("%w: %s", err, p.stderr.String())
	}
	return peakMemory(p.cmd.ProcessState), nil
}

// firstCall waits for the first line of the call log and returns how long after
// the start that call was sent.
func (p *process) firstCall(most time.Duration) (time.Duration, error) {
	path := filepath.Join(p.dir, "logs", "bench", "calls_w1.jsonl")
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		data, _ := os.ReadFile(path) // not yet there, or in part
		line, _, whole := strings.Cut(string(data), "\n")
		if !whole {
			continue
		}
		var call struct{ Time time.Time }
		if err := json.Unmarshal([]byte(line), &call); err != nil {
			return 0, err
		}
		return call.Time.Sub(p.began), nil
	}
	p.cmd.Process.Kill()
	p.cmd.Wait()
	return 0, fmt.Errorf("%w: %s", errNoCall, p.stderr.String())
}

// firstCall measures how soon a worker is at work whose range ends a large file.
func firstCall(c *config) ([]figure, error) {
	return c.with(c.rows, nil, func(s *server, input string) ([]figure, error) {
		info, err := os.Stat(input)
		if err != nil {
			return nil, err
		}
		var figures []figure
		for _, workers := range []int{16, 1000} {
			unit, err := c.lastUnit(input, workers)
			if err != nil {
				return nil, err
			}
			var times []time.Duration
			for range c.rounds {
				p, err := c.start(s, "first", input, nil, logged(append(unit, "--limit", "10")...)...)
				if err != nil {
					return nil, err
				}
				took, err := p.firstCall(time.Minute)
				if err != nil {
					return nil, err
				}
				if _, _, err := p.wait(); err != nil {
					return nil, err
				}
				times = append(times, took)
			}
			took := median(times)
			figures = append(figures, figure{
				fmt.Sprintf("first call of the last of %d workers on a file of %.2f GB", workers, float64(info.Size())/1e9),
				ms(took), "within 100 ms", took > 100*time.Millisecond,
			})
		}
		return figures, nil
	})
}

// lastUnit asks prism-split for the last unit's flags.
func (c *config) lastUnit(input string, workers int) ([]string, error) {
	out, err := exec.Command(filepath.Join(c.bin, "prism-split"), "--workers", strconv.Itoa(workers), "--no-check", "--format", "tsv", input).Output()
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	names, values := strings.Split(lines[0], "\t"), strings.Split(lines[len(lines)-1], "\t")
	var flags []string
	for i, name := range names {
		switch name {
		case "row_start", "row_end", "byte_start", "byte_end", "input_sum":
			flags = append(flags, "--"+strings.ReplaceAll(name, "_", "-"), values[i])
		}
	}
	return flags, nil
}
