// Benchserver measures prism-classify on a real Ollama server beside what people use today: a table
// with known right labels (gold) is labelled with every setting and by every peer, round after round, so that a slow
// minute of the machine hits all alike. It prints rows a second, tokens and processor time a row, and how
// right the labels are, as Markdown, and draws a chart.
//
//	go run ./internal/bench/server -bin bin -dir /tmp/prism-bench-server -model prism-demo -peers shell-loop,threads.py
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"prism/internal/prompt"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// config says what is measured with what.
type config struct {
	bin, dir, server, model string
	scripts                 string   // folder of the peers
	peers                   []string // their scripts' names
	input, gold, prompts    string
	batches, parallels      []int
	styles                  []prompt.Style
	rounds                  int
	seed                    uint64
	chart                   string   // file; empty: none
	about                   string   // line about the machine and the programs
	leftOut                 []string // peers that are not measured, and why
	errOut                  io.Writer
}

func run(args []string, out, errOut io.Writer) int {
	c := config{errOut: errOut}
	if err := c.readFlags(args); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(errOut, "error:", err)
		}
		return 2
	}
	if err := c.measureAndReport(out); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

func (c *config) readFlags(args []string) error {
	flags := flag.NewFlagSet("benchserver", flag.ContinueOnError)
	flags.SetOutput(c.errOut)
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.dir, "dir", "", "folder for outputs")
	flags.StringVar(&c.server, "server", os.Getenv("OLLAMA_HOST"), "URL of the server [OLLAMA_HOST]")
	flags.StringVar(&c.model, "model", "prism-demo", "model on the server")
	flags.StringVar(&c.scripts, "scripts", "scripts/bench-server-peers", "folder of the peers' scripts")
	peers := flags.String("peers", "", "names of the scripts to measure, with commas between")
	flags.StringVar(&c.input, "input", "examples/feedback/feedback.csv", "table to label, CSV with RowID")
	flags.StringVar(&c.gold, "gold", "examples/feedback/gold.csv", "table with the right labels of its rows")
	flags.StringVar(&c.prompts, "prompts", "examples/feedback/prompt.json", "prompt schema file")
	batches := flags.String("batch", "1,5,10,15", "rows a call, with commas between")
	parallels := flags.String("parallel", "1,2,4", "calls in flight, with commas between; peers that can have the most of them")
	styles := flags.String("styles", "classic,compact", "prompt styles, with a comma between")
	flags.IntVar(&c.rounds, "rounds", 3, "number of rounds; their median counts")
	flags.Uint64Var(&c.seed, "seed", 1, "of the table with repeated rows")
	flags.StringVar(&c.chart, "chart", "", "file of the chart (SVG)")
	flags.StringVar(&c.about, "about", "", "line about the machine and the programs, for the result")
	flags.Func("left-out", "a peer that is not measured, and why, for the result; repeat for more", func(text string) error {
		c.leftOut = append(c.leftOut, text)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return errors.Join(flag.ErrHelp, err)
	}
	if c.dir == "" || c.server == "" || c.rounds < 1 {
		return errors.New("-dir, -server (or OLLAMA_HOST) and at least one round are required")
	}
	var err, more error
	c.batches, err = parseCounts("-batch", *batches)
	c.parallels, more = parseCounts("-parallel", *parallels)
	if err = errors.Join(err, more); err != nil {
		return err
	}
	for _, name := range strings.Split(*styles, ",") {
		style := prompt.Style(name)
		if style != prompt.Classic && style != prompt.Compact {
			return fmt.Errorf("-styles: unknown style %q (want %s or %s)", name, prompt.Classic, prompt.Compact)
		}
		c.styles = append(c.styles, style)
	}
	c.peers = strings.FieldsFunc(*peers, func(r rune) bool { return r == ',' })
	for _, name := range c.peers {
		if !isPeer(name) {
			return fmt.Errorf("-peers: unknown peer %q (want some of %s)", name, strings.Join(peerScripts(), ", "))
		}
	}
	return c.makeAbsolute()
}

// parseCounts reads positive numbers with commas between, in ascending order.
func parseCounts(flag, text string) ([]int, error) {
	var counts []int
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || len(counts) > 0 && n <= counts[len(counts)-1] {
			return nil, fmt.Errorf("%s: invalid list %q (want ascending numbers such as 1,5,10)", flag, text)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// makeAbsolute makes the paths independent of the folder that a program works in.
func (c *config) makeAbsolute() error {
	for _, path := range []*string{&c.bin, &c.dir, &c.scripts, &c.input, &c.gold, &c.prompts} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = absolute
	}
	return nil
}

// measureAndReport measures everything and writes the result.
func (c *config) measureAndReport(out io.Writer) error {
	b, err := c.prepare()
	if err != nil {
		return err
	}
	defer b.gateway.close()
	results, failed, err := b.measureRounds(b.listSettings())
	if err != nil {
		return err
	}
	c.leftOut = append(c.leftOut, failed...)
	c.writeReport(out, b.plain.rows, results)
	if c.chart == "" {
		return nil
	}
	picture := drawChart(results)
	if err := os.WriteFile(c.chart, picture, 0o666); err != nil {
		return err
	}
	fmt.Fprintln(c.errOut, "chart:", c.chart)
	return nil
}
