package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prism/internal/status"
	"prism/internal/term"
)

const (
	runWidth = 80 // of the table of workers, in cells
	maxLabel = 16
	minLabel = 5
)

// runText shows a run as a table of its workers and a line for the whole, 80 cells
// wide where numbers allow it, and says whose state needs attention.
func runText(v *status.View) []byte {
	b := []byte(runTitle(v) + "\n")
	if len(v.Workers) > 0 {
		t := workerTable(v)
		b = t.AppendTo(append(b, '\n'))
	}
	return appendWorkerNotes(appendServers(b, v), v)
}

// appendServers appends a line for each of several servers.
func appendServers(b []byte, v *status.View) []byte {
	for i, s := range v.Servers {
		if i == 0 {
			b = append(b, '\n')
		}
		b = fmt.Appendf(b, "server %s: %s, %d failed, %d in flight", term.Printable(s.Host), term.Plural(s.Calls, "call"), s.Errors, s.InFlight)
		if s.Parallel > 0 {
			b = fmt.Appendf(b, ", best with %d in parallel", s.Parallel)
		}
		if s.SetAside {
			b = append(b, ", set aside after failures"...)
		}
		b = append(b, '\n')
	}
	return b
}

// runTextWithin is runText in at most so many lines, but no less than the run's own: of
// many workers it shows those at work, and leaves the notes out.
func runTextWithin(v *status.View, lines int) []byte {
	whole := runText(v)
	if bytes.Count(whole, []byte("\n")) <= lines {
		return whole
	}
	const others = 5 // lines: the title, a blank one, the head, the run, and how many workers are left out
	room := max(0, lines-others)
	short := *v
	short.Workers = slices.Clone(v.Workers)
	slices.SortStableFunc(short.Workers, func(a, b status.WorkerView) int { return attentionRank(a.State) - attentionRank(b.State) })
	short.Workers = short.Workers[:min(room, len(short.Workers))]
	slices.SortFunc(short.Workers, func(a, b status.WorkerView) int { return a.WorkerID - b.WorkerID })
	b := fmt.Appendf(nil, "%s\n\n", runTitle(v))
	b = workerTable(&short).AppendTo(b)
	if n := len(v.Workers) - len(short.Workers); n > 0 {
		b = fmt.Appendf(b, "… %s more\n", term.Plural(int64(n), "worker"))
	}
	return b
}

// attentionRank is 0 for workers at work, 1 for those that want attention, 2 for the others.
func attentionRank(s status.State) int {
	switch {
	case !s.Ended():
		return 0
	case s != status.Completed:
		return 1
	}
	return 2
}

func runTitle(v *status.View) string {
	head := "run " + term.Printable(v.RunID) + ": " + string(v.State)
	if v.Paused && v.State != status.Paused && !v.Over {
		head += ", pausing"
	}
	return head
}

func workerTable(v *status.View) *term.Table {
	t := &term.Table{Columns: []term.Column{
		{Name: "ID", Right: true}, {Name: "LABEL", Max: maxLabel}, {Name: "STATE"}, {Name: "PROGRESS"},
		{Name: "ROWS", Right: true}, {Name: "ROWS/S", Right: true}, {Name: "TOKENS/S", Right: true},
		{Name: "ERR", Right: true}, {Name: "ETA", Right: true},
	}}
	for i := range v.Workers {
		w := &v.Workers[i]
		t.AddRow(strconv.Itoa(w.WorkerID), term.Printable(w.Label), string(w.State), progressText(w.RowsProcessed, w.TotalRows, w.ProgressPct),
			rowsText(w.RowsProcessed, w.TotalRows), term.Rate(w.RowsPerSec), term.Rate(w.TokensPerSec), term.Count(w.Errors), etaText(w.State, w.ETASeconds))
	}
	t.AddRow("run", "", string(v.State), progressText(v.RowsProcessed, v.TotalRows, v.ProgressPct),
		rowsText(v.RowsProcessed, v.TotalRows), term.Rate(v.RowsPerSec), term.Rate(v.TokensPerSec), term.Count(v.Errors), etaText(v.State, v.ETASeconds))
	if over := t.Width() - runWidth; over > 0 {
		label := min(maxLabel, t.Cells(1))
		if t.Columns[1].Max = label - over; t.Columns[1].Max < minLabel {
			t.Drop(1)
		}
	}
	return t
}

// runLine says in a line how a run is.
func runLine(v *status.View) string {
	parts := []string{term.Printable(v.RunID) + ": " + string(v.State)}
	if v.Paused && v.State != status.Paused && !v.Over {
		parts = append(parts, "pausing")
	}
	if v.TotalRows > 0 {
		parts = append(parts, term.Count(v.RowsProcessed)+"/"+term.Count(v.TotalRows)+" rows ("+strconv.FormatFloat(v.ProgressPct, 'f', -1, 64)+"%)")
	} else {
		parts = append(parts, term.Plural(v.RowsProcessed, "row"))
	}
	if v.RowsFailed > 0 {
		parts = append(parts, term.Plural(v.RowsFailed, "row")+" failed")
	}
	if v.RowsPerSec > 0 {
		parts = append(parts, term.Rate(v.RowsPerSec)+" rows/s")
	}
	if v.TokensPerSec > 0 {
		parts = append(parts, term.Rate(v.TokensPerSec)+" tokens/s")
	}
	if v.ETASeconds != nil && !v.State.Ended() {
		parts = append(parts, "ETA "+term.TimeLeft(v.ETASeconds))
	}
	if !v.Over {
		for _, s := range []status.State{status.Slow, status.Dead, status.Failed, status.Stopped, status.Lost} {
			if n := v.States[s]; n > 0 && s != v.State {
				parts = append(parts, term.Plural(int64(n), "worker")+" "+string(s))
			}
		}
	}
	return strings.Join(parts, ", ")
}

func progressText(done, total int64, pct float64) string {
	if total <= 0 {
		return ""
	}
	return fmt.Sprintf("%s %3d%%", term.Gauge(float64(done)/float64(total), 6), int(pct))
}

func rowsText(done, total int64) string {
	if total <= 0 {
		return term.Count(done)
	}
	return term.Count(done) + "/" + term.Count(total)
}

func etaText(s status.State, eta *float64) string {
	if s.Ended() {
		return "-"
	}
	return term.TimeLeft(eta)
}

// appendWorkerNotes says what needs somebody's attention: who is slow, dead, failed
// or stopped and why, and rows that failed.
func appendWorkerNotes(dst []byte, v *status.View) []byte {
	var notes []string
	for i := range v.Workers {
		w := &v.Workers[i]
		who := "worker " + strconv.Itoa(w.WorkerID)
		switch w.State {
		case status.Slow:
			notes = append(notes, who+" is slow: no heartbeat for "+silenceText(w)+" from "+processName(w))
		case status.Dead:
			notes = append(notes, who+" is dead: no heartbeat for "+silenceText(w)+" from "+processName(w))
		case status.Lost:
			notes = append(notes, who+" completed, but its output is gone or was made from other rows")
		case status.Failed, status.Stopped:
			notes = append(notes, who+" "+string(w.State)+stopReasonText(w))
		}
		if w.RowsFailed > 0 {
			notes = append(notes, who+": "+term.Plural(w.RowsFailed, "row")+" failed"+lastErrorText(w))
		}
		if w.State == status.Dead || w.State == status.Stopped || w.State == status.Lost {
			notes = append(notes, "  resume: "+resumeCommand(w))
		}
	}
	if n := int64(v.Units - len(v.Workers) - len(v.Unreadable)); n > 0 {
		notes = append(notes, term.Plural(n, "unit")+" not started")
	}
	for i, n := range notes {
		if i == 0 {
			dst = append(dst, '\n')
		}
		dst = append(dst, n+"\n"...)
	}
	return dst
}

func silenceText(w *status.WorkerView) string {
	return term.Duration(time.Duration(w.SilentSeconds) * time.Second)
}

func processName(w *status.WorkerView) string {
	if w.PID == 0 || w.Host == "" {
		return "its process"
	}
	return "process " + strconv.Itoa(w.PID) + " on " + term.Printable(w.Host)
}

func resumeCommand(w *status.WorkerView) string {
	if w.Resume == "" {
		return "its command again, with the same --run-id and --checkpoint-dir"
	}
	return term.Printable(w.Resume)
}

func stopReasonText(w *status.WorkerView) string {
	text := ""
	if w.StopReason != "" && w.StopReason != status.InternalError {
		text = " (" + term.Printable(string(w.StopReason)) + ")"
	}
	return text + lastErrorText(w)
}

func lastErrorText(w *status.WorkerView) string {
	if w.LastError == "" {
		return ""
	}
	return ": " + term.Truncate(term.Printable(w.LastError), 200)
}
