package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"prism/internal/bench/measure"
)

// measureMemory measures the peak memory with 64 calls in flight on a large
// table: with a server that answers, and while the first call hangs, so that all
// other rows wait for it.
func measureMemory(c *config) ([]figure, error) {
	input, err := c.makeTable(c.rows)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, m := range []struct {
		what  string
		flags []string
		limit float64 // MiB
	}{
		{"resident memory, 64 in flight", nil, 96},
		{"the same while the first call hangs", []string{"--faults", "hang:calls=1"}, 128},
	} {
		s, err := c.startServer(append([]string{"--latency", "20ms"}, m.flags...)...)
		if err != nil {
			return nil, err
		}
		peak, err := c.peakMemory(s, input)
		s.stop()
		if err != nil {
			return nil, err
		}
		mib := float64(peak) / (1 << 20)
		figures = append(figures, figure{
			fmt.Sprintf("%s, %d rows in the file", m.what, c.rows), fmt.Sprintf("%.0f MiB", mib), fmt.Sprintf("at most %.0f MiB", m.limit), mib > m.limit,
		})
	}
	return figures, nil
}

// peakMemory runs prism-classify for half the duration of a benchmark and returns
// its largest resident memory in bytes.
func (c *config) peakMemory(s *fakeServer, input string) (int64, error) {
	p, err := c.startClassify(s, "memory", input, nil, withStatusAndLogs("--parallel", "64")...)
	if err != nil {
		return 0, err
	}
	if _, err := p.waitFirstCall(time.Minute); err != nil {
		return 0, err
	}
	time.Sleep(c.duration / 2)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	if err := p.cmd.Wait(); p.cmd.ProcessState.ExitCode() != 143 {
		return 0, fmt.Errorf("%w: %s", err, p.stderr.String())
	}
	return measure.Finished(p.began, p.cmd.ProcessState).Peak, nil
}

// measureFirstCall measures how soon the worker of the last rows of a large file
// sends its first call.
func measureFirstCall(c *config) ([]figure, error) {
	return c.withServer(c.rows, nil, func(s *fakeServer, input string) ([]figure, error) {
		info, err := os.Stat(input)
		if err != nil {
			return nil, err
		}
		var figures []figure
		for _, workers := range []int{16, 1000} {
			unit, err := c.lastUnitFlags(input, workers)
			if err != nil {
				return nil, err
			}
			var samples []measure.Sample
			for range c.rounds {
				p, err := c.startClassify(s, "first", input, nil, withStatusAndLogs(append(unit, "--limit", "10")...)...)
				if err != nil {
					return nil, err
				}
				took, err := p.waitFirstCall(time.Minute)
				if err != nil {
					return nil, err
				}
				if _, err := p.waitSuccess(); err != nil {
					return nil, err
				}
				samples = append(samples, measure.Sample{Wall: took})
			}
			took := measure.Median(samples).Wall
			figures = append(figures, figure{
				fmt.Sprintf("first call of the last of %d workers on a file of %.2f GB", workers, float64(info.Size())/1e9),
				fmt.Sprintf("%.0f ms", 1000*took.Seconds()), "within 100 ms", took > 100*time.Millisecond,
			})
		}
		return figures, nil
	})
}

// lastUnitFlags returns prism-classify's flags for the last unit of a file that
// prism-split cuts for so many workers.
func (c *config) lastUnitFlags(input string, workers int) ([]string, error) {
	out, err := exec.Command(filepath.Join(c.bin, "prism-split"), "--workers", strconv.Itoa(workers), "--format", "tsv", input).Output()
	if err != nil {
		return nil, fmt.Errorf("prism-split: %w", err)
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
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
