// Prism-status shows how a run is: the state of each worker, its progress,
// rows/s, tokens/s, errors and the time left, and the same of the whole run. It
// reads the files that workers write under the status folder, and tells a dead
// worker (no heartbeat, process gone) from a slow one.
//
//	prism-status                          # the latest run, once
//	prism-status --run-id R --watch       # live, until it is over
//	prism-status --run-id R --wait        # when it is over; exit code by outcome
//	prism-status --run-id R --json | jq .states
//	prism-status --manifest M --units incomplete --format args | xargs -P4 -L1 prism-classify
//	prism-status --manifest M --process-groups # of the workers alive on this machine
//	prism-status --lock-fd 9                   # lock what a script opened as descriptor 9
//
// Exit codes: 0 shown, with --wait: every row has its labels; 1 no status file
// could be read; 2 wrong usage, no such run; with --wait 3: some rows or units
// failed or are not finished; with --wait 4: Ollama was unreachable or the model
// missing, the same command resumes; 130/143 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"prism/internal/cli"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/status"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g grammar
	return cli.Main(cli.Command{Name: "prism-status", Help: help, Grammar: &g, Run: g.showRun}, args, in, out, errOut)
}

const help = `Show the state, progress, rows/s, tokens/s, errors and time left of a run and of each of its workers. ` +
	`Without a run ID or manifest it shows the latest run under the status folder. ` +
	`With --wait the exit code is the outcome: 0 every row has its labels; 3 some rows or units failed or are not finished; ` +
	`4 Ollama was unreachable or the model missing, and the same command resumes.`

const statusDir = "status"

type grammar struct {
	StatusDir     string       `help:"Folder of the status files of all runs [status]." env:"PRISM_STATUS_DIR" placeholder:"DIR"`
	RunID         string       `help:"Run to show [the latest]." name:"run-id" xor:"run" placeholder:"ID"`
	Manifest      string       `help:"Manifest of the run to show." xor:"run" placeholder:"FILE"`
	JSON          bool         `help:"Print JSON: one object, or with --watch one object a line." name:"json"`
	Watch         bool         `help:"Follow the run until it is over: a dashboard on a terminal, else a line at each refresh."`
	Wait          bool         `help:"Wait until the run is over; the exit code is its outcome."`
	Label         string       `help:"Only the units of this file of the manifest." placeholder:"LABEL"`
	Units         string       `help:"Print units of the manifest: incomplete (not completed, and no worker is active on them), failed (failed or dead, or with rows that failed), unreachable (stopped because Ollama was unreachable or the model missing), running (a worker is active on them) or all." enum:"incomplete,failed,unreachable,running,all," default:"" placeholder:"WHICH"`
	Format        string       `help:"Print units as args (the flags of prism-classify, quoted for xargs), as tsv, as numbers (unit numbers, one a line) or as errors (their distinct last errors) [${default}]." enum:"args,tsv,numbers,errors" default:"tsv"`
	ProcessGroups bool         `help:"Print the process groups of the workers that are alive on this machine, one a line." xor:"print"`
	LockFD        int          `help:"Lock the file that the caller opened as this file descriptor; it stays locked until the caller closes it. Exit code 3: another process holds the lock." name:"lock-fd" xor:"run,print" placeholder:"N"`
	Refresh       cli.Duration `help:"Time between two refreshes [5s; dashboard: 1s]." placeholder:"DURATION"`
	Metrics       string       `help:"Write the figures in Prometheus' text format to this file at every refresh." placeholder:"FILE.prom"`
	DeadAfter     cli.Duration `help:"Time without a heartbeat after which a worker counts as slow; a worker on another machine counts as dead after four times as long [${default}]." default:"30s" placeholder:"DURATION"`
	cli.Common
}

func (g *grammar) showRun(ctx context.Context, std cli.Std) error {
	if g.LockFD != 0 {
		return lockInherited(g.LockFD)
	}
	if g.Units != "" && g.ProcessGroups {
		return cli.Usagef("--units and --process-groups can't be used together")
	}
	p, err := g.findRun(std)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("ask for the name of this machine: %w", err)
	}
	paint := new(redrawer)
	warn := func(format string, args ...any) {
		if !std.Quiet() {
			paint.lines = 0 // it stands below what was painted
		}
		std.Warnf(format, args...)
	}
	live := g.Watch && !g.JSON && g.Units == "" && !g.ProcessGroups && isTerminal(std.Out) && isTerminal(std.In) && os.Getenv("TERM") != "dumb"
	m := &monitor{
		dir: job.RunDir(p.statusDir, p.runID), plan: p, runNamed: g.RunID != "" || g.Manifest != "",
		follow: g.Watch, wait: g.Wait, refresh: g.refreshInterval(live), metrics: g.Metrics,
		options: status.ViewOptions{Host: host, ProcessAlive: status.ProcessAlive, DeadAfter: time.Duration(g.DeadAfter), Units: p.units, Rows: p.rows},
		now:     time.Now, print: g.newPrinter(std, paint), warn: warn, warned: map[string]bool{},
	}
	if g.Units != "" {
		return g.printUnits(m, std.Out)
	}
	if g.ProcessGroups {
		return printProcessGroups(m, std.Out)
	}
	if live {
		return m.runDashboard(ctx, std)
	}
	return m.watch(ctx)
}

// every is the time between two looks.
func (g *grammar) refreshInterval(live bool) time.Duration {
	switch {
	case g.Refresh > 0:
		return max(time.Duration(g.Refresh), 10*time.Millisecond)
	case live:
		return time.Second
	}
	return 5 * time.Second
}

// plan says which run is meant and what is known of it beforehand.
func (g *grammar) findRun(std cli.Std) (*runPlan, error) {
	if g.Manifest != "" {
		return g.planFromManifest()
	}
	if g.Units != "" || g.Label != "" {
		return nil, cli.Usagef("--units and --label need --manifest")
	}
	p := &runPlan{statusDir: statusDir, runID: g.RunID}
	if g.StatusDir != "" {
		p.statusDir = g.StatusDir
	}
	if strings.ContainsAny(p.runID, `/\`) || p.runID == ".." || p.runID == "." {
		return nil, cli.Usagef("%q is no run ID", p.runID)
	}
	if p.runID != "" {
		return p, nil
	}
	id, leftOut, err := status.LatestRun(p.statusDir)
	for _, e := range leftOut {
		std.Warnf("%v", e)
	}
	switch info, serr := os.Stat(p.statusDir); {
	case serr == nil && !info.IsDir():
		return nil, cli.Usagef("--status-dir %s is no folder", p.statusDir)
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Fail(cli.Usage, fmt.Errorf("no run under %q", p.statusDir),
			"--status-dir names the folder that prism-classify was given")
	}
	p.runID = id
	return p, err
}

// printer shows a view in the form that was asked for.
func (g *grammar) newPrinter(std cli.Std, paint *redrawer) func(*status.View) error {
	paints := isTerminal(std.Out) && os.Getenv("TERM") != "dumb"
	return func(v *status.View) error {
		var text []byte
		var err error
		switch {
		case g.JSON && g.Watch:
			text, err = report.JSONLine(v)
		case g.JSON:
			text, err = report.JSON(v)
		case g.Watch && !paints:
			text = []byte(v.Time.Format(time.RFC3339) + " " + report.RunLine(v) + "\n")
		case g.Watch:
			text = paint.redraw(v, std.Out)
		default:
			text = report.RunText(v)
		}
		if err == nil {
			_, err = std.Out.Write(text)
		}
		return err
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
