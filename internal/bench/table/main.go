// Benchtable measures prism-split, prism-merge and prism-stats beside the
// programs that a user would take instead (their peers). It prints wall time, CPU
// time, peak memory and ratios as Markdown. Rounds of all programs are
// interleaved, so that a slow minute of the machine hits all alike; medians
// count. Peers that are not installed are left out.
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

	"prism/internal/bench/measure"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// config says what is measured.
type config struct {
	data   string // folder of the tables
	bin    string // folder of the tools
	duckdb string // folder of DuckDB and its query.mjs; empty: without DuckDB
	rounds int    // whose median counts
	only   string // part of the names of the benchmarks to run
	slow   bool   // run the slow programs too
}

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchtable", flag.ContinueOnError)
	flags.SetOutput(errOut)
	var c config
	flags.StringVar(&c.data, "data", "", "folder that benchdata wrote")
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.duckdb, "duckdb", "", "folder with node_modules/@duckdb/node-api")
	flags.IntVar(&c.rounds, "rounds", 5, "number of rounds; their median counts")
	flags.StringVar(&c.only, "only", "", "run only benchmarks whose name contains this text")
	flags.BoolVar(&c.slow, "slow", false, "also measure peers that take minutes and gigabytes")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if c.data == "" {
		fmt.Fprintln(errOut, "error: -data is required")
		return 2
	}
	if err := c.runBenchmarks(benchmarks(), out, errOut); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

// runBenchmarks runs those of all that the configuration selects, and prints
// their results to out and the progress to errOut.
func (c *config) runBenchmarks(all []benchmark, out, errOut io.Writer) error {
	all = slices.DeleteFunc(all, func(b benchmark) bool { return !strings.Contains(b.name, c.only) })
	if len(all) == 0 {
		return fmt.Errorf("no benchmark has %q in its name", c.only)
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
	fmt.Fprintf(out, "%d cores, %s, %s. %s\n\n", runtime.NumCPU(), describeMemory(), peerVersions(c.duckdb), c.describeTables())
	missed := 0
	for _, b := range all {
		b.programs = slices.DeleteFunc(b.programs, func(p program) bool { return p.slow && !c.slow || !p.isInstalled(c.duckdb) })
		samples := make([][]measure.Sample, len(b.programs))
		for round := range c.rounds {
			for n := range b.programs {
				i := (n + round) % len(b.programs) // what ran before a program is not always the same
				p := b.programs[i]
				if p.slow && round > 0 {
					continue
				}
				fmt.Fprintf(errOut, "\r%-60s", fmt.Sprintf("%s: %s, round %d of %d", b.name, p.name, round+1, c.rounds))
				s, err := runCommand(p.command, folder, env)
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				samples[i] = append(samples[i], s)
			}
		}
		fmt.Fprintf(errOut, "\r%-60s\r", "")
		missed += b.writeResults(out, samples)
	}
	if missed > 0 {
		fmt.Fprintf(out, "%d targets missed\n", missed)
	}
	return nil
}

// runCommand runs a shell command with an empty work folder, after the system
// has written its dirty pages to the disk.
func runCommand(command, folder string, env []string) (measure.Sample, error) {
	if err := os.RemoveAll(folder); err != nil {
		return measure.Sample{}, err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return measure.Sample{}, err
	}
	if err := exec.Command("sync").Run(); err != nil {
		return measure.Sample{}, fmt.Errorf("sync: %w", err)
	}
	var stderr strings.Builder
	cmd := exec.Command("sh", "-c", command)
	cmd.Env, cmd.Stderr = env, &stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return measure.Sample{}, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return measure.Finished(began, cmd.ProcessState), nil
}

// describeTables says how large the tables are.
func (c *config) describeTables() string {
	var text []string
	for _, name := range []string{"feedback.csv", "results.csv"} {
		if info, err := os.Stat(filepath.Join(c.data, name)); err == nil {
			text = append(text, fmt.Sprintf("%s %d MB", name, info.Size()/1e6))
		}
	}
	rows, _ := os.ReadFile(filepath.Join(c.data, "rows"))
	return fmt.Sprintf("Tables of %s rows: %s.", strings.TrimSpace(string(rows)), strings.Join(text, ", "))
}

// describeMemory says how much memory the machine has, on Linux.
func describeMemory() string {
	data, err := os.ReadFile("/proc/meminfo")
	var kib int64
	if err == nil {
		_, err = fmt.Sscanf(string(data), "MemTotal: %d kB", &kib)
	}
	if err != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}

// peerVersions names the versions of Go and of the peers that are installed.
func peerVersions(duckdb string) string {
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
