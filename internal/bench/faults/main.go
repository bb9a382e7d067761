// Benchfaults puts the same faults on prism-classify and on what people use instead, and prints what
// became of the rows as Markdown. The server is ollamatest's, whose labels tell for which row they were
// made: so a row that is lost, doubled or has another row's labels is found, and one that is paid twice.
//
// Each tool runs once with each fault, in an empty folder. A command that ends with another exit code
// than 0 is given once more, as its user would, and then the result is judged.
//
//	go run ./internal/bench/faults -bin bin -dir /tmp/prism-bench-faults
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"prism/internal/prompt"
	"prism/internal/testutil/ollamatest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// errLeftOut says that a tool cannot be tried with a fault here.
var errLeftOut = errors.New("not tried")

var errNoDisk = fmt.Errorf("%w: a full disk needs root on Linux", errLeftOut)

// config says what is tried with what.
type config struct {
	bin, peers, prompts, dir string
	promptfoo                string   // folder where npm installed it
	prismFlags               []string // for prism-classify, before the others
	rows                     int
	latency                  time.Duration // of a call
	outage                   time.Duration
	seed                     uint64
	onlyFault, onlyTool      string
	verbose                  bool
	errOut                   io.Writer

	columns []ollamatest.Column // of the prompt schema
}

func run(args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("benchfaults", flag.ContinueOnError)
	flags.SetOutput(errOut)
	c := config{errOut: errOut}
	flags.StringVar(&c.bin, "bin", "bin", "folder of the tools")
	flags.StringVar(&c.peers, "peers", "scripts/bench-faults-peers", "folder of the peers")
	flags.StringVar(&c.promptfoo, "promptfoo", "", "folder where npm installed promptfoo")
	flags.StringVar(&c.prompts, "prompts", "examples/feedback/prompt.json", "prompt schema file")
	flags.StringVar(&c.dir, "dir", "", "folder for tables and results")
	flags.IntVar(&c.rows, "rows", 400, "rows of the table")
	flags.DurationVar(&c.latency, "latency", 100*time.Millisecond, "how long the server takes for a call")
	flags.DurationVar(&c.outage, "outage", 20*time.Second, "how long the server is away")
	flags.Uint64Var(&c.seed, "seed", 1, "of the faults' probabilities")
	flags.StringVar(&c.onlyFault, "fault", "", "try only faults whose name contains this text")
	flags.StringVar(&c.onlyTool, "tool", "", "try only tools whose name contains this text")
	flags.BoolVar(&c.verbose, "v", false, "show what the tools print")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if c.dir == "" || c.rows < 20 {
		fmt.Fprintln(errOut, "error: -dir and at least 20 rows are required")
		return 2
	}
	if err := c.compare(out); err != nil {
		fmt.Fprintln(errOut, "error:", err)
		return 1
	}
	return 0
}

// compare tries every fault on every tool and prints a line for each. What fails on one tool is
// said at the end.
func (c *config) compare(out io.Writer) error {
	for _, path := range []*string{&c.bin, &c.peers, &c.promptfoo, &c.prompts, &c.dir} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	if err := c.readColumns(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows.\n\n%s\n", c.rows, tableHeader)
	all, failed := c.list(), []error(nil)
	for _, f := range c.faults() {
		if !strings.Contains(f.name, c.onlyFault) {
			continue
		}
		fmt.Fprintf(c.errOut, "bench-faults: %s\n", f.name)
		outcomes, errs := c.tryAll(f, all)
		for i, t := range all {
			switch err := errs[i]; {
			case errors.Is(err, errLeftOut):
				fmt.Fprintf(c.errOut, "bench-faults: LEFT OUT: %s: %s: %v\n", f.name, t.name, err)
			case err != nil:
				failed = append(failed, fmt.Errorf("%s: %s: %w", f.name, t.name, err))
			default:
				fmt.Fprintln(out, outcomes[i].tableRow(f.name, t.name))
			}
		}
	}
	return errors.Join(failed...)
}

// tryAll puts a fault on all tools at once, each with a server of its own: what is counted does not
// depend on how fast they are. Each has an outcome or an error.
func (c *config) tryAll(f fault, tools []tool) ([]outcome, []error) {
	outcomes, errs := make([]outcome, len(tools)), make([]error, len(tools))
	var wg sync.WaitGroup
	for i, t := range tools {
		wg.Go(func() {
			outcomes[i], errs[i] = c.try(f, t)
		})
	}
	wg.Wait()
	return outcomes, errs
}

// readColumns reads the columns to code, of which the fake server makes labels.
func (c *config) readColumns() error {
	data, err := os.ReadFile(c.prompts)
	if err != nil {
		return err
	}
	schema, err := prompt.Parse(data, c.prompts)
	if err != nil {
		return err
	}
	for _, col := range schema.Columns {
		c.columns = append(c.columns, ollamatest.Column{Name: col.Name, Labels: col.Labels})
	}
	return nil
}

const tableHeader = "| fault | program | exit codes | lost | failed, named | another row's labels | labels of another text | too many | paid twice | said so |\n" +
	"| --- | --- | --- | --: | --: | --: | --: | --: | --: | --- |"

// tableRow is a line of Markdown. Whether a tool said so is of interest only if something is wrong.
func (o outcome) tableRow(fault, tool string) string {
	said := ""
	switch {
	case o.wrongs() > 0 && !saidSo(o.codes):
		said = "no"
	case o.wrongs()+o.failed > 0:
		said = "yes"
	}
	codes := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(o.codes)), ", "), "[]")
	return fmt.Sprintf("| %s | %s | %s | %d | %d | %d | %d | %d | %d | %s |",
		fault, tool, codes, o.lost, o.failed, o.otherRow, o.otherText, o.tooMany, o.repeated, said)
}
