package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"prism/internal/checkpoint"
	"prism/internal/fsutil"
	"prism/internal/job"
	"prism/internal/status"
	"prism/internal/term"
)

// planned is the state of a unit that no worker has started.
const planned status.State = "planned"

// unitState is a unit of the plan with its state.
type unitState struct {
	job.UnitPlan
	state  status.State
	worker *status.WorkerView // nil: not started
}

// isRunning reports whether a worker is working on the unit.
func (u *unitState) isRunning() bool { return u.worker != nil && !u.worker.State.Ended() }

// refused reports whether the worker ended with exit code 2: it would again.
func (u *unitState) refused() bool {
	return u.state == status.Failed && u.worker.StopReason == status.BadInput
}

// unreachable reports whether the worker stopped because no server or model could
// serve it.
func (u *unitState) unreachable() bool {
	return u.worker != nil && u.state == status.Stopped && u.worker.StopReason == status.Unreachable
}

// hasOutput reports whether the output of a unit, or the merged output of its file, is
// there, was made from the rows that the unit has today, and lacks none of them. Files
// decide what is done; a status only reports.
func (p *runPlan) hasOutput(unit int) bool {
	m := p.manifest
	if unit < 1 || unit > len(m.Units) {
		return true // no unit of this run
	}
	u := m.Units[unit-1]
	merged := m.File(u.Label).MergedOutput
	if !fsutil.IsRegular(m.UnitOutput(u)) && (merged == "" || !fsutil.IsRegular(m.Path(merged))) {
		return false
	}
	return checkpoint.IsCurrentOutput(m, u) && checkpoint.HasWholeOutput(m, u)
}

// selected reports whether --units selects the unit.
func (u *unitState) selected(which string) bool {
	switch which {
	case "incomplete":
		return u.state != status.Completed && !u.isRunning()
	case "failed":
		return u.state == status.Failed || u.state == status.Dead || u.worker != nil && !u.isRunning() && u.worker.RowsFailed > 0
	case "retryable":
		return u.selected("incomplete") && !u.refused() && !(u.unreachable() && u.worker.Permanent)
	case "refused":
		return u.refused()
	case "unreachable":
		return u.unreachable()
	case "running":
		return u.isRunning()
	}
	return true
}

// printUnits prints the selected units, one per line.
func (g *flags) printUnits(m *monitor, out io.Writer) error {
	v, err := m.readView(m.now())
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	if g.Format == "tsv" {
		fmt.Fprintln(w, strings.Join(unitColumns, "\t"))
	}
	printed := map[string]bool{} // last errors or causes
	for _, u := range unitStates(m.plan, v) {
		switch {
		case !u.selected(g.Units):
		case g.Format == "args":
			fmt.Fprintln(w, job.UnitArgs(g.Manifest, u.Unit.Unit))
		case g.Format == "numbers":
			fmt.Fprintln(w, u.Unit.Unit)
		case g.Format == "errors":
			if u.worker != nil && u.worker.LastError != "" && !printed[u.worker.LastError] {
				printed[u.worker.LastError] = true
				fmt.Fprintln(w, term.Printable(u.worker.LastError))
				for hint := range strings.Lines(u.worker.Hint) {
					fmt.Fprintln(w, "hint: "+term.Printable(strings.TrimSpace(hint)))
				}
			}
		case g.Format == "causes":
			if u.worker != nil && u.worker.Cause != "" && !printed[u.worker.Cause] {
				printed[u.worker.Cause] = true
				fmt.Fprintln(w, term.Printable(u.worker.Cause))
			}
		default:
			fmt.Fprintln(w, strings.Join(u.cells(), "\t"))
		}
	}
	return w.Flush()
}

func unitStates(p *runPlan, v *status.View) []unitState {
	var out []unitState
	for _, u := range p.selectedUnits() {
		s := unitState{UnitPlan: u, state: planned}
		for i := range v.Workers {
			if v.Workers[i].WorkerID == u.Unit.Unit {
				s.worker = &v.Workers[i]
				s.state = s.worker.State
			}
		}
		out = append(out, s)
	}
	return out
}

var unitColumns = []string{"unit", "label", "state", "rows", "rows_processed", "rows_failed", "pid", "host", "stop_reason", "log", "last_error"}

// cells are the unit's values of unitColumns, free of tabs and line breaks.
func (u *unitState) cells() []string {
	var w status.WorkerView
	if u.worker != nil {
		w = *u.worker
	}
	cells := []string{
		strconv.Itoa(u.Unit.Unit), u.Label, string(u.state), strconv.FormatInt(u.Rows, 10),
		strconv.FormatInt(w.RowsProcessed, 10), strconv.FormatInt(w.RowsFailed, 10), strconv.Itoa(w.PID), w.Host,
		string(w.StopReason), w.Log, w.LastError,
	}
	for i, c := range cells {
		cells[i] = term.Printable(c)
	}
	return cells
}
