package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"prism/internal/classify"
	"prism/internal/cli"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/report"
	"prism/internal/status"
	"prism/internal/term"
)

// reportResult prints what came of the work and maps the error to its exit code.
func (g *flags) reportResult(ctx context.Context, std cli.Std, r classify.Result, err error, elapsed time.Duration) error {
	if err == nil {
		std.Infof("%s", summary(r, elapsed))
		for _, line := range slices.Concat(unlistedLines(r), gateLines(r)) {
			std.Infof("%s", line)
		}
		if r.Failed == 0 {
			return nil
		}
		if std.Quiet() { // the rows were not named
			hint := ""
			if r.Failures != "" {
				hint = r.Failures + " lists them"
			}
			return cli.Fail(cli.Partial, fmt.Errorf("%s failed", term.Plural(r.Failed, "row")), hint)
		}
		if r.Failures != "" {
			std.Infof("failed rows: %s", r.Failures)
		}
		if g.Output.Checkpoints.Directory != "" {
			std.Infof("the same command with --run-id %s --retry-failed labels them again", r.RunID)
		}
		return cli.Fail(cli.Partial, nil, "")
	}
	ended := exitError(ctx, err, g.Model.Name)
	switch {
	case r.RunID == "": // it ended before it began
	case r.Resume == "" && r.Rows == 0:
	case r.Resume == "" && g.Model.Cache != "":
		std.Infof("%s labelled but not saved (no --checkpoint-dir): a later run labels them again, unless the cache has their answers", term.Plural(r.Rows, "row"))
	case r.Resume == "":
		std.Infof("%s labelled but not saved (no --checkpoint-dir): a later run labels them again", term.Plural(r.Rows, "row"))
	case g.Input == "-":
		addHint(ended, "%s saved; to continue, with the same input: %s", term.Plural(r.Rows, "row"), r.Resume)
	default:
		addHint(ended, "%s saved; to continue: %s", term.Plural(r.Rows, "row"), r.Resume)
	}
	return ended
}

// addHint gives an error one hint more, a line each: a hint is printed even
// where messages are not.
func addHint(err error, format string, args ...any) {
	var e *cli.Error
	if errors.As(err, &e) {
		e.Hint = strings.TrimPrefix(e.Hint+"\n"+fmt.Sprintf(format, args...), "\n")
	}
}

func summary(r classify.Result, elapsed time.Duration) string {
	text := fmt.Sprintf("labelled %s in %s", term.Plural(r.Labelled, "row"), elapsed.Round(100*time.Millisecond))
	if s := elapsed.Seconds(); s > 0 && r.Labelled > 0 {
		text += fmt.Sprintf(" (%.1f rows/s)", float64(r.Labelled)/s)
	}
	text += ", " + term.Plural(r.Calls, "call")
	if r.BestParallel > 0 {
		text += fmt.Sprintf(" (best with %s in parallel)", term.Plural(int64(r.BestParallel), "call"))
	}
	if r.Cached > 0 {
		text += ", " + term.Plural(r.Cached, "row") + " from the cache"
	}
	if r.Resumed > 0 {
		text += ", " + term.Plural(r.Resumed, "row") + " finished before"
	}
	if r.Blank > 0 {
		text += ", " + term.Plural(r.Blank, "blank row") + " not sent"
	}
	if r.Organic > 0 {
		text += ", " + term.Plural(r.Organic, "organic label")
	}
	if r.NoConfidence > 0 {
		text += ", " + term.Plural(r.NoConfidence, "row") + " without confidence"
	}
	if r.Failed > 0 {
		text += ", " + term.Plural(r.Failed, "row") + " failed"
	}
	return text + "; run " + r.RunID
}

// unlistedLines says which columns have mostly organic labels, and what to do about it.
func unlistedLines(r classify.Result) (lines []string) {
	for _, u := range r.Unlisted {
		if line := report.UnlistedLine(u.Column, u.Rows, r.Labelled); line != "" {
			lines = append(lines, line)
		}
	}
	if lines != nil {
		lines = append(lines, "hint: --labels strict allows only the listed labels; prism-stats --prompts-config lists the others")
	}
	return lines
}

// gateLines says that no row has labels, and what to do about it.
func gateLines(r classify.Result) []string {
	if line := report.GateLine(r.Gated, r.Labelled); line != "" {
		return []string{line, "hint: " + report.GateHint}
	}
	return nil
}

// printProgress prints how far the work is, whether or not there is a progress line.
func (g *flags) printProgress(start time.Time) {
	fmt.Fprintln(g.progress, progressText(g.latest.Load(), time.Since(start)))
}

func progressText(p *classify.Progress, elapsed time.Duration) string {
	if p == nil {
		return "progress: no row was sent yet"
	}
	var b strings.Builder
	done := p.Rows + p.Failed
	fmt.Fprintf(&b, "progress: %d", done)
	if p.Total > 0 {
		fmt.Fprintf(&b, " of %s (%d%%)", term.Plural(p.Total, "row"), 100*done/p.Total)
	} else {
		fmt.Fprintf(&b, " rows")
	}
	if s := elapsed.Seconds(); s > 0 {
		fmt.Fprintf(&b, ", %.1f rows/s", float64(p.Labelled)/s)
	}
	fmt.Fprintf(&b, ", %s, %s", term.Plural(p.Calls, "call"), term.Plural(p.Errors, "error"))
	if p.BestParallel > 0 {
		fmt.Fprintf(&b, ", %s in parallel", term.Plural(int64(p.BestParallel), "call"))
	}
	if p.Failed > 0 {
		fmt.Fprintf(&b, ", %s failed", term.Plural(p.Failed, "row"))
	}
	if p.Paused {
		b.WriteString(", paused")
	}
	return b.String()
}

// exitError maps an error to its exit code and hint.
func exitError(ctx context.Context, err error, model string) error {
	if err == nil {
		return nil
	}
	hint := classify.Hint(err, model)
	signal := cli.Interruption(ctx)
	switch {
	case signal != nil && errors.Is(err, signal):
		return cli.Fail(signal.Code, err, "")
	case signal != nil && errors.Is(err, context.Canceled):
		return cli.Fail(signal.Code, signal, "")
	case classify.IsUsage(err):
		return cli.Fail(cli.Usage, err, hint)
	case classify.IsServer(err):
		return cli.Fail(cli.Unreachable, err, hint)
	}
	return cli.Fail(cli.Failed, err, hint)
}

// writeStartFailure writes to the status of a run why a worker ended before it
// began, for example without a server. What an earlier process did stays in it.
func (g *flags) writeStartFailure(std cli.Std, err error) {
	s := &g.WorkerOptions
	if _, outside := errors.AsType[*fsutil.OutsideError](err); outside {
		return // the status may be what leads elsewhere
	}
	if err == nil || s.Monitoring.StatusDir == "" || errors.Is(err, fsutil.ErrLocked) {
		return
	}
	dir := job.RunDir(s.Monitoring.StatusDir, s.RunID)
	w, rerr := status.ReadWorker(job.WorkerStatusPath(dir, s.WorkerID))
	if rerr != nil {
		w = &status.Worker{
			WorkerID: s.WorkerID, RunID: s.RunID, StartedAt: status.At(time.Now()), Label: s.Label, Model: s.Model.Name,
			RowStart: s.RowStart, RowEnd: s.RowEnd,
		}
		if s.RowEnd > 0 { // else how many there are is not known
			w.TotalRows = max(s.RowEnd-s.RowStart+1, 0)
		}
	}
	if g.Manifest != "" {
		w.Resume = cmp.Or(g.GoesOnWith, "prism-classify "+job.UnitArgs(g.Manifest, g.Unit))
	}
	w.Cause, w.Permanent = "", false
	w.UpdatedAt, w.LastError, w.Hint = status.At(time.Now()), err.Error(), classify.Hint(err, s.Model.Name)
	w.PID, w.ProcessStart = os.Getpid(), status.ProcessStart(os.Getpid())
	w.Host, _ = os.Hostname() // without a name the process cannot be asked for, and need not
	switch {
	case classify.IsServer(err):
		w.State, w.StopReason = status.Stopped, status.Unreachable
		w.Cause, w.Permanent = classify.ServerCause(err), classify.IsPermanent(err)
	case classify.IsUsage(err):
		w.State, w.StopReason = status.Failed, status.BadInput
	default:
		w.State, w.StopReason = status.Failed, status.InternalError
	}
	if err := w.WriteFile(dir); err != nil {
		std.Warnf("%v", err)
	}
}
