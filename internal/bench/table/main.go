// Benchtable measures the table tools beside what a user would pick instead,
// in one run, and prints wall time, CPU time, peak memory and ratios as
// Markdown. Rounds are interleaved, so that a slow minute of the machine hits
// all alike; medians count. Peers that are not installed are left out.
//
//	go run ./internal/bench/table -data /tmp/prism-bench -bin bin -duckdb ~/.cache/prism/peers
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

type config struct {
	data, bin, duckdb string
	rounds            int
	only              string
	slow              bool
}

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchtable", flag.ContinueOnError)
	flags.SetOutput(errOut)
	var c config
	flags.StringVar(&c.data, "data", "", "folder that benchdata wrote")
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.duckdb, "duckdb", "", "folder with node_modules/@duckdb/node-api")
	flags.IntVar(&c.rounds, "rounds", 5, "rounds to take the median of")
	flags.StringVar(&c.only, "only", "", "only works whose name has this in it")
	flags.BoolVar(&c.slow, "slow", false, "measure peers too that take minutes and gigabytes")
	if err := flags.Parse(args); err != nil || c.data == "" {
		fmt.Fprintln(errOut, "error: -data is needed")
		return 2
	}
	if err := c.measureAll(out, errOut); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func (c *config) measureAll(out, errOut io.Writer) error {
	all := slices.DeleteFunc(works(), func(w work) bool { return !strings.Contains(w.name, c.only) })
	if len(all) == 0 {
		return fmt.Errorf("no work has %q in its name", c.only)
	}
	bin, err := filepath.Abs(c.bin)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(c.data, "work-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	env := append(os.Environ(), "BIN="+bin, "DATA="+c.data, "WORK="+folder, "DUCKDB="+c.duckdb, "TMPDIR="+folder, "LC_ALL=C")
	fmt.Fprintf(out, "%d cores, %s, %s. %s\n\n", runtime.NumCPU(), memory(), versions(c.duckdb), c.sizes())
	missed := 0
	for _, w := range all {
		w.rivals = slices.DeleteFunc(w.rivals, func(r rival) bool { return r.slow && !c.slow || !r.installed(c.duckdb) })
		results := make([][]sample, len(w.rivals))
		for round := range c.rounds {
			for i, r := range w.rivals {
				if r.slow && round > 0 {
					continue
				}
				fmt.Fprintf(errOut, "\r%-60s", fmt.Sprintf("%s: %s, round %d of %d", w.name, r.name, round+1, c.rounds))
				s, err := measure(r.command, folder, env)
				if err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
				results[i] = append(results[i], s)
			}
		}
		fmt.Fprintf(errOut, "\r%-60s\r", "")
		missed += w.print(out, results)
	}
	if missed > 0 {
		fmt.Fprintf(out, "%d targets missed\n", missed)
	}
	return nil
}

// sample is one run of a command.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident
}

// measure runs a shell command on an empty work folder, after what is dirty in
// memory went to the disk.
func measure(command, work string, env []string) (sample, error) {
	if err := os.RemoveAll(work); err != nil {
		return sample{}, err
	}
	if err := os.MkdirAll(work, 0o777); err != nil {
		return sample{}, err
	}
	if err := exec.Command("sync").Run(); err != nil {
		return sample{}, err
	}
	var stderr strings.Builder
	cmd := exec.Command("sh", "-c", command)
	cmd.Env, cmd.Stderr = env, &stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, stderr.String())
	}
	s := sample{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	s.peak = peakMemory(cmd.ProcessState)
	return s, nil
}

func median(samples []sample) sample {
	by := func(less func(a, b sample) int) sample {
		s := slices.SortedFunc(slices.Values(samples), less)
		return s[len(s)/2]
	}
	return sample{
		wall: by(func(a, b sample) int { return int(a.wall - b.wall) }).wall,
		cpu:  by(func(a, b sample) int { return int(a.cpu - b.cpu) }).cpu,
		peak: by(func(a, b sample) int { return int(a.peak - b.peak) }).peak,
	}
}

// sizes tells how large the tables are.
func (c *config) sizes() string {
	var text []string
	for _, name := range []string{"feedback.csv", "results.csv"} {
		if info, err := os.Stat(filepath.Join(c.data, name)); err == nil {
			text = append(text, fmt.Sprintf("%s %d MB", name, info.Size()/1e6))
		}
	}
	rows, _ := os.ReadFile(filepath.Join(c.data, "rows"))
	return fmt.Sprintf("Tables of %s rows: %s.", strings.TrimSpace(string(rows)), strings.Join(text, ", "))
}

// memory is the size of the machine's memory, where that is easy to know.
func memory() string {
	data, err := os.ReadFile("/proc/meminfo")
	var kib int64
	if err != nil || !scan(string(data), "MemTotal: %d kB", &kib) {
		return "memory unknown"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}

func scan(text, format string, v *int64) bool {
	n, err := fmt.Sscanf(text, format, v)
	return n == 1 && err == nil
}

// versions names the peers that are installed.
func versions(duckdb string) string {
	names := []string{runtime.Version()}
	for _, command := range []string{"sort --version", "mlr --version", "mawk -W version"} {
		words := strings.Fields(command)
		text, err := exec.Command(words[0], words[1:]...).CombinedOutput()
		if err == nil || !errors.Is(err, exec.ErrNotFound) {
			line, _, _ := strings.Cut(string(text), "\n")
			line, _, _ = strings.Cut(line, ", Copyright")
			names = append(names, line)
		}
	}
	if data, err := os.ReadFile(filepath.Join(duckdb, "version")); err == nil {
		names = append(names, "DuckDB "+strings.TrimSpace(string(data)))
	}
	return strings.Join(names, ", ")
}
