// Benchclassify measures prism-classify against the fake Ollama server of
// ollamatest, which runs as a process of its own, and prints figures beside
// their targets as Markdown. What takes the server's time is a wait, so that
// figures about its use are not those of this machine's cores.
//
//	go run ./internal/bench/classify -bin bin -fake /tmp/fake -dir /tmp/prism-bench-classify -rows 9000000
package main

import (
	"errors"
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
	seconds        int // length of the works that wait for the server
	rounds         int // of the quick ones, whose median counts
	rows           int // of the large table; 0: leave the works with it out
	only           string
	errOut         io.Writer
}

// figure is one line of the result.
type figure struct {
	what, measured, target string
	missed                 bool
}

// work measures some figures.
type work struct {
	name string
	big  bool // needs the large table
	do   func(c *config) ([]figure, error)
}

func works() []work {
	return []work{
		{"instant server", false, instant},
		{"use of the server", false, use},
		{"scaling", false, scaling},
		{"overhead", false, overhead},
		{"memory", true, memory},
		{"first call", true, firstCall},
	}
}

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchclassify", flag.ContinueOnError)
	flags.SetOutput(errOut)
	c := config{errOut: errOut}
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.fake, "fake", "", "the fake server's program")
	flags.StringVar(&c.dir, "dir", "", "folder for data and results")
	flags.StringVar(&c.prompts, "prompts", "examples/feedback/prompt.json", "prompt schema file")
	flags.IntVar(&c.seconds, "seconds", 60, "length of what waits for the server")
	flags.IntVar(&c.rounds, "rounds", 3, "rounds to take the median of")
	flags.IntVar(&c.rows, "rows", 0, "rows of the large table; 0: do without")
	flags.StringVar(&c.only, "only", "", "only works whose name has this in it")
	if err := flags.Parse(args); err != nil || c.fake == "" || c.dir == "" {
		fmt.Fprintln(errOut, "error: -fake and -dir are needed")
		return 2
	}
	if err := c.measureAll(out); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func (c *config) measureAll(out io.Writer) error {
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
	for _, w := range works() {
		if !strings.Contains(w.name, c.only) || w.big && c.rows == 0 {
			continue
		}
		fmt.Fprintf(c.errOut, "bench-classify: %s\n", w.name)
		figures, err := w.do(c)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
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

var errNoCall = errors.New("no call was made")

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }
