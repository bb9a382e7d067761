// Prism-status shows the state of a run: each worker's state, progress, rows/s,
// tokens/s, errors and time left, and the same of the whole run. It reads the files
// that workers write in the status folder, and distinguishes dead workers (no
// heartbeat, no process) from slow ones.
//
//	prism-status                          # the latest run, once
//	prism-status --run-id R --watch       # live, until it is over
//	prism-status --run-id R --wait        # when it is over; exit code by outcome
//	prism-status --run-id R --json | jq .states
//	prism-status --manifest M --units incomplete --format args | xargs -P4 -L1 prism-classify
//	prism-status --list runs              # their IDs, the latest first
//	prism-status --manifest M --watch --until-idle # until no worker is active
//	prism-status --manifest M --process-groups # of the workers alive on this machine
//	prism-status --lock-fd 9                   # lock what a script opened as descriptor 9
//
// Exit codes: 0 shown, with --wait: every row has its labels; 1 no status file
// could be read; 2 wrong usage, no such run; with --wait 3: some rows or units
// failed or are not finished; with --wait 4: Ollama was unreachable or the model
// missing, the same command resumes; 129/130/143 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/table"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, errOut io.Writer) int {
	var g flags
	return cli.Main(cli.Command{Name: "prism-status", Manual: manual, Grammar: &g, Run: g.showRun}, args, in, out, errOut)
}

const statusDir = "status"

type flags struct {
	StatusDir     string       `filled:"" help:"Folder of the status files of all runs [status]." env:"PRISM_STATUS_DIR" placeholder:"DIR" group:"Run:"`
	RunID         string       `filled:"" help:"Run to show [the latest]." name:"run-id" xor:"run" placeholder:"ID" group:"Run:"`
	Manifest      string       `filled:"" help:"Manifest of the run to show." xor:"run" placeholder:"FILE" group:"Run:"`
	JSON          bool         `help:"Print JSON: one object, or with --watch one object a line." name:"json" group:"Showing:"`
	Watch         bool         `help:"Follow the run until it is over: a dashboard on a terminal, else a line at each refresh." group:"Showing:"`
	Wait          bool         `help:"Wait until the run is over; the exit code is its outcome." group:"Showing:"`
	UntilIdle     bool         `help:"End --watch or --wait when no worker is active and no prism-run is starting workers, whether or not the run is over." group:"Showing:"`
	Managed       bool         `help:"With --until-idle on a terminal: show the dashboard, for a program that manages the run, as prism-run does. Exit code 3: the user left it; 130: the user asked to stop the run." group:"For scripts:"`
	Label         string       `filled:"" help:"Only the units of this file of the manifest." placeholder:"LABEL" group:"Run:"`
	Units         string       `help:"Print units of the manifest: incomplete (not completed or without their output, and no worker is active on them), retryable (of these, those that may complete when started again), refused (ended by wrong configuration or input, and would again), failed (failed or dead, or with rows that failed), unreachable (stopped because Ollama was unreachable or the model missing), running (a worker is active on them) or all." enum:"incomplete,retryable,refused,failed,unreachable,running,all," default:"" placeholder:"WHICH" group:"For scripts:"`
	Format        string       `help:"Print units as args (the flags of prism-classify, quoted for xargs), as tsv, as numbers (unit numbers, one a line), as errors (their distinct last errors) or as causes (the distinct causes for which servers did not serve them) [${default}]." enum:"args,tsv,numbers,errors,causes" default:"tsv" group:"For scripts:"`
	List          string       `help:"Print the IDs of the runs of the status folder, the latest first, or the labels of the files of --manifest." enum:"runs,labels," default:"" placeholder:"WHAT" group:"For scripts:"`
	ProcessGroups bool         `help:"Print the process groups of the workers that are alive on this machine, one a line." xor:"print" group:"For scripts:"`
	LockFD        int          `help:"Lock the file that the caller opened as this file descriptor; it stays locked until the caller closes it. Exit code 3: another process holds the lock for a second or longer." name:"lock-fd" xor:"run,print" placeholder:"N" group:"For scripts:"`
	Pause         bool         `help:"Make the workers of the manifest's run wait between calls." xor:"print" group:"Pausing:"`
	Unpause       bool         `help:"Let them continue." xor:"print" group:"Pausing:"`
	Refresh       cli.Duration `min:"10ms" max:"24h" help:"Time between two refreshes [5s; dashboard: 1s]." placeholder:"DURATION" group:"Showing:"`
	Metrics       string       `filled:"" help:"Write the figures in Prometheus' text format to this file at every refresh." placeholder:"FILE.prom" group:"Showing:"`
	DeadAfter     cli.Duration `min:"1ms" max:"720h" help:"Time without a heartbeat after which a worker counts as slow; a worker on another machine counts as dead after four times as long [${default}]." default:"30s" placeholder:"DURATION" group:"Showing:"`
	cli.Common

	typed map[string]bool // on the command line
}

// AfterApply notes which flags were typed.
func (g *flags) AfterApply(ctx *kong.Context) error {
	g.typed = cli.ExplicitFlags(ctx)
	return nil
}

func (g *flags) showRun(ctx context.Context, std cli.Std) error {
	if g.LockFD != 0 {
		return lockInherited(ctx, g.LockFD)
	}
	if err := g.checkFlags(); err != nil {
		return err
	}
	if g.List != "" {
		return g.printList(ctx, std)
	}
	p, err := g.findRun(ctx, std)
	if err != nil {
		return err
	}
	std.ShareWithGroup(p.manifest != nil && p.manifest.Config.GroupReadable)
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("ask for the name of this machine: %w", err)
	}
	terminal := new(redrawer)
	warn := func(format string, args ...any) {
		if !std.Quiet() {
			terminal.lines = 0 // the warning is below what was drawn
		}
		std.Warnf(format, args...)
	}
	live := g.Watch && !g.JSON && g.Units == "" && !g.ProcessGroups && isTerminal(std.Out) && hasKeys(std.In) && os.Getenv("TERM") != "dumb"
	m := &monitor{
		dir: job.RunDir(p.statusDir, p.runID), plan: p, runNamed: g.RunID != "" || g.Manifest != "",
		follow: g.Watch, wait: g.Wait, refresh: g.refreshInterval(live),
		options: status.ViewOptions{Host: host, ProcessAlive: status.ProcessAlive, DeadAfter: time.Duration(g.DeadAfter), Units: p.units, Rows: p.rows, Heartbeats: new(status.Heartbeats)},
		now:     time.Now, print: g.newPrinter(p, std, terminal), writeMetrics: g.metricsWriter(ctx), warn: warn, warned: map[string]bool{},
	}
	if p.manifest != nil {
		m.options.HasOutput = p.hasOutput
	}
	if err := g.checkOutputs(p, std); err != nil {
		return err
	}
	if g.Pause || g.Unpause {
		return g.setPause(m, std)
	}
	if g.Units != "" {
		return g.printUnits(m, std.Out)
	}
	if g.ProcessGroups {
		return printProcessGroups(m, std.Out)
	}
	if g.Managed && live {
		return m.runManagedDashboard(ctx, std)
	}
	if g.UntilIdle {
		return m.watchUntilIdle(ctx)
	}
	if live {
		return m.runDashboard(ctx, std)
	}
	return m.watch(ctx)
}

// checkFlags reports flags that do not go together.
func (g *flags) checkFlags() error {
	switch {
	case g.Units != "" && g.ProcessGroups:
		return cli.Usagef("--units cannot be combined with --process-groups")
	case g.JSON && g.Units != "":
		return cli.Usagef("--json cannot be combined with --units, which has --format")
	case g.JSON && g.ProcessGroups:
		return cli.Usagef("--json cannot be combined with --process-groups")
	case g.List == "labels" && g.Manifest == "":
		return cli.Usagef("--list labels requires --manifest")
	case g.List == "runs" && (g.Manifest != "" || g.RunID != ""):
		return cli.RefuseBeside(g.typed, "--list runs", "", "manifest", "run-id")
	case (g.Pause || g.Unpause) && g.Manifest == "":
		return cli.RequireFlag(g.typed, "--manifest", "pause", "unpause")
	case g.UntilIdle && (g.Manifest == "" || !g.Watch && !g.Wait):
		return cli.Usagef("--until-idle requires --manifest, and --watch or --wait")
	case g.Managed && !(g.UntilIdle && g.Watch):
		return cli.Usagef("--managed requires --watch and --until-idle")
	case g.List != "":
		return cli.RefuseBeside(g.typed, "--list", "", "units", "process-groups", "pause", "unpause", "watch", "wait")
	}
	return nil
}

// refreshInterval is the time between two reads.
func (g *flags) refreshInterval(live bool) time.Duration {
	switch {
	case g.Refresh > 0:
		return max(time.Duration(g.Refresh), 10*time.Millisecond)
	case live:
		return time.Second
	}
	return 5 * time.Second
}

// metricsWriter writes the file of --metrics, which may be a pipe whose reader never comes;
// nil if there is none.
func (g *flags) metricsWriter(ctx context.Context) func(text []byte) error {
	if g.Metrics == "" {
		return nil
	}
	return func(text []byte) error {
		_, err := fsutil.Await(ctx, func() (struct{}, error) { return struct{}{}, fsutil.ReplaceFileNoSync(g.Metrics, text) }, nil)
		return err
	}
}

// checkOutputs makes sure that neither what is printed nor the metrics overwrite a file
// of the run.
func (g *flags) checkOutputs(p *runPlan, std cli.Std) error {
	var guard fsutil.Guard
	guard.Protect("the manifest", g.Manifest)
	guard.ProtectAll("a status file", job.RunDir(p.statusDir, p.runID), "")
	if p.manifest != nil {
		p.manifest.GuardFiles(&guard)
	}
	var errs []error
	if f, ok := std.Out.(*os.File); ok {
		errs = append(errs, guard.CheckOpen("stdout", f))
	}
	if g.Metrics != "" {
		errs = append(errs, table.CheckOutputName(g.Metrics, ".prom"), guard.Check(g.Metrics))
	}
	if err := errors.Join(errs...); err != nil {
		return cli.Fail(cli.Usage, err, "")
	}
	return nil
}
