// Benchclassify measures prism-classify against the fake Ollama server of
// ollamatest, which runs as a separate process, and prints figures beside their
// targets as Markdown. The fake server waits where a real one would compute, so
// that figures about the use of a server do not depend on the cores of this
// machine.
//
//	go run ./internal/bench/classify -bin bin -fake /tmp/fake -dir /tmp/prism-bench-classify -rows 9000000
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// config says what is measured with what.
type config struct {
	bin, fake, dir string
	work           string // folder in dir for what the tools write
	prompts        string
	duration       time.Duration // of the benchmarks that wait for the server
	rounds         int           // of the short benchmarks, whose median counts
	instantRows    int           // rows for the server that answers at once
	rows           int           // of the large table; 0: leave out the benchmarks that need it
	only           string        // part of the names of the benchmarks to run
	errOut         io.Writer
}

// figure is one line of the result.
type figure struct {
	what, measured, target string
	missed                 bool
}

// benchmark measures some figures.
type benchmark struct {
	name       string
	largeTable bool // needs the large table
	measure    func(c *config) ([]figure, error)
}

func benchmarks() []benchmark {
	return []benchmark{
		{"instant server", false, measureClientCost},
		{"use of the server", false, measureServerUse},
		{"scaling", false, measureScaling},
		{"unequal hosts", false, measureUnequalHosts},
		{"overhead", false, measureOverhead},
		{"memory", true, measureMemory},
		{"first call", true, measureFirstCall},
	}
}

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchclassify", flag.ContinueOnError)
	flags.SetOutput(errOut)
	c := config{errOut: errOut, instantRows: 100_000}
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.fake, "fake", "", "the fake server's program")
	flags.StringVar(&c.dir, "dir", "", "folder for data and results")
	flags.StringVar(&c.prompts, "prompts", "examples/feedback/prompt.json", "prompt schema file")
	seconds := flags.Int("seconds", 60, "length of the benchmarks that wait for the server")
	flags.IntVar(&c.rounds, "rounds", 3, "number of rounds; their median counts")
	flags.IntVar(&c.rows, "rows", 0, "rows of the large table; 0: leave out the benchmarks that need it")
	flags.StringVar(&c.only, "only", "", "run only benchmarks whose name contains this text")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if c.fake == "" || c.dir == "" {
		fmt.Fprintln(errOut, "error: -fake and -dir are required")
		return 2
	}
	c.duration = time.Duration(*seconds) * time.Second
	if err := c.runBenchmarks(out); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func (c *config) runBenchmarks(out io.Writer) error {
	for _, path := range []*string{&c.bin, &c.fake, &c.dir, &c.prompts} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	var err error
	if c.work, err = os.MkdirTemp(c.dir, "work-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.work)
	fmt.Fprintf(out, "%d cores, %s. Batches of 10 rows.\n\n| figure | measured | target | |\n| --- | --- | --- | --- |\n", runtime.NumCPU(), runtime.Version())
	missed := 0
	for _, b := range benchmarks() {
		if !strings.Contains(b.name, c.only) || b.largeTable && c.rows == 0 {
			continue
		}
		fmt.Fprintf(c.errOut, "bench-classify: %s\n", b.name)
		figures, err := b.measure(c)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		for _, f := range figures {
			mark := ""
			if f.missed {
				mark = "missed"
				missed++
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", f.what, f.measured, f.target, mark)
		}
	}
	if missed > 0 {
		fmt.Fprintf(out, "\n%d targets missed\n", missed)
	}
	return nil
}
