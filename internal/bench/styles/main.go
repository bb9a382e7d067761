// Benchstyles measures both prompt styles on a real server: prism-classify labels the same rows in
// one style and then in the other, round after round, and the medians are compared. What else the
// machine does slows down both.
//
//	go run ./internal/bench/styles -bin bin -dir /tmp/prism-bench-styles -model prism-tiny
package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"prism/internal/bench/measure"
	"prism/internal/calllog"
	"prism/internal/job"
	"prism/internal/prompt"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// config says what is measured with what.
type config struct {
	bin, dir, model, input, prompts string
	batch, parallel, rounds         int
	errOut                          io.Writer
}

// leastRatio is the target: rows/s of compact, in those of classic.
const leastRatio = 1.4

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchstyles", flag.ContinueOnError)
	flags.SetOutput(errOut)
	c := config{errOut: errOut}
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.dir, "dir", "", "folder for outputs and logs")
	flags.StringVar(&c.model, "model", "prism-tiny", "model on the server of OLLAMA_HOST")
	flags.StringVar(&c.input, "input", "examples/feedback/feedback.csv", "table to label")
	flags.StringVar(&c.prompts, "prompts", "examples/feedback/prompt.json", "prompt schema file")
	flags.IntVar(&c.batch, "batch", 10, "rows a call")
	flags.IntVar(&c.parallel, "parallel", 4, "calls in flight")
	flags.IntVar(&c.rounds, "rounds", 5, "number of rounds; their median counts")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if c.dir == "" || c.rounds < 1 {
		fmt.Fprintln(errOut, "error: -dir and at least one round are required")
		return 2
	}
	missed, err := c.compare(out)
	switch {
	case err != nil:
		fmt.Fprintln(errOut, "error:", err)
		return 1
	case missed:
		return 1
	}
	return 0
}

// figures are those of one run.
type figures struct {
	rowsPerSec, calls, tokens, promptTokens float64 // tokens a row
}

// compare measures and prints; missed tells that compact is not as fast as it should be.
func (c *config) compare(out io.Writer) (missed bool, err error) {
	styles := []prompt.Style{prompt.Classic, prompt.Compact}
	runs := map[prompt.Style][]figures{}
	for round := range c.rounds {
		for i := range styles {
			style := styles[(round+i)%len(styles)]
			f, err := c.measure(style)
			if err != nil {
				return false, fmt.Errorf("%s style: %w", style, err)
			}
			fmt.Fprintf(c.errOut, "round %d, %s: %.1f rows/s, %.1f tokens a row\n", round+1, style, f.rowsPerSec, f.tokens)
			runs[style] = append(runs[style], f)
		}
	}
	fmt.Fprintf(out, "| style | rows/s | × classic | generated tokens, a row | prompt tokens, a row | calls |\n| --- | --: | --: | --: | --: | --: |\n")
	rate := func(style prompt.Style) float64 {
		return measure.MedianOf(runs[style], func(f figures) float64 { return f.rowsPerSec })
	}
	for _, style := range styles {
		fmt.Fprintf(out, "| %s | %.1f | %.2f | %.1f | %.1f | %.0f |\n", style, rate(style), rate(style)/rate(prompt.Classic),
			measure.MedianOf(runs[style], func(f figures) float64 { return f.tokens }), measure.MedianOf(runs[style], func(f figures) float64 { return f.promptTokens }),
			measure.MedianOf(runs[style], func(f figures) float64 { return f.calls }))
	}
	ratio := rate(prompt.Compact) / rate(prompt.Classic)
	fmt.Fprintf(out, "\nMedians of %d interleaved rounds, %d rows a call, %d calls in flight: compact labels %.2f times as many rows a second (target: at least %.1f).\n",
		c.rounds, c.batch, c.parallel, ratio, leastRatio)
	return ratio < leastRatio, nil
}

// measure labels the table once.
func (c *config) measure(style prompt.Style) (figures, error) {
	logs := filepath.Join(c.dir, "logs")
	if err := os.RemoveAll(logs); err != nil {
		return figures{}, err
	}
	cmd := exec.Command(filepath.Join(c.bin, "prism-classify"), "--quiet", "--model", c.model, "--prompts-config", c.prompts,
		"--prompt-style", string(style), "--labels", "strict", "--retries", "20", "--batch-size", strconv.Itoa(c.batch),
		"--parallel", strconv.Itoa(c.parallel), "--logs-dir", logs, "--run-id", "r", "-o", filepath.Join(c.dir, string(style)+".csv"), c.input)
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return figures{}, fmt.Errorf("prism-classify: %w\n%s", err, &said)
	}
	wall := measure.Finished(began, cmd.ProcessState).Wall
	return readFigures(job.CallLogPath(job.RunDir(logs, "r"), 1), wall)
}

// readFigures sums up a call log.
func readFigures(path string, wall time.Duration) (figures, error) {
	log, err := os.Open(path)
	if err != nil {
		return figures{}, err
	}
	defer log.Close()
	var f figures
	rows := 0
	for r := calllog.NewReader(log, path); ; {
		call, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return figures{}, err
		}
		f.calls++
		rows += call.Labelled
		f.tokens += float64(max(call.Tokens, 0))
		f.promptTokens += float64(max(call.PromptTokens, 0))
	}
	n := float64(cmp.Or(rows, 1))
	f.tokens, f.promptTokens, f.rowsPerSec = f.tokens/n, f.promptTokens/n, n/wall.Seconds()
	return f, nil
}
